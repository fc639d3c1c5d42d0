import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { startStack, type Stack } from '../support/stack.js';
import { held, startUpstream, type FakeUpstream } from '../support/upstream.js';
import { until } from '../support/until.js';
import { mainThread, median, type ThreadTime } from './kit.js';
import type { FirstBytes, Order } from './waiting-clients.process.js';

const ROUNDS = 30;
const CLIENTS = 200;

/** A round: milliseconds until the last client had its answer, and how the time of those went who took part. */
interface Round {
  readonly lastAfterEnd: number;
  /** Of the gateway that was later. */
  readonly gateway: ThreadTime;
  readonly clients: ThreadTime;
}

/**
 * How long after the end of a job the last of those who waited for it has the first bytes of its answer: a module, and
 * a refusal. All share the machine's cores, so the clients cost as little as they can, in a process of their own; and
 * of gateways and clients it is told how long they computed and how long they were ready to but had no core.
 */
export async function oneOutcome(): Promise<void> {
  const upstream = await startUpstream();
  const stack = await startStack({ gateways: 2, env: { GOPROXY: upstream.url } });
  const clients = fork(new URL('waiting-clients.process.ts', import.meta.url), { execArgv: [] });
  for (const kind of ['module', 'refusal'] as const) {
    const rounds: Round[] = [];
    for (let round = 0; round < ROUNDS; round++) rounds.push(await play(stack, upstream, clients, `${kind}${round}`));
    const [first, ...later] = rounds as [Round, ...Round[]];
    const most = later.reduce((worse, round) => (round.lastAfterEnd > worse.lastAfterEnd ? round : worse));
    console.log(
      `${CLIENTS} clients on 2 gateways wait for one ${kind}; after the end of the job the last has it in ${told(middle(later))} (median of ${later.length}; computing + waiting for a core), at most ${told(most)}, in the first round ${told(first)}`,
    );
  }
  clients.kill();
  await stack.close();
  await upstream.close();
}

function told({ lastAfterEnd, gateway, clients }: Round): string {
  return `${lastAfterEnd.toFixed(0)} ms: gateway ${time(gateway)}, clients ${time(clients)}`;
}

function time({ ran, waited }: ThreadTime): string {
  return `${ran.toFixed(0)} + ${waited.toFixed(0)}`;
}

/** A round of medians. */
function middle(rounds: readonly Round[]): Round {
  const of = (figure: (round: Round) => number): number => median(rounds.map(figure));
  return {
    lastAfterEnd: of(({ lastAfterEnd }) => lastAfterEnd),
    gateway: { ran: of(({ gateway }) => gateway.ran), waited: of(({ gateway }) => gateway.waited) },
    clients: { ran: of(({ clients }) => clients.ran), waited: of(({ clients }) => clients.waited) },
  };
}

/** One round; a module named `refusal...` is not there. */
async function play(stack: Stack, upstream: FakeUpstream, clients: ChildProcess, name: string): Promise<Round> {
  const module = `example.com/${name}`;
  const path = `/${module}/@v/v1.0.0.zip`;
  const isThere = !name.startsWith('refusal');
  if (isThere) upstream.add(module, 'v1.0.0');
  const zip = held();
  upstream.respond(path, zip.script);
  clients.send({ servers: stack.gateways.map(({ url }) => url), path, clients: CLIENTS } satisfies Order);
  await once(clients, 'message');
  await zip.asked;
  await until(async () => (await waiting(stack)) === CLIENTS);

  const timed = [...stack.gateways.map(({ pid }) => pid), clients.pid!].map(mainThread);
  zip.release();
  const [answers] = (await once(clients, 'message')) as [readonly FirstBytes[]];
  const [one, other, asked] = timed.map((since) => since()) as [ThreadTime, ThreadTime, ThreadTime];

  const status = `HTTP/1.1 ${isThere ? 200 : 404}`;
  if (answers.some(({ start }) => start !== status)) throw new Error(`an answer is not ${status}`);
  const last = answers.reduce((latest, answer, at) => (answer.at > answers[latest]!.at ? at : latest), 0);
  return {
    lastAfterEnd: answers[last]!.at - (await jobEnd(stack, `${module}@v1.0.0`)),
    gateway: last % 2 === 0 ? one : other,
    clients: asked,
  };
}

async function waiting(stack: Stack): Promise<number> {
  const pages = await Promise.all(stack.gateways.map(async ({ ops }) => (await fetch(`${ops}/metrics`)).text()));
  return pages.reduce((sum, page) => sum + Number(/^stoa_waiting_clients (\d+)/m.exec(page)?.[1] ?? 0), 0);
}

/** When the worker said that the job had ended, in milliseconds since the epoch. */
async function jobEnd({ workers }: Stack, subject: string): Promise<number> {
  const line = () => workers[0]!.log.find((entry) => entry['job'] === 'fetch.zip' && entry['subject'] === subject);
  await until(async () => line() !== undefined); // a log is written in blocks
  return Date.parse(String(line()?.['time']));
}
