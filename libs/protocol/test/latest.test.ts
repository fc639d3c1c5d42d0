import { describe, expect, it } from 'vitest';
import { resolveLatest } from '../src/index.js';

const MODULE = 'example.com/m';
const OLD = 'v0.0.0-20240101000000-0123456789ab';
const NEW = 'v0.0.0-20250101000000-0123456789ab';

const latest = (versions: string[], goMods: Record<string, string> = {}) =>
  resolveLatest(MODULE, versions, (version) => Promise.resolve(Buffer.from(goMods[version] ?? `module ${MODULE}\n`)));

describe('latest of a list', () => {
  it.each([
    ['the highest release', ['v1.0.0', 'v1.10.0', 'v1.9.0', 'v1.11.0-rc.1'], 'v1.10.0'],
    ['else the highest prerelease', ['v1.0.0-rc.1', 'v1.0.0-rc.2', NEW], 'v1.0.0-rc.2'],
    ['else the newest pseudo-version', [NEW, OLD], NEW],
    ['never what this module can not have', ['v1.0.0', 'v2.0.0', 'v1.5'], 'v1.0.0'],
    ['nothing of nothing', [], null],
  ])('is %s', async (_name, versions, expected) => {
    expect(await latest(versions)).toBe(expected);
  });

  it('is no version that the highest one retracts', async () => {
    const versions = ['v1.0.0', 'v1.1.0', 'v1.2.0', 'v1.3.0-rc.1', OLD];
    expect(await latest(versions, { 'v1.2.0': 'retract [v1.1.0, v1.2.0]' })).toBe('v1.0.0');
    expect(await latest(versions, { 'v1.2.0': 'retract [v1.0.0, v1.2.0]' })).toBe('v1.3.0-rc.1');
    expect(await latest(versions, { 'v1.2.0': 'retract [v1.0.0, v1.3.0]' })).toBe(OLD);
    expect(await latest(versions, { 'v1.2.0': 'retract [v0.0.0-0, v1.3.0]' })).toBeNull();
  });

  it('heeds what the highest version says alone', async () => {
    expect(await latest(['v1.0.0', 'v1.1.0'], { 'v1.0.0': 'retract v1.1.0' })).toBe('v1.1.0');
  });

  it('is the highest where its go.mod is not known', async () => {
    expect(await resolveLatest(MODULE, ['v1.0.0', 'v1.1.0'], () => Promise.resolve(null))).toBe('v1.1.0');
  });
});
