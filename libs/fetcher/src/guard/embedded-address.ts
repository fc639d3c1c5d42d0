/**
 * The IPv4 addresses that an IPv6 address leads to: IPv4-mapped and -translated (::ffff:a.b.c.d, ::ffff:0:a.b.c.d),
 * IPv4-compatible (::a.b.c.d), NAT64 (64:ff9b::/96), 6to4 (2002::/16) and Teredo (2001::/32: its server, and its client
 * with all bits turned over). Empty for any other. `address` is valid and has no zone.
 */
export function embeddedAddresses(address: string): string[] {
  const words = wordsOf(address);
  const [first = 0, second = 0] = words;
  const head = words
    .slice(0, 6)
    .map((word) => word.toString(16))
    .join(':');
  const last = ipv4(words[6], words[7]);
  // :: and ::1 are addresses of their own.
  if (head === '0:0:0:0:0:0') return words[6] === 0 && (words[7] ?? 0) <= 1 ? [] : [last];
  if (['0:0:0:0:0:ffff', '0:0:0:0:ffff:0', '64:ff9b:0:0:0:0'].includes(head)) return [last];
  if (first === 0x2002) return [ipv4(words[1], words[2])];
  if (first === 0x2001 && second === 0) {
    return [ipv4(words[2], words[3]), ipv4((words[6] ?? 0) ^ 0xffff, (words[7] ?? 0) ^ 0xffff)];
  }
  return [];
}

/** The eight words of an IPv6 address. The URL parser writes an IPv4 tail as words, and the rest in one way only. */
function wordsOf(address: string): number[] {
  const [left = '', right = ''] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split('::');
  const [before, after] = [numbersOf(left), numbersOf(right)];
  return [...before, ...Array.from({ length: 8 - before.length - after.length }, () => 0), ...after];
}

function numbersOf(text: string): number[] {
  return text === '' ? [] : text.split(':').map((word) => Number.parseInt(word, 16));
}

function ipv4(high = 0, low = 0): string {
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');
}
