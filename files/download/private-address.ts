/**
 * Which addresses are not of the public internet: this machine, private networks, link-local services such as a cloud's
 * metadata, and what leads to them (IPv4 in IPv6). IANA's special-purpose address registries (RFC 6890).
 */
import { BlockList, isIP } from 'node:net';

const PRIVATE = new BlockList();
for (const [net, bits] of [
  ...([
    ['0.0.0.0', 8],
    ['10.0.0.0', 8],
    ['100.64.0.0', 10],
    ['127.0.0.0', 8],
    ['169.254.0.0', 16],
  ] as const),
  ...([
    ['172.16.0.0', 12],
    ['192.0.0.0', 24],
    ['192.0.2.0', 24],
    ['192.88.99.0', 24],
    ['192.168.0.0', 16],
  ] as const),
  ...([
    ['198.18.0.0', 15],
    ['198.51.100.0', 24],
    ['203.0.113.0', 24],
    ['224.0.0.0', 4],
    ['240.0.0.0', 4],
  ] as const),
] as const) {
  PRIVATE.addSubnet(net, bits, 'ipv4');
}
for (const [net, bits] of [
  ...([
    ['::', 128],
    ['::1', 128],
    ['fc00::', 7],
    ['fe80::', 10],
    ['fec0::', 10],
    ['ff00::', 8],
  ] as const),
  ...([
    ['100::', 64],
    ['2001:db8::', 32],
  ] as const),
] as const) {
  PRIVATE.addSubnet(net, bits, 'ipv6');
}

/** The first words of IPv6 addresses that end in an IPv4 address: mapped, compatible, and NAT64 (RFC 6052). */
const IPV4_AT_THE_END: readonly (readonly number[])[] = [
  [0, 0, 0, 0, 0, 0xffff],
  [0, 0, 0, 0, 0xffff, 0],
  [0, 0, 0, 0, 0, 0],
  [0x64, 0xff9b, 0, 0, 0, 0],
];
/** 6to4 (RFC 3056): the IPv4 address follows. */
const SIX_TO_FOUR = 0x2002;

/** @param address an IPv4 or IPv6 address, without brackets */
export function isPrivateAddress(address: string): boolean {
  const plain = address.replace(/%.*$/, '');
  if (isIP(plain) === 4) return PRIVATE.check(plain, 'ipv4');
  if (PRIVATE.check(plain, 'ipv6')) return true;
  const inner = ipv4Within(wordsOf(plain));
  return inner !== null && PRIVATE.check(inner, 'ipv4');
}

/**
 * What the host of a URL says without being looked up: whether it is private, or null for a name.
 *
 * @param hostname as `URL` has it: IPv4 in its usual form, IPv6 in brackets
 */
export function isPrivateHost(hostname: string): boolean | null {
  const host = hostname
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase();
  if (isIP(host) !== 0) return isPrivateAddress(host);
  return host === 'localhost' || host.endsWith('.localhost') ? true : null;
}

function ipv4Within(words: readonly number[]): string | null {
  const [first, ...others] = words as [number, ...number[]];
  if (first === SIX_TO_FOUR) return dotted(others.slice(0, 2));
  const isKnown = IPV4_AT_THE_END.some((start) => start.every((word, i) => words[i] === word));
  return isKnown ? dotted(words.slice(6)) : null;
}

function dotted(words: readonly number[]): string {
  return words.flatMap((word) => [word >> 8, word & 0xff]).join('.');
}

/** The eight words of an IPv6 address. */
function wordsOf(address: string): number[] {
  const text = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...parts: string[]) => {
    const [a, b, c, d] = parts.map(Number) as [number, number, number, number];
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  });
  const [before = '', after] = text.split('::');
  const words = (part: string) => (part === '' ? [] : part.split(':').map((word) => Number.parseInt(word, 16)));
  if (after === undefined) return words(before);
  const [left, right] = [words(before), words(after)];
  return [...left, ...new Array<number>(8 - left.length - right.length).fill(0), ...right];
}
