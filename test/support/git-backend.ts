import { spawn } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

import { fixtureGitEnv } from './git-repository.js';

/**
 * Answers one smart HTTP request, whose body was read, with the real `git http-backend`, a CGI program. `bandwidth`:
 * bytes a second.
 */
export async function answerWithGit(
  root: string,
  path: string,
  query: string,
  request: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
  bandwidth = Infinity,
): Promise<void> {
  const header = (name: string): string => String(request.headers[name] ?? '');
  const backend = spawn('git', ['http-backend'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: {
      ...fixtureGitEnv(),
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: path,
      QUERY_STRING: query,
      REQUEST_METHOD: request.method ?? 'GET',
      CONTENT_TYPE: header('content-type'),
      // Without it git speaks protocol version 0, which can't fetch a commit by its hash.
      GIT_PROTOCOL: header('git-protocol'),
      HTTP_CONTENT_ENCODING: header('content-encoding'),
      CONTENT_LENGTH: String(body.length),
    },
  });
  // A client that was killed is no reason to go on.
  response.on('close', () => backend.kill());
  backend.on('error', () => response.destroy());
  backend.stdin.on('error', () => backend.stdin.destroy());
  backend.stdin.end(body);

  let head: Buffer | null = Buffer.alloc(0);
  let due = performance.now();
  for await (const chunk of backend.stdout as AsyncIterable<Buffer>) {
    if (head === null) response.write(chunk);
    else head = writeHead(response, Buffer.concat([head, chunk]));
    due += (1000 * chunk.length) / bandwidth;
    if (due > performance.now()) await delay(due - performance.now());
  }
  response.end();
}

/** Writes the header and what follows it, once the whole header is there; gives back what is still to be read as header. */
function writeHead(response: ServerResponse, bytes: Buffer): Buffer | null {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return bytes;
  for (const line of bytes.toString('latin1', 0, end).split('\r\n')) {
    const colon = line.indexOf(':');
    const [name, value] = [line.slice(0, colon), line.slice(colon + 1).trim()];
    if (name.toLowerCase() === 'status') response.statusCode = Number.parseInt(value, 10);
    else response.setHeader(name, value);
  }
  response.write(bytes.subarray(end + 4));
  return null;
}
