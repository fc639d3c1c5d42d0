import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { startStack } from '../support/stack.js';
import { installed, Upsim, wrk, type Kit } from './kit.js';

const NGINX = 'http://127.0.0.1:7002';
const FILES = {
  '.info': '/golang.org/x/text/@v/v0.7.0.info',
  '.mod': '/golang.org/x/text/@v/v0.7.0.mod',
  'zip of 8.6 MB': '/golang.org/x/text/@v/v0.7.0.zip',
  list: '/golang.org/x/text/@v/list',
};

/** Hits a second, beside nginx' static files on the same machine. */
export async function hits(kit: Kit): Promise<void> {
  if (!installed('wrk') || !installed('nginx')) {
    console.log('hits: not measured, wrk and nginx are needed (Debian: apt-get install wrk nginx-light)');
    return;
  }
  const upsim = await Upsim.start(kit, '0ms');
  const stack = await startStack({ env: { GOPROXY: upsim.url }, log: false });
  const stopNginx = await startNginx(kit);
  for (const [name, path] of Object.entries(FILES)) {
    await fetch(`${stack.url}${path}`).then((response) => response.arrayBuffer());
    const ours: number[] = [];
    const nginx: number[] = [];
    for (let round = 0; round < 2; round++) {
      ours.push(await wrk(`${stack.url}${path}`));
      nginx.push(await wrk(`${NGINX}${path}`));
    }
    const [stoa, file] = [Math.max(...ours), Math.max(...nginx)];
    console.log(
      `${name} hits a second: ${stoa.toFixed(0)}, nginx ${file.toFixed(0)}: ratio ${(stoa / file).toFixed(2)}`,
    );
  }
  await stopNginx();
  await stack.close();
  await upsim.stop();
}

async function startNginx(kit: Kit): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'stoa-nginx-'));
  const config = join(folder, 'nginx.conf');
  writeFileSync(
    config,
    `daemon off; pid ${folder}/pid; worker_processes 1; error_log ${folder}/error.log; user root;
events { worker_connections 256; }
http { access_log ${folder}/access.log; sendfile on; keepalive_requests 1000000; server { listen 127.0.0.1:7002; root ${kit.modules}; } }`,
  );
  const child = spawn('nginx', ['-c', config], { stdio: ['ignore', 'ignore', 'inherit'] });
  for (
    let tries = 0;
    tries < 100 &&
    !(await fetch(NGINX).then(
      () => true,
      () => false,
    ));
    tries++
  )
    await after(20);
  return async () => {
    const exited = once(child, 'exit');
    child.kill();
    await exited;
    rmSync(folder, { recursive: true, force: true });
  };
}
