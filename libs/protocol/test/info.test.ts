import { describe, expect, it } from 'vitest';
import { formatInfo, parseInfo } from '../src/index.js';

const parse = (text: string) => parseInfo(Buffer.from(text));

describe('an .info file', () => {
  it('is read without the fields that nobody knows', () => {
    const Origin = { VCS: 'git', URL: 'https://example.com/x', Ref: 'refs/tags/v1.0.0', Hash: '0123456789ab' };
    const text = JSON.stringify({ Name: 'x', Version: 'v1.0.0', Time: '2019-04-10T19:08:52Z', Origin, Short: 'y' });
    expect(parse(text)).toEqual({ Version: 'v1.0.0', Time: '2019-04-10T19:08:52Z', Origin });
  });

  it('may have keys in any case, and no time', () => {
    expect(parse('{"version":"v1.0.0"}')).toEqual({ Version: 'v1.0.0' });
  });

  it.each(['2019-04-10T19:08:52Z', '2019-04-10T21:08:52+02:00', '2019-04-10T19:08:52.997264Z', '0001-01-01T00:00:00Z'])(
    'keeps the time %s as it is written',
    (Time) => {
      expect(parse(JSON.stringify({ Version: 'v1.0.0', Time }))?.Time).toBe(Time);
    },
  );

  // Some versions of go read these, others don't; RFC 3339 has none of them.
  it.each(['2019-04-10T9:08:52Z', '2019-04-10T19:08:52,5Z', '2019-04-10T19:08:52+24:00', '2019-04-10T19:08:52+02:60'])(
    'is refused for the time %s',
    (Time) => {
      expect(parse(JSON.stringify({ Version: 'v1.0.0', Time }))).toBeNull();
    },
  );

  it('is refused when it is nested too deep to be read', () => {
    expect(parse('['.repeat(1_000_000))).toBeNull();
  });

  it('is read up to a size that none ever has', () => {
    const sizes = [1 << 20, (1 << 20) + 1];
    expect(sizes.map((size) => parse('{"Version":"v1.0.0"}'.padEnd(size)))).toEqual([{ Version: 'v1.0.0' }, null]);
  });

  it('is written as go writes it', () => {
    const info = { Time: '2019-04-10T19:08:52Z', Version: 'v1.0.0' };
    expect(formatInfo(info).toString()).toBe('{"Version":"v1.0.0","Time":"2019-04-10T19:08:52Z"}');
    expect(formatInfo({ Version: 'v1.0.0' }).toString()).toBe('{"Version":"v1.0.0"}');
  });

  it('is the same after it was written and read', () => {
    const info = { Version: 'v1.0.0', Time: '2019-04-10T19:08:52Z', Origin: { VCS: 'git', URL: 'https://a.b/é"\n' } };
    expect(parseInfo(formatInfo(info))).toEqual(info);
  });
});
