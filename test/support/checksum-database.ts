import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { request } from 'node:http';
import { fileURLToPath } from 'node:url';
import { buildGo } from './go.js';
import type { FakeUpstream } from './upstream.js';

/** A real checksum database, made by golang.org/x/mod, of what an upstream holds; the upstream proxies it. */
export interface ChecksumDatabase {
  readonly name: string;
  /** The value of GOSUMDB for a client: `name+hash+key`. */
  readonly gosumdb: string;
  close(): Promise<void>;
}

/** Starts a database and lets the upstream answer for it below `/sumdb/<name>/`. */
export async function startChecksumDatabase(upstream: FakeUpstream, name = 'sum.test'): Promise<ChecksumDatabase> {
  const binary = await buildGo(fileURLToPath(new URL('sumdb', import.meta.url)), 'sumdb');
  const child = spawn(binary, ['-upstream', upstream.url, '-name', name], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const [address = '', gosumdb = ''] = line.split(' ');
  const prefix = `/sumdb/${name}/`;
  upstream.respond(prefix, (incoming, response) => {
    const path = (incoming.url ?? '').slice(prefix.length - 1);
    if (path === '/supported') return void response.end();
    request(`${address}${path}`, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    }).end();
  });
  return {
    name,
    gosumdb,
    async close() {
      const exited = once(child, 'exit');
      child.stdin.end();
      await exited;
    },
  };
}
