import { describe, expect, it } from 'vitest';
import { redirect } from '../../../../test/support/upstream.js';
import { context, fetcher, refusal, upstream } from '../fetching.js';
import { forwardProxy } from '../world.js';
import { names } from './names.js';

const VERSION = { module: 'example.com/m', version: 'v1.0.0' };

describe('an upstream', () => {
  it('is asked where the settings say, and may redirect to itself', async () => {
    const source = (await upstream()).addFile('/there', '{"Version":"v1.0.0"}');
    source.respond('/example.com', redirect(`${source.url}/there`));
    await fetcher({ GOPROXY: source.url, allow: [] }).info(VERSION, await context());
    expect(source.requests).toHaveLength(2);
  });

  it.each(['127.0.0.1', 'localhost', '127.1', '2130706433', '[::ffff:7f00:1]', 'inner.example', 'both.example'])(
    'can not redirect to %s inside',
    async (host) => {
      const [source, inside] = [await upstream(), await upstream()];
      source.respond('/', redirect(`http://${host}:${new URL(inside.url).port}/there`));
      const { resolve } = names({
        localhost: [['127.0.0.1']],
        'inner.example': [['127.0.0.1']],
        'both.example': [['127.0.0.1', '93.184.216.34']],
      });
      const fetch = fetcher({ GOPROXY: source.url, allow: [], resolve });
      const name = /^[a-z]/.test(host) ? `host ${host}: ` : '';
      expect(await refusal(fetch.info(VERSION, await context()))).toEqual({
        kind: 'forbidden',
        message: `example.com/m@v1.0.0: ${name}address not allowed`,
      });
      expect([source.requests.length, inside.requests]).toEqual([1, []]);
    },
  );

  it('can redirect to another that the settings name', async () => {
    const [source, other] = [await upstream(), await upstream()];
    other.addFile('/there', '{"Version":"v1.0.0"}');
    source.respond('/', redirect(`${other.url}/there`));
    const fetch = fetcher({ GOPROXY: `${source.url},${other.url}`, allow: [] });
    await fetch.info(VERSION, await context());
    expect(other.requests).toHaveLength(1);
  });

  it('can redirect to an inner host that the setting allows', async () => {
    const [source, inside] = [await upstream(), await upstream()];
    inside.addFile('/there', '{"Version":"v1.0.0"}');
    source.respond('/', redirect(`${inside.url}/there`));
    await fetcher({ GOPROXY: source.url, allow: ['127.0.0.1'] }).info(VERSION, await context());
    expect(inside.requests).toHaveLength(1);
  });

  it('behind a forward proxy can not redirect it inside either', async () => {
    const source = await upstream();
    source.respond('/', redirect('http://inner.example/there'));
    const corporate = await forwardProxy(source.url);
    const { resolve } = names({ 'inner.example': [['10.1.2.3']] });
    const extra = { HTTP_PROXY: corporate.url };
    const fetch = fetcher({ GOPROXY: 'http://mirror.example', extra, allow: [], resolve });
    expect(await refusal(fetch.info(VERSION, await context()))).toEqual({
      kind: 'forbidden',
      message: 'example.com/m@v1.0.0: host inner.example: address not allowed',
    });
    expect(corporate.asked.map(({ line }) => new URL(line.split(' ')[1] ?? '').host)).toEqual(['mirror.example']);
  });

  it('that is a database of checksums is asked where the settings say, too', async () => {
    const source = await upstream();
    source.addFile('/latest', 'tree');
    const fetch = fetcher({ GOPROXY: 'off', allow: [] });
    const answer = await fetch.sumdb({ name: 'sum.example', url: source.url }, 'latest', await context());
    expect(answer.bytes.toString()).toBe('tree');
  });
});
