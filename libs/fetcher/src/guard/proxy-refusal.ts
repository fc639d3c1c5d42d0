import { errorCode } from '#libs/protocol';
import { AddressRefused } from './egress-guard.js';
import { TunnelRefused } from './proxy-tunnel.js';

/** How the forward proxy says that there is no connection: go shows the reason, git the status. */
export interface ProxyRefusal {
  readonly status: number;
  /** One printable line. */
  readonly reason: string;
}

/**
 * Words an error for the go command and git in the way that the table of their texts knows (direct/failure-table.ts).
 * 403 is said of an address that is not allowed and of nothing else.
 */
export function refusalOf(error: unknown): ProxyRefusal {
  if (error instanceof AddressRefused) return { status: 403, reason: error.message };
  if (error instanceof TunnelRefused) return { status: 502, reason: printable(error.message) };
  const code = errorCode(error);
  if (code === 'ENOTFOUND') return { status: 404, reason: 'no such host' };
  if (code === 'ETIMEDOUT' || code === 'EAI_AGAIN') return { status: 504, reason: 'connection timed out' };
  return { status: 502, reason: 'connection refused' };
}

function printable(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]+/g, ' ').slice(0, 100);
}
