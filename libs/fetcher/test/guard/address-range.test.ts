import { describe, expect, it } from 'vitest';
import { rangeOf } from '../../src/guard/address-range.js';

/** Range, its first and last address; for IPv4 they are tried in every form of IPv6 too. */
const REFUSED: readonly (readonly [string, first: string, last: string])[] = [
  ['reserved', '0.0.0.0', '0.255.255.255'],
  ['private', '10.0.0.0', '10.255.255.255'],
  ['private', '100.64.0.0', '100.127.255.255'],
  ['metadata', '100.100.100.200', '100.100.100.200'],
  ['loopback', '127.0.0.0', '127.255.255.255'],
  ['metadata', '168.63.129.16', '168.63.129.16'],
  ['link-local', '169.254.0.0', '169.254.255.255'],
  ['metadata', '169.254.169.254', '169.254.170.2'],
  ['private', '172.16.0.0', '172.31.255.255'],
  ['reserved', '192.0.0.0', '192.0.0.255'],
  ['metadata', '192.0.0.192', '192.0.0.192'],
  ['reserved', '192.0.2.0', '192.0.2.255'],
  ['reserved', '192.88.99.0', '192.88.99.255'],
  ['private', '192.168.0.0', '192.168.255.255'],
  ['reserved', '198.18.0.0', '198.19.255.255'],
  ['reserved', '198.51.100.0', '198.51.100.255'],
  ['reserved', '203.0.113.0', '203.0.113.255'],
  ['multicast', '224.0.0.0', '239.255.255.255'],
  ['reserved', '240.0.0.0', '255.255.255.255'],
];

const REFUSED_6: readonly (readonly [string, first: string, last: string])[] = [
  ['reserved', '::', '::'],
  ['loopback', '::1', '::1'],
  ['reserved', '64:ff9b::1:0:0', '64:ff9b:0:ffff:ffff:ffff:ffff:ffff'],
  ['private', '64:ff9b:1::', '64:ff9b:1:ffff:ffff:ffff:ffff:ffff'],
  ['reserved', '100::', '100::ffff:ffff:ffff:ffff'],
  ['reserved', '2001:2::', '2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['reserved', '2001:db8::', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['reserved', '3fff::', '3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['reserved', '4000::', 'fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['private', 'fc00::', 'fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['metadata', 'fd00:ec2::254', 'fd20:ce::254'],
  ['reserved', 'fe00::', 'fe7f:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['link-local', 'fe80::', 'febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['link-local', 'fe80::1%eth0', '::1%lo'],
  ['private', 'fec0::', 'feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['multicast', 'ff00::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
];

const PUBLIC = [
  ['1.0.0.0', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0', '126.255.255.255', '128.0.0.0'],
  ['169.253.255.255', '169.255.0.0', '172.15.255.255', '172.32.0.0', '192.0.1.0', '192.0.3.0', '192.167.255.255'],
  ['192.169.0.0', '198.17.255.255', '198.20.0.0', '203.0.112.255', '203.0.114.0', '223.255.255.255'],
  ['168.63.129.15', '168.63.129.17'],
].flat();

const PUBLIC_6 = [
  ['2000::', '2001:200::', '2001:db7:ffff::', '2001:db9::', '2003::1'],
  ['3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '3fff:1000::'],
].flat();

/** Every way in which IPv6 leads to an IPv4 address. */
function formsOf(ipv4: string): string[] {
  const bytes = ipv4.split('.').map(Number);
  const word = (at: number, turn = 0): string => ((((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)) ^ turn).toString(16);
  const [high, low] = [word(0), word(2)];
  return [
    `::ffff:${ipv4}`,
    `::ffff:${high}:${low}`,
    `0:0:0:0:0:FFFF:${high}:${low}`,
    `::ffff:0:${ipv4}`,
    `64:ff9b::${ipv4}`,
    `2002:${high}:${low}::1`,
    `2001:0:${high}:${low}:8000:1:fefe:fefe`,
    `2001:0:808:808:8000:1:${word(0, 0xffff)}:${word(2, 0xffff)}`,
  ];
}

describe('an address', () => {
  it.each(REFUSED)('is %s from %s to %s, in every form', (range, first, last) => {
    for (const address of [first, last]) {
      for (const form of [address, ...formsOf(address)]) expect([form, rangeOf(form)]).toEqual([form, range]);
    }
  });

  it.each(REFUSED_6)('is %s from %s to %s', (range, first, last) => {
    expect([rangeOf(first), rangeOf(last)]).toEqual([range, range]);
  });

  it.each(PUBLIC)('%s is public, in every form', (address) => {
    for (const form of [address, ...formsOf(address)]) expect([form, rangeOf(form)]).toEqual([form, null]);
  });

  it.each(PUBLIC_6)('%s is public', (address) => {
    expect(rangeOf(address)).toBeNull();
  });

  it.each(['127.0.0.1', '10.1.2.3', '169.254.169.254'])('%s is refused in its compatible form', (address) => {
    expect(rangeOf(`::${address}`)).toBe(rangeOf(address));
  });

  it.each(['', 'localhost', '127.1', '1.2.3.4.5', '[::1]'])('%j is none, so it is refused', (text) => {
    expect(rangeOf(text)).toBe('reserved');
  });
});
