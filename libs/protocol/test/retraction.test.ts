import { describe, expect, it } from 'vitest';
import { retractedBy } from '../src/index.js';

const VERSIONS = ['v0.9.0', 'v1.0.0', 'v1.0.1', 'v1.1.0-rc.1', 'v1.1.0', 'v1.2.0', 'v2.0.0+incompatible'];

const retracted = (goMod: string) => VERSIONS.filter(retractedBy(Buffer.from(`module example.com/m\n\n${goMod}\n`)));

// A limit, for what is read in no time here took minutes.
describe('a go.mod retracts', { timeout: 10_000 }, () => {
  it.each([
    ['nothing without a directive', 'require example.com/x v1.0.0', []],
    ['one version', 'retract v1.0.0', ['v1.0.0']],
    ['one with a reason', 'retract v1.0.0 // retract v1.1.0', ['v1.0.0']],
    ['a range', 'retract [v1.0.0, v1.1.0]', ['v1.0.0', 'v1.0.1', 'v1.1.0-rc.1', 'v1.1.0']],
    ['a range written narrowly', 'retract[v1.0.0,v1.0.1]', ['v1.0.0', 'v1.0.1']],
    ['what is quoted', 'retract "v1.0.0"\nretract [`v1.1.0`, "v1.2.0"]', ['v1.0.0', 'v1.1.0', 'v1.2.0']],
    [
      'what a block names',
      'retract (\n\tv1.0.0 // bad\n\n\t// worse:\n\t[v1.1.0, v1.2.0]\r\n)\nrequire example.com/x v1.0.1',
      ['v1.0.0', 'v1.1.0', 'v1.2.0'],
    ],
    ['itself', 'retract v1.2.0', ['v1.2.0']],
    ['incompatible versions', 'retract v2.0.0+incompatible', ['v2.0.0+incompatible']],
    ['nothing that can not be read', 'retract\nretract latest\nretract [v1.0.0, v1.1.0, v1.2.0]\nretract []', []],
    ['nothing by a comment or another word', '// retract v1.0.0\nretracted v1.0.0', []],
  ])('%s', (_name, goMod, expected) => {
    expect(retracted(goMod)).toEqual(expected);
  });

  it('what it says in front of a long line of slashes, without end where it has carriage returns', () => {
    expect(retracted(`retract v1.0.0 ${'/'.repeat(400_000)}\r.\nretract v1.1.0`)).toEqual(['v1.0.0', 'v1.1.0']);
  });

  it('no more than anybody would', () => {
    const many = Array.from({ length: 300_000 }, (_, index) => `retract v3.${index}.0\n`).join('');
    expect(retracted(`retract v1.0.0\n${many}retract v1.1.0`)).toEqual(['v1.0.0']);
  });
});
