import { BlockList, isIP } from 'node:net';
import { embeddedAddresses } from './embedded-address.js';

/** What an address that no module comes from belongs to: a metric label and a word for the log. */
export type AddressRange = 'metadata' | 'loopback' | 'private' | 'link-local' | 'multicast' | 'reserved';

type Subnet = readonly [network: string, prefix: number];

/**
 * The special-purpose registries of IANA (RFC 6890 and its updates); the first range counts. Of IPv6 what is not
 * global unicast (2000::/3) is refused as a whole, so that a range which is given away later is not a way in.
 */
const RANGES: readonly (readonly [AddressRange, readonly Subnet[]])[] = [
  // Clouds answer these with the machine's credentials. 168.63.129.16 looks public.
  [
    'metadata',
    [
      ['169.254.169.254', 32],
      ['169.254.170.2', 32],
      ['100.100.100.200', 32],
      ['168.63.129.16', 32],
      ['192.0.0.192', 32],
      ['fd00:ec2::254', 128],
      ['fd20:ce::254', 128],
    ],
  ],
  [
    'loopback',
    [
      ['127.0.0.0', 8],
      ['::1', 128],
    ],
  ],
  [
    'private',
    [
      ['10.0.0.0', 8],
      ['172.16.0.0', 12],
      ['192.168.0.0', 16],
      ['100.64.0.0', 10],
      ['fc00::', 7],
      ['fec0::', 10],
      // NAT64 with a prefix of the network's own: what it leads to can't be told.
      ['64:ff9b:1::', 48],
    ],
  ],
  [
    'link-local',
    [
      ['169.254.0.0', 16],
      ['fe80::', 10],
    ],
  ],
  [
    'multicast',
    [
      ['224.0.0.0', 4],
      ['ff00::', 8],
    ],
  ],
  [
    'reserved',
    [
      ['0.0.0.0', 8],
      ['192.0.0.0', 24],
      ['192.0.2.0', 24],
      ['192.88.99.0', 24],
      ['198.18.0.0', 15],
      ['198.51.100.0', 24],
      ['203.0.113.0', 24],
      ['240.0.0.0', 4],
      ['2001::', 23],
      ['2001:db8::', 32],
      ['3fff::', 20],
    ],
  ],
];

const LISTS = RANGES.map(([range, subnets]) => [range, listOf(subnets)] as const);
const GLOBAL = listOf([['2000::', 3]]);

/** Says which range an address (without brackets) belongs to that must not be reached; null: anybody may. */
export function rangeOf(address: string): AddressRange | null {
  // A zone (fe80::1%eth0) is about an interface of this machine.
  if (address.includes('%')) return 'link-local';
  const family = isIP(address);
  if (family === 0) return 'reserved';

  const embedded = family === 6 ? embeddedAddresses(address) : [];
  for (const inner of embedded) {
    const range = rangeOf(inner);
    if (range !== null) return range;
  }
  const range = LISTS.find(([, list]) => list.check(address, family === 6 ? 'ipv6' : 'ipv4'))?.[0] ?? null;
  if (embedded.length > 0) return null;
  return range ?? (family === 6 && !GLOBAL.check(address, 'ipv6') ? 'reserved' : null);
}

function listOf(subnets: readonly Subnet[]): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of subnets) list.addSubnet(network, prefix, isIP(network) === 6 ? 'ipv6' : 'ipv4');
  return list;
}
