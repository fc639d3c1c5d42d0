import type { FakeUpstream, Script } from './upstream.js';

/** A request that the upstream holds back. */
export interface HeldRequest {
  /** Settles when it is there. */
  readonly arrived: Promise<void>;
  /** Answers it, as the upstream would or as it is said here. */
  release(answer?: Script): void;
}

const serveIt: Script = (_request, _response, serve) => serve();

/** Holds back the first requests for a path, so many; later ones are answered at once. */
export function holdRequests(upstream: FakeUpstream, path: string, count = 1): HeldRequest[] {
  const held = Array.from({ length: count }, () => ({
    arrived: Promise.withResolvers<void>(),
    answer: Promise.withResolvers<Script>(),
  }));
  let next = 0;
  upstream.respond(path, async (request, response, serve) => {
    const one = held[next++];
    one?.arrived.resolve();
    const answer = (await one?.answer.promise) ?? serveIt;
    await answer(request, response, serve);
  });
  return held.map(({ arrived, answer }) => ({
    arrived: arrived.promise,
    release: (script = serveIt) => answer.resolve(script),
  }));
}
