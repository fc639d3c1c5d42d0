import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { sendBytes } from '../../../../test/conformance/wire.js';

/** Where a storage server is, and what it wants to be shown. */
export interface ServerAddress {
  readonly url: string;
  readonly token?: string | undefined;
}

const BOUNDARY = '498555f6f819c2c8f3fa9052e6ab10394467b66de8895da8e0798217961a';
const FILES = {
  info: '{"Version":"v2.0.0-RC1+incompatible","Time":"2024-01-02T03:04:05Z"}',
  mod: 'module github.com/Azure/x\n',
  zip: 'PK\u0003\u0004 not looked into',
};

/** Requests as Athens' client puts them on the wire, with Go's HTTP client: the version as it is, the form in chunks. */
function athens(method: string, path: string, host: string, token = ''): string {
  return `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: Go-http-client/1.1\r\n${token}`;
}

function chunk(text: string): string {
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
}

function athensForm(): string {
  const parts = Object.entries(FILES).map(
    ([name, text], index) =>
      chunk(
        `${index === 0 ? '' : '\r\n'}--${BOUNDARY}\r\nContent-Disposition: form-data; name="mod.${name}"; filename="mod.${name}"\r\n` +
          'Content-Type: application/octet-stream\r\n\r\n',
      ) + chunk(text),
  );
  return `${parts.join('')}${chunk(`\r\n--${BOUNDARY}--\r\n`)}0\r\n\r\n`;
}

function formOf(files: Readonly<Record<string, string | Buffer>>): FormData {
  const form = new FormData();
  for (const [part, bytes] of Object.entries(files)) form.append(part, new Blob([Buffer.from(bytes as string)]), part);
  return form;
}

/** What every storage server must do on the six basic routes, by docs/external-storage.md. */
export function describeStorageServer(started: () => ServerAddress): void {
  describe('as a storage server', () => {
    // Names of this run alone, for a server that keeps what it has.
    const run = randomBytes(4).toString('hex');
    const module = `example.com/server-${run}`;
    let url: string;
    let headers: Record<string, string>;
    /** The same for requests that are written by hand: the path of the address, and the line of the token. */
    let wire: { readonly host: string; readonly base: string; readonly token: string };

    beforeAll(() => {
      const { url: given, token } = started();
      url = given.replace(/\/$/, '');
      headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const { host, pathname } = new URL(url);
      wire = {
        host,
        base: pathname.replace(/\/$/, ''),
        token: token === undefined ? '' : `Authorization: Bearer ${token}\r\n`,
      };
    });

    const get = async (path: string): Promise<{ status: number; text: string; length: string | null }> => {
      const response = await fetch(`${url}/${path}`, { headers });
      return { status: response.status, length: response.headers.get('content-length'), text: await response.text() };
    };
    const save = async (path: string, files: Readonly<Record<string, string | Buffer>>): Promise<number> => {
      const response = await fetch(`${url}/${path}.save`, { method: 'POST', headers, body: formOf(files) });
      await response.arrayBuffer();
      return response.status;
    };
    const whole = { 'mod.info': '{}', 'mod.mod': `module ${module}\n`, 'mod.zip': 'PK' };

    it('lists nothing of a module that it does not know, and has no file of it', async () => {
      expect(await get(`${module}/unknown/@v/list`)).toMatchObject({ status: 200, text: '' });
      for (const kind of ['info', 'mod', 'zip'])
        expect((await get(`${module}/unknown/@v/v1.0.0.${kind}`)).status).toBe(404);
    });

    it('answers an Athens client, byte for byte', async () => {
      const { host, base, token } = wire;
      const path = `${base}/github.com/!azure/x-${run}/@v/v2.0.0-RC1+incompatible`;
      const gzip = 'Accept-Encoding: gzip\r\n\r\n';
      // A request of ours behind it ends the connection.
      const last = `GET ${path}.none HTTP/1.1\r\nHost: ${host}\r\n${token}Connection: close\r\n\r\n`;
      const ask = async (request: string): Promise<string> => {
        const { received } = await sendBytes(new URL(url), Buffer.from(request + last));
        return received.toString();
      };
      const ok = /^HTTP\/1\.1 200 /;
      const saved = await ask(
        `${athens('POST', `${path}.save`, host, token)}Transfer-Encoding: chunked\r\n` +
          `Content-Type: multipart/form-data; boundary=${BOUNDARY}\r\n${gzip}${athensForm()}`,
      );
      expect(saved).toMatch(ok);
      for (const [kind, text] of Object.entries(FILES)) {
        const answer = await ask(athens('GET', `${path}.${kind}`, host, token) + gzip);
        expect(answer).toMatch(ok);
        expect(answer).toContain(text);
      }
      const list = await ask(athens('GET', path.replace(/[^/]+$/, 'list'), host, token) + gzip);
      expect(list).toMatch(ok);
      expect(list).toContain('v2.0.0-RC1+incompatible');
      expect(await ask(athens('DELETE', `${path}.delete`, host, token) + gzip)).toMatch(ok);
      expect(await ask(athens('GET', `${path}.info`, host, token) + gzip)).toMatch(/^HTTP\/1\.1 404 /);
    });

    it('takes a version escaped and as it is for the same', async () => {
      expect(await save(`${module}/case/@v/v1.0.0-!r!c1`, whole)).toBe(200);
      expect(await get(`${module}/case/@v/v1.0.0-RC1.mod`)).toMatchObject({ status: 200, text: whole['mod.mod'] });
      expect(await get(`${module}/case/@v/v1.0.0-!r!c1.mod`)).toMatchObject({ status: 200, text: whole['mod.mod'] });
      expect((await get(`${module}/case/@v/list`)).text.trim()).toBe('v1.0.0-RC1');
    });

    it('keeps modules of upper and lower case apart', async () => {
      expect(await save(`${module}/!upper/@v/v1.0.0`, whole)).toBe(200);
      expect((await get(`${module}/!upper/@v/list`)).text.trim()).toBe('v1.0.0');
      expect((await get(`${module}/upper/@v/list`)).text).toBe('');
    });

    it('takes a save again, and refuses other bytes with 409, of each part', async () => {
      const path = `${module}/again/@v/v1.0.0`;
      expect(await save(path, whole)).toBe(200);
      expect(await save(path, whole)).toBe(200);
      for (const part of ['mod.info', 'mod.mod', 'mod.zip']) {
        expect(await save(path, { ...whole, [part]: 'other' }), part).toBe(409);
        expect((await get(`${path}.${part.slice(4)}`)).text, part).toBe(whole[part as keyof typeof whole]);
      }
    });

    it('stores nothing of a save that lacks a part or is cut short', async () => {
      const path = `${module}/half/@v/v1.0.0`;
      expect(await save(path, { 'mod.info': '{}', 'mod.mod': 'module x\n' })).toBeGreaterThanOrEqual(400);
      const { host, base, token } = wire;
      const cut = Buffer.from(
        `POST ${base}/${path}.save HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n` +
          `${token}Transfer-Encoding: chunked\r\n` +
          `Content-Type: multipart/form-data; boundary=${BOUNDARY}\r\n\r\n`,
      );
      // The chunks end in the middle of the zip.
      const body = athensForm()
        .slice(0, athensForm().indexOf('PK'))
        .replace(/\r\n[^\r\n]*\r\n$/, '\r\n0\r\n\r\n');
      await sendBytes(new URL(url), Buffer.concat([cut, Buffer.from(body)]));
      expect((await get(`${path}.mod`)).status).toBe(404);
      expect((await get(`${path}.info`)).status).toBe(404);
      expect((await get(`${module}/half/@v/list`)).text).toBe('');
    });

    it('answers the request behind a save that it refuses, on the same connection or with its end', async () => {
      const { host, base, token } = wire;
      // The zip comes first and a second time: no form of a save.
      const part = '--b\r\nContent-Disposition: form-data; name="mod.zip"; filename="mod.zip"\r\n\r\n';
      const form = Buffer.from(`${part}x\r\n${part}${'x'.repeat(4 * 1024 * 1024)}\r\n--b--\r\n`);
      const head = Buffer.from(
        `POST ${base}/${module}/refused/@v/v1.0.0.save HTTP/1.1\r\nHost: ${host}\r\n${token}` +
          `Content-Type: multipart/form-data; boundary=b\r\nContent-Length: ${form.length}\r\n\r\n`,
      );
      const next = Buffer.from(
        `GET ${base}/${module}/refused/@v/list HTTP/1.1\r\nHost: ${host}\r\n${token}Connection: close\r\n\r\n`,
      );
      const { received, closed } = await sendBytes(new URL(url), Buffer.concat([head, form, next]));
      // A server that closes the connection may take its refusal with it.
      expect(received.toString()).not.toMatch(/^HTTP\/1\.1 2/);
      expect(closed).toBe(true);
    });

    it('gives a zip with its length, whatever its size', async () => {
      const zip = randomBytes(3 * 1024 * 1024);
      expect(await save(`${module}/large/@v/v1.0.0`, { ...whole, 'mod.zip': zip })).toBe(200);
      const response = await fetch(`${url}/${module}/large/@v/v1.0.0.zip`, { headers });
      expect(response.headers.get('content-length')).toBe(String(zip.length));
      expect(Buffer.from(await response.arrayBuffer()).equals(zip)).toBe(true);
    });

    it('deletes one version and no other', async () => {
      for (const version of ['v1.0.0', 'v1.0.1']) await save(`${module}/gone/@v/${version}`, whole);
      const gone = await fetch(`${url}/${module}/gone/@v/v1.0.0.delete`, { method: 'DELETE', headers });
      expect(gone.status).toBe(200);
      expect((await get(`${module}/gone/@v/list`)).text.trim()).toBe('v1.0.1');
      for (const kind of ['info', 'mod', 'zip']) {
        expect((await get(`${module}/gone/@v/v1.0.0.${kind}`)).status).toBe(404);
        expect((await get(`${module}/gone/@v/v1.0.1.${kind}`)).status).toBe(200);
      }
    });
  });
}
