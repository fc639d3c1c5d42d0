import { describe, expect, it } from 'vitest';
import { faultsOf, load } from './loading.js';

describe('patterns of modules', () => {
  it.each(['GOPRIVATE', 'GONOPROXY', 'GONOSUMDB', 'GOINSECURE'])('of %s may be all that go matches', (name) => {
    for (const text of ['corp.example', '*.corp.example/team,git.example/[a-c]*/,', '*', 'none']) {
      expect(load({ [name]: text }).config.go).toMatchObject({ [name]: text });
    }
  });

  it.each([
    ['corp.example, lab.example', 'has a space in entry 2'],
    ['corp.example lab.example', 'has a space in entry 1'],
    ['https://corp.example/*', 'has a URL in place of a path in entry 1'],
    ['corp.example,lab.example/[a', 'has a malformed pattern in entry 2'],
  ])('stop the start when one can match none: %j', (text, fault) => {
    expect(faultsOf({ GOPRIVATE: text })).toEqual(
      expect.arrayContaining([`GOPRIVATE: ${JSON.stringify(text)} ${fault}, so it would match no module`]),
    );
    expect(faultsOf({ STOA_GO_ENV: `GOPRIVATE=${text}` })).not.toEqual([]);
  });
});
