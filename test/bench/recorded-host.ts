import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { startForwardProxy, type ForwardedRequest } from '../support/forward-proxy.js';
import type { GitHost } from '../support/git-host.js';

interface Recorded {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A git host that costs next to nothing once it was asked the same before, so that what is measured is who asks. */
export interface RecordedHost {
  /** What go and git need to reach it, as STOA_GO_ENV. */
  readonly goEnvSetting: string;
  /** Questions so far that were not asked before. */
  readonly recorded: () => number;
  close(): Promise<void>;
}

/** Stands before a git host and answers from memory what it was asked before: method, URL, protocol and body are the same. */
export async function startRecordedHost(host: GitHost): Promise<RecordedHost> {
  const answers = new Map<string, Promise<Recorded>>();
  const proxy = await startForwardProxy(async ({ target, request, response }) => {
    const body = await buffer(request);
    const parts = [request.method, target.href, request.headers['git-protocol'], body.toString('latin1')];
    const key = createHash('sha256').update(JSON.stringify(parts)).digest('hex');
    const answer = answers.get(key) ?? askHost(host, { target, request }, body);
    answers.set(key, answer);
    const { status, headers, body: text } = await answer;
    response.writeHead(status, headers).end(text);
  });
  const env = { ...host.env, ...proxy.env };
  return {
    goEnvSetting: Object.entries(env)
      .map(([name, value]) => `${name}=${value}`)
      .join(';'),
    recorded: () => answers.size,
    close: () => proxy.close(),
  };
}

async function askHost(
  host: GitHost,
  { target, request: { method, headers } }: Pick<ForwardedRequest, 'target' | 'request'>,
  body: Buffer,
): Promise<Recorded> {
  const sent = httpRequest(host.url, { method, path: target.href, headers, agent: false });
  sent.end(body);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  const bytes = await buffer(answer);
  const { 'transfer-encoding': _, connection: __, ...kept } = answer.headers;
  return { status: answer.statusCode ?? 502, headers: kept, body: bytes };
}
