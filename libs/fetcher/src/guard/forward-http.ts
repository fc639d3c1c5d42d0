import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { GatheredBytes } from '#libs/protocol';
import { portOf, type EgressGuard } from './egress-guard.js';
import { askedByGo, importPage, readImports } from './import-page.js';
import type { ProxyClient } from './proxy-client.js';
import { TunnelRefused } from './proxy-tunnel.js';
import type { WayOut } from './way-out.js';

/** Headers about one connection, which end here (RFC 9110, 7.6.1). */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Bytes of a page that go is shown. */
const PAGE = 1 << 20;

/**
 * Forwards one plain request and its answer. What go is told to ask next is checked here too, as far as go would ask it
 * past any proxy: a redirect to this machine, and a page with a root on it. Throws before the answer begins.
 */
export async function forwardHttp(
  out: WayOut,
  guard: EgressGuard,
  client: ProxyClient,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = URL.parse(request.url ?? '');
  if (url === null || url.protocol !== 'http:') throw new TunnelRefused('not a plain http request');
  const { socket, absolute, authorization } = await out.http(url.hostname, url);
  if (response.destroyed) return void socket.destroy();
  response.once('close', () => socket.destroy());
  const asksPage = client !== 'git' && url.searchParams.has('go-get');
  const outgoing = httpRequest({
    method: request.method ?? 'GET',
    path: absolute ? url.href : `${url.pathname}${url.search}`,
    headers: {
      ...endToEnd(request.headers),
      host: url.host,
      connection: 'close',
      // A page is read here.
      ...(asksPage && { 'accept-encoding': 'identity' }),
      ...(authorization !== null && { 'proxy-authorization': authorization }),
    },
    createConnection: () => socket,
  });
  const answered = Promise.withResolvers<IncomingMessage>();
  outgoing.once('response', answered.resolve);
  outgoing.once('upgrade', () => answered.reject(new TunnelRefused('the host goes over to another protocol')));
  outgoing.on('error', answered.reject);
  // What is left of a request after its answer matters to nobody, but the next one stands behind it.
  outgoing.once('close', () => request.unpipe(outgoing).resume());
  request.pipe(outgoing);
  const answer = await answered.promise;

  const headers = endToEnd(answer.headers);
  const status = answer.statusCode === 407 ? 502 : (answer.statusCode ?? 502);
  if (client !== 'git') checkRedirect(guard, answer.headers.location, url);
  if (asksPage) {
    const page = checkedPage(guard, await readPage(answer));
    response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', ...locationOf(headers) }).end(page);
    return;
  }
  response.writeHead(status, headers);
  await pipeline(answer, response);
}

function endToEnd(headers: IncomingMessage['headers']): Record<string, string | string[]> {
  const words = (headers.connection ?? '').toLowerCase().split(',');
  const named = words.map((word) => word.trim());
  const kept = Object.entries(headers).filter(
    (entry): entry is [string, string | string[]] =>
      entry[1] !== undefined && !HOP_BY_HOP.has(entry[0]) && !named.includes(entry[0]),
  );
  return Object.fromEntries(kept);
}

function locationOf({ location }: Record<string, string | string[]>): Record<string, string | string[]> {
  return location === undefined ? {} : { location };
}

function checkRedirect(guard: EgressGuard, location: string | undefined, from: URL): void {
  const url = location === undefined ? null : URL.parse(location, from.href);
  if (url !== null) guard.checkPastProxy(url.hostname, portOf(url));
}

function checkedPage(guard: EgressGuard, html: string): string {
  const imports = readImports(html);
  for (const one of imports) {
    const url = askedByGo(one);
    if (url !== null) guard.checkPastProxy(url.hostname, portOf(url));
  }
  return importPage(imports);
}

async function readPage(answer: IncomingMessage): Promise<string> {
  const gathered = new GatheredBytes();
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    gathered.write(chunk);
    if (gathered.length >= PAGE) break;
  }
  return gathered.bytes().subarray(0, PAGE).toString('utf8');
}
