import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { Metrics } from '#libs/observability';
import { dialTcp, type Dial } from '../../src/guard/dial.js';
import { EgressGuard } from '../../src/guard/egress-guard.js';
import { ForwardProxy } from '../../src/guard/forward-proxy.js';
import type { ProxyClient } from '../../src/guard/proxy-client.js';
import { atEnd } from '../fetching.js';
import { listening } from '../world.js';
import { names } from './names.js';

/** What is at the end of every dial: an address that a test allows leads to a port of this machine, others nowhere. */
export interface World {
  readonly answers?: Parameters<typeof names>[0];
  readonly allow?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Where `address:port` (or `host:port` of a proxy) really is. */
  readonly places?: Readonly<Record<string, string>>;
}

/** A forward proxy whose dialler notes where it would go, and goes no further than a test's own servers. */
export async function openProxy({ answers = {}, allow = [], env = {}, places = {} }: World = {}) {
  const dialled: string[] = [];
  const metrics = new Metrics();
  const { resolve, asked } = names(answers);
  const dial: Dial = async ({ host, port, addresses }) => {
    const to = addresses?.map(({ address }) => `${address}:${port}`) ?? [`${host}:${port}`];
    dialled.push(...to);
    const place = places[to[0] ?? ''];
    if (place === undefined) throw Object.assign(new Error('nothing is dialled here'), { code: 'ECONNREFUSED' });
    const { hostname, port: real } = new URL(place);
    return dialTcp({ host: hostname, port: Number(real), addresses: null });
  };
  const proxy = await ForwardProxy.open({ guard: new EgressGuard({ allow, metrics, resolve }), env, dial });
  atEnd(() => proxy.close());
  return { proxy, dialled, asked, metrics };
}

/** The URL that a child gets. */
export function urlFor(proxy: ForwardProxy, client: Exclude<ProxyClient, 'plain-go'>): URL {
  const name = { go: 'HTTPS_PROXY', git: 'https_proxy', ssh: 'STOA_SSH_PROXY' }[client];
  return new URL(proxy.environment[name] ?? '');
}

interface Answer {
  readonly status: number;
  readonly reason: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** Asks a proxy for a tunnel, and says something through it once it stands. */
export async function askTunnel(proxy: URL, target: string, say = ''): Promise<Answer> {
  const asking = request({ ...connection(proxy), method: 'CONNECT', path: target });
  asking.end();
  const [answer, socket, head] = (await once(asking, 'connect')) as [IncomingMessage, Socket, Buffer];
  atEnd(async () => socket.destroy());
  let body = head.toString();
  if (answer.statusCode === 200 && body === '') {
    socket.write(say);
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    body += chunk.toString();
  }
  return { status: answer.statusCode ?? 0, reason: answer.statusMessage ?? '', headers: answer.headers, body };
}

/** Asks a proxy for a tunnel that stands. */
export async function openTunnel(proxy: URL, target: string): Promise<Socket> {
  const asking = request({ ...connection(proxy), method: 'CONNECT', path: target });
  asking.end();
  const [, socket, head] = (await once(asking, 'connect')) as [IncomingMessage, Socket, Buffer];
  atEnd(async () => socket.destroy());
  if (head.length > 0) socket.unshift(head);
  return socket;
}

/** Asks a proxy for a plain page. */
export async function askPlain(proxy: URL, url: string, method = 'GET', send = ''): Promise<Answer> {
  const options = connection(proxy);
  const headers = { ...options.headers, host: new URL(url).host, connection: 'x-hop', 'x-hop': 'hop', 'x-end': 'end' };
  const asking = request({ ...options, method, path: url, headers, agent: false });
  asking.end(send);
  const [answer] = (await once(asking, 'response')) as [IncomingMessage];
  let body = '';
  for await (const chunk of answer as AsyncIterable<Buffer>) body += chunk.toString();
  return { status: answer.statusCode ?? 0, reason: answer.statusMessage ?? '', headers: answer.headers, body };
}

function connection({ hostname, port, username, password }: URL) {
  const pair = Buffer.from(`${username}:${password}`).toString('base64');
  return {
    host: hostname,
    port,
    headers: { ...(username !== '' && { 'proxy-authorization': `Basic ${pair}` }) },
  };
}

/** A server on loopback, and what it was asked. */
export async function server(answer: RequestListener) {
  const asked: { readonly line: string; readonly headers: IncomingMessage['headers'] }[] = [];
  const started = createServer((incoming, outgoing) => {
    asked.push({ line: `${incoming.method} ${incoming.url}`, headers: incoming.headers });
    answer(incoming, outgoing);
  });
  const url = await listening(started);
  atEnd(async () => {
    started.close();
    started.closeAllConnections();
  });
  return { url, asked };
}
