import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { startStack, type Stack } from '../support/stack.js';
import { held, startUpstream, type FakeUpstream } from '../support/upstream.js';
import { until } from '../support/until.js';
import { median } from './kit.js';

const ROUNDS = 15;
const CLIENTS = 200;

/** How long after the end of a job the last of those who waited for it has its answer: a module, and a refusal. */
export async function oneOutcome(): Promise<void> {
  const upstream = await startUpstream();
  const stack = await startStack({ gateways: 0, env: { GOPROXY: upstream.url } });
  // What is read here of their logs would cost time that is measured.
  for (let at = 0; at < 2; at++) await stack.addGateway({ STOA_LOG_LEVEL: 'warn' });
  for (const kind of ['module', 'refusal'] as const) {
    const times: number[] = [];
    for (let round = 0; round < ROUNDS; round++) times.push(await lastAfterEnd(stack, upstream, kind, round));
    console.log(
      `${CLIENTS} clients on 2 gateways wait for one ${kind}: the last has it ${median(times).toFixed(0)} ms after the end of the job (median of ${ROUNDS}; ${Math.max(...times).toFixed(0)} ms at most)`,
    );
  }
  await stack.close();
  await upstream.close();
}

async function lastAfterEnd(
  stack: Stack,
  upstream: FakeUpstream,
  kind: 'module' | 'refusal',
  round: number,
): Promise<number> {
  const module = `example.com/${kind}${round}`;
  const path = `/${module}/@v/v1.0.0.zip`;
  if (kind === 'module') upstream.add(module, 'v1.0.0');
  const zip = held();
  upstream.respond(path, zip.script);
  const clients = Array.from({ length: CLIENTS }, (_, at) => askPlainly(stack.gateways[at % 2]!.url, path));
  await Promise.all(clients.map(({ sent }) => sent));
  await zip.asked;
  await allWait(stack);
  zip.release();
  const answers = await Promise.all(clients.map(({ answer }) => answer));
  const status = kind === 'module' ? 'HTTP/1.1 200' : 'HTTP/1.1 404';
  if (answers.some(({ start }) => start !== status)) throw new Error(`an answer is not ${status}`);
  return Math.max(...answers.map(({ at }) => at)) - (await jobEnd(stack, `${module}@v1.0.0`));
}

/** Asks over a bare connection: 200 clients of a library would cost more than 200 answers. Times are since the epoch. */
function askPlainly(base: string, path: string) {
  const { hostname, port, host } = new URL(base);
  const socket = connect(Number(port), hostname);
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  return {
    sent: once(socket, 'connect'),
    answer: text(socket).then((all) => ({
      start: all.slice(0, 'HTTP/1.1 200'.length),
      at: performance.timeOrigin + performance.now(),
    })),
  };
}

/** Resolves when all clients are seen to wait. */
async function allWait(stack: Stack): Promise<void> {
  for (let waiting = 0; waiting < CLIENTS;) {
    const pages = await Promise.all(stack.gateways.map(async ({ ops }) => (await fetch(`${ops}/metrics`)).text()));
    waiting = pages.reduce((sum, page) => sum + Number(/^stoa_waiting_clients (\d+)/m.exec(page)?.[1] ?? 0), 0);
  }
}

/** When the worker said that the job had ended, in milliseconds since the epoch. */
async function jobEnd({ workers }: Stack, subject: string): Promise<number> {
  const line = () => workers[0]!.log.find((entry) => entry['job'] === 'fetch.zip' && entry['subject'] === subject);
  await until(async () => line() !== undefined); // a log is written in blocks
  return Date.parse(String(line()?.['time']));
}
