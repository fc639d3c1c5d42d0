import { TOOLCHAIN, TOOLCHAIN_LIST, TOOLCHAIN_ZIP } from '../fixtures.js';
import { get, head, refused, row, type Room } from '../row.js';

const BASE = '/golang.org/toolchain/@v';
const sorted = `${TOOLCHAIN_LIST.trim().split('\n').sort(byNumber).join('\n')}\n`;

/** As semver orders them: `go1` is one identifier, what follows is compared as a number. */
function byNumber(a: string, b: string): number {
  return Number(/go1\.(\d+)/.exec(a)?.[1]) - Number(/go1\.(\d+)/.exec(b)?.[1]);
}

/** Section 7: go's own releases, which are modules like any other but for their size and number. */
export const toolchain: Room = {
  title: '7. toolchain modules',
  needs: 'fixtures',
  rows: [
    row('HEAD of a zip that is not stored', head(`${BASE}/${TOOLCHAIN}.zip`), 200, {
      headers: { 'content-length': String(TOOLCHAIN_ZIP.length), 'content-type': 'application/zip' },
    }),
    row('a zip, without an .info before it', get(`${BASE}/${TOOLCHAIN}.zip`), 200, {
      headers: { 'cache-control': 'public, max-age=31536000, immutable' },
      body: TOOLCHAIN_ZIP,
    }),
    row('a range of a zip', get(`${BASE}/${TOOLCHAIN}.zip`, { Range: 'bytes=4000000-4000999' }), 206, {
      body: TOOLCHAIN_ZIP.subarray(4_000_000, 4_001_000),
    }),
    row('the last bytes of a zip', get(`${BASE}/${TOOLCHAIN}.zip`, { Range: 'bytes=-100' }), 206, {
      body: TOOLCHAIN_ZIP.subarray(-100),
    }),
    row('the list is long and whole', get(`${BASE}/list`), 200, { body: sorted }),
    row('HEAD of the list', head(`${BASE}/list`), 200, { headers: { 'content-length': String(sorted.length) } }),
    row('a range of the list', get(`${BASE}/list`, { Range: 'bytes=70000-70009' }), 206, {
      body: sorted.slice(70_000, 70_010),
    }),
    row('.info', get(`${BASE}/${TOOLCHAIN}.info`), 200, { body: new RegExp(`"Version":"${TOOLCHAIN}"`) }),
    row('.mod', get(`${BASE}/${TOOLCHAIN}.mod`), 200, { body: 'module golang.org/toolchain\n' }),
    row('a release that is not there is 404', get(`${BASE}/v0.0.1-go1.98.0.plan9-mips.zip`), 404),
  ],
};

/** What a toolchain is not. */
export const toolchainNowhere: Room = {
  title: '7. names of no toolchain',
  needs: 'nothing',
  quiet: true,
  rows: [
    refused('a release without a version', `${BASE}/go1.99.1.linux-amd64.zip`),
    refused('a major version of its own', `${BASE}/v2.0.0-go1.99.1.linux-amd64.zip`),
  ],
};
