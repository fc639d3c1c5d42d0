import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { within, type Metrics } from '#libs/observability';
import { SourceFault } from '../upstream/fault.js';
import { rangeOf, type AddressRange } from './address-range.js';
import { canonicalHost, matchesHost } from './host.js';

/** Finds all addresses of a name; rejects with the system's error when there are none. */
export type Resolve = (host: string) => Promise<readonly LookupAddress[]>;

/** What the guard is made of. */
export interface GuardParts {
  /** Host patterns that may be reached whatever their addresses. */
  readonly allow: readonly string[];
  readonly metrics: Metrics;
  /** Takes a log line; the fields name the host and the range of its address. */
  readonly log?: (message: string, fields: Readonly<Record<string, unknown>>) => void;
  readonly resolve?: Resolve;
}

/** What may not be connected to. Its message names the host, never the address. */
export class AddressRefused extends SourceFault {
  /** `host`: a canonical host, or null for what is none. */
  constructor(host: string | null) {
    super('forbidden', host === null || isIP(host) ? ADDRESS_NOT_ALLOWED : `host ${host}: ${ADDRESS_NOT_ALLOWED}`);
  }
}

/** The words by which a refusal is known wherever it shows. */
const ADDRESS_NOT_ALLOWED = 'address not allowed';

/** How long a name may take before a proxy is left alone with it, in milliseconds. */
const PATIENCE = 2_000;

const DEFAULT_PORTS: ReadonlySet<number> = new Set([80, 443]);

/**
 * Says where this worker may connect to. A name is resolved once, all its addresses are checked, and the caller dials
 * one of those: a name that changes its address in between (DNS rebinding) gains nothing.
 */
export class EgressGuard {
  private readonly resolve: Resolve;
  private readonly endpoints = new Set<string>();

  constructor(private readonly parts: GuardParts) {
    this.resolve = parts.resolve ?? ((host) => lookup(host, { all: true }));
  }

  /** A guard that knows the same patterns and may be told endpoints of its own. */
  fork(): EgressGuard {
    return new EgressGuard(this.parts);
  }

  /** Allows host and port of a URL that the settings name, whatever its address. */
  name(url: URL): void {
    const host = canonicalHost(url.hostname);
    if (host !== null) this.endpoints.add(endpoint(host, portOf(url)));
  }

  /** Whether settings name the host, so that its address does not matter. */
  permits(host: string, port: number): boolean {
    const known = canonicalHost(host);
    return known !== null && (matchesHost(this.parts.allow, known) || this.endpoints.has(endpoint(known, port)));
  }

  /**
   * Gives the addresses that may be dialled for a host. Throws AddressRefused when one of them may not be reached, and
   * the system's error when the name has none.
   */
  async check(host: string, port: number): Promise<readonly LookupAddress[]> {
    this.checkLiteral(host, port);
    const known = canonicalHost(host) ?? host;
    if (isIP(known)) return [{ address: known, family: isIP(known) }];
    const addresses = await this.resolve(known);
    if (!this.permits(host, port)) for (const { address } of addresses) this.checkAddress(known, address);
    return addresses;
  }

  /**
   * Checks a host that a forward proxy of the settings will resolve. What this machine can't resolve is left to the
   * proxy: behind a corporate one there is often no DNS for the world, and refusing would cut it off.
   */
  async checkBeyondProxy(host: string, port: number): Promise<void> {
    this.checkLiteral(host, port);
    const known = canonicalHost(host) ?? host;
    if (isIP(known) || this.permits(host, port)) return;
    const addresses = await within(PATIENCE, this.resolve(known).catch(unresolved), unresolved);
    for (const { address } of addresses) this.checkAddress(known, address);
  }

  /** Checks a host as far as its text goes. Throws AddressRefused for an address, or what is no host at all. */
  checkLiteral(host: string, port: number): void {
    if (this.permits(host, port)) return;
    const known = canonicalHost(host);
    if (known === null) throw this.refuse(null, 'reserved');
    if (isIP(known)) this.checkAddress(known, known);
  }

  /** Checks a host that the go command asks past any proxy: localhost, and addresses of loopback. */
  checkPastProxy(host: string, port: number): void {
    if (canonicalHost(host) === 'localhost' && !this.permits(host, port)) throw this.refuse('localhost', 'loopback');
    this.checkLiteral(host, port);
  }

  /** Checks the host of a module path as far as go would ask it past any proxy. */
  checkModule(module: string): void {
    this.checkPastProxy(module.split('/', 1)[0] ?? '', 443);
  }

  private checkAddress(host: string, address: string): void {
    const range = rangeOf(address);
    if (range !== null) throw this.refuse(host, range);
  }

  private refuse(host: string | null, range: AddressRange): AddressRefused {
    this.parts.metrics.egressRefused.inc({ range });
    this.parts.log?.('refused to connect: address not allowed', { host, range });
    return new AddressRefused(host);
  }
}

/** http and https of a host are one: a proxy that redirects from one to the other is still the one that was named. */
function endpoint(host: string, port: number): string {
  return `${host} ${DEFAULT_PORTS.has(port) ? 'web' : port}`;
}

/** The port of an http(s) URL. */
export function portOf({ port, protocol }: URL): number {
  return Number(port) || (protocol === 'https:' ? 443 : 80);
}

function unresolved(): readonly LookupAddress[] {
  return [];
}
