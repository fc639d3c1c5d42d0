import { describe, expect, test } from 'vitest';
import { page, status } from '../../../test/support/upstream.js';
import { context, fetcher, refusal, upstream } from './fetching.js';

const MODULE = 'example.com/m';
const VERSION = { module: MODULE, version: 'v1.0.0' };

async function start() {
  const source = await upstream();
  return { source, fetch: fetcher({ GOPROXY: source.url }), job: await context() };
}

describe('nonsense', () => {
  const INFO = 'something that is no version information';
  test.each([
    ['a web page', page(), INFO],
    ['no JSON', status(200, 'v1.0.0'), INFO],
    ['null', status(200, 'null'), INFO],
    ['a byte order mark', status(200, '\uFEFF{"Version":"v1.0.0"}'), INFO],
    ['a bad time', status(200, '{"Version":"v1.0.0","Time":"yesterday"}'), INFO],
    ['another version', status(200, '{"Version":"v1.0.1"}'), 'version v1.0.1 in place of the one asked for'],
    ['an unprintable one', status(200, '{"Version":"v1\\n2"}'), 'version v1\\n2 in place of the one asked for'],
  ])('as .info, %s, is refused', async (_name, script, what) => {
    const { source, fetch, job } = await start();
    source.respond('/', script);
    expect(await refusal(fetch.info(VERSION, job))).toEqual({
      kind: 'upstream',
      message: `example.com/m@v1.0.0: the upstream answers with ${what}`,
    });
  });

  test.each([['main'], ['v1.0.0+meta'], ['v01']])('as what a revision resolves to, %s, is refused', async (Version) => {
    const { source, fetch, job } = await start();
    source.addRevision(MODULE, 'main', { Version });
    expect(await refusal(fetch.resolve(MODULE, 'main', job))).toEqual({
      kind: 'upstream',
      message: `example.com/m@main: the upstream answers with version ${Version}, which this module can not have`,
    });
  });

  test.each([[''], ['go 1.20\n'], ['modules are nice\n'], ['<html>\nmodule x\n'], ['// module x\n']])(
    'as .mod, %j, is refused',
    async (mod) => {
      const { source, fetch, job } = await start();
      source.addFile('/example.com/m/@v/v1.0.0.mod', mod);
      expect(await refusal(fetch.mod(VERSION, job))).toEqual({
        kind: 'upstream',
        message: 'example.com/m@v1.0.0: the upstream answers with a go.mod without a module directive',
      });
    },
  );

  test.each([
    ['module example.com/m'],
    ['\uFEFFmodule example.com/m\r\n'],
    ['// Deprecated: no\n\n\tmodule\t"example.com/m"\n'],
    ['go 1.20\nmodule `example.com/m`\n'],
    ['module (\n\texample.com/m\n)\n'],
  ])('is not a go.mod like %j', async (mod) => {
    const { source, fetch, job } = await start();
    source.add(MODULE, 'v1.0.0', { mod });
    expect((await fetch.mod(VERSION, job)).bytes).toEqual(Buffer.from(mod));
  });

  test('as a list, a web page, is refused', async () => {
    const { source, fetch, job } = await start();
    source.respond('/', page());
    expect((await refusal(fetch.list(MODULE, job))).kind).toBe('upstream');
  });
});
