import { describe, expect, it } from 'vitest';
import { Metrics } from '#libs/observability';
import { EgressGuard } from '../../src/guard/egress-guard.js';
import { names } from './names.js';

const WORLD = {
  'public.example': [['93.184.216.34', '2606:2800:220:1::1']],
  'inner.example': [['10.1.2.3']],
  'both.example': [['93.184.216.34', '127.0.0.1']],
  'six.example': [['::ffff:169.254.169.254']],
  'turning.example': [['93.184.216.34'], ['169.254.169.254']],
};

function setUp(allow: readonly string[] = []) {
  const metrics = new Metrics();
  const log: unknown[] = [];
  const { asked, resolve } = names(WORLD);
  const guard = new EgressGuard({ allow, metrics, resolve, log: (...line) => log.push(line) });
  return { guard, asked, metrics, log };
}

describe('the guard', () => {
  it('gives the addresses of a public name', async () => {
    expect(await setUp().guard.check('Public.Example.', 443)).toEqual([
      { address: '93.184.216.34', family: 4 },
      { address: '2606:2800:220:1::1', family: 6 },
    ]);
  });

  it.each(['inner.example', 'both.example', 'six.example'])(
    'refuses %s and names it, not its address',
    async (host) => {
      await expect(setUp().guard.check(host, 443)).rejects.toMatchObject({
        kind: 'forbidden',
        message: `host ${host}: address not allowed`,
      });
    },
  );

  it.each(['127.0.0.1', '127.1', '2130706433', '[::1]', '::ffff:7f00:1', '10.0.0.1', '[fe80::1]', '0'])(
    'refuses %s without a look-up',
    async (host) => {
      const { guard, asked } = setUp();
      await expect(guard.check(host, 80)).rejects.toMatchObject({ kind: 'forbidden', message: 'address not allowed' });
      expect(asked).toEqual([]);
    },
  );

  it.each(['', 'a b', '%31%32%37.0.0.1', '1.2.3.4.5', 'fe80::1%eth0'])('refuses %j, which is no host', async (host) => {
    await expect(setUp().guard.check(host, 80)).rejects.toMatchObject({ kind: 'forbidden' });
  });

  it('looks a name up once for each check, so that what was checked is what is dialled', async () => {
    const { guard, asked } = setUp();
    expect(await guard.check('turning.example', 443)).toEqual([{ address: '93.184.216.34', family: 4 }]);
    expect(asked).toEqual(['turning.example']);
    await expect(guard.check('turning.example', 443)).rejects.toMatchObject({ kind: 'forbidden' });
  });

  it('lets hosts of the setting have any address', async () => {
    const { guard } = setUp(['inner.example', '127.0.0.1']);
    expect(await guard.check('inner.example', 22)).toEqual([{ address: '10.1.2.3', family: 4 }]);
    expect(await guard.check('127.1', 22)).toEqual([{ address: '127.0.0.1', family: 4 }]);
    await expect(guard.check('both.example', 443)).rejects.toMatchObject({ kind: 'forbidden' });
    await expect(guard.check('127.0.0.2', 443)).rejects.toMatchObject({ kind: 'forbidden' });
  });

  it('lets a named endpoint be where it is, and no other port of its host', async () => {
    const { guard } = setUp();
    const named = guard.fork();
    named.name(new URL('http://127.0.0.1:8081/proxy'));
    named.name(new URL('http://inner.example'));
    expect(named.permits('127.0.0.1', 8081)).toBe(true);
    expect(named.permits('127.0.0.1', 6379)).toBe(false);
    // The same proxy, asked for TLS.
    expect(named.permits('inner.example', 443)).toBe(true);
    expect(guard.permits('127.0.0.1', 8081)).toBe(false);
  });

  it('says what it refused to the operators, by host and range', async () => {
    const { guard, metrics, log } = setUp();
    await expect(guard.check('inner.example', 443)).rejects.toThrow();
    expect(log).toEqual([['refused to connect: address not allowed', { host: 'inner.example', range: 'private' }]]);
    expect(await metrics.page()).toContain('stoa_egress_refused_total{range="private"} 1');
  });

  it('passes on that there is no such name', async () => {
    await expect(setUp().guard.check('nowhere.example', 443)).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });
});

describe('behind a proxy of the settings', () => {
  it.each(['inner.example', '10.0.0.1', '[::1]', '127.1'])('%s is refused', async (host) => {
    await expect(setUp().guard.checkBeyondProxy(host, 443)).rejects.toMatchObject({ kind: 'forbidden' });
  });

  it('a name that only the proxy knows is left to it', async () => {
    await setUp().guard.checkBeyondProxy('nowhere.example', 443);
  });

  it('a name that can not be looked up in time is left to it', async () => {
    const guard = new EgressGuard({ allow: [], metrics: new Metrics(), resolve: () => new Promise(() => {}) });
    await guard.checkBeyondProxy('slow.example', 443);
  });

  it('a host of the setting is not even looked up', async () => {
    const { guard, asked } = setUp(['*.example']);
    await guard.checkBeyondProxy('inner.example', 443);
    expect(asked).toEqual([]);
  });
});

describe('a module path', () => {
  it.each(['127.0.0.1/x', '127.1/x', '10.0.0.5/x', '0x7f.1/x', '169.254.169.254/latest', '2130706433.0/x'])(
    '%s is refused before any command',
    (module) => {
      expect(() => setUp().guard.checkModule(module)).toThrow('address not allowed');
    },
  );

  it.each(['example.com/x', 'localhost.localdomain/x', '8.8.8.8/x'])('%s is left to the proxy', (module) => {
    setUp().guard.checkModule(module);
  });

  it('may be an address that the setting names', () => {
    setUp(['127.0.0.1']).guard.checkModule('127.0.0.1/x');
  });
});
