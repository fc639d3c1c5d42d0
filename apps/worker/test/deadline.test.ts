import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Handlers } from '../src/handler.js';
import { CONTEXT, startWorking, type Working } from './working.js';

const module = 'example.com/m';
const version = 'v1.0.0';

let working: Working;

beforeEach(async () => {
  working = await startWorking();
});
afterEach(() => working.close());

describe('the sources are told how long the job has', () => {
  it.each([
    ['fetch.mod', (run: Handlers, context) => run['fetch.mod']({ module, version }, context)],
    ['fetch.zip', (run: Handlers, context) => run['fetch.zip']({ module, version }, context)],
    ['query.list', (run: Handlers, context) => run['query.list']({ module }, context)],
    ['query.latest', (run: Handlers, context) => run['query.latest']({ module }, context)],
    ['query.revision', (run: Handlers, context) => run['query.revision']({ module, query: 'main' }, context)],
  ] satisfies [string, (run: Handlers, context: typeof CONTEXT) => Promise<void>][])(
    'by %s: a Retry-After beyond it is not waited for',
    async (_job, run) => {
      // Waited for if there were no deadline: longer than this test may take together with the second attempt.
      working.upstream.respond('/', (_request, response) => {
        response.writeHead(503, { 'retry-after': '29' }).end();
      });
      const deadline = performance.now() + 10_000;
      await expect(run(working.worker(), { ...CONTEXT, deadline })).rejects.toMatchObject({ kind: 'upstream' });
      const asked = working.upstream.requests.map(({ path }) => path);
      expect(asked).toHaveLength(new Set(asked).size);
    },
  );
});
