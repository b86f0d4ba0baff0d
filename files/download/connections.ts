/**
 * Connections to any address, for those that a user has named, and to public ones alone, for those that somebody else
 * has named (a redirect, a server's table). The address that is connected to is judged, so DNS rebinding changes
 * nothing. A proxy looks names up itself: of what goes through one, only numeric addresses are judged.
 */
import { lookup as lookupHost } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import type { Dispatcher } from 'undici';
import { isOffline, mayConnect, publicUrl } from '../../base/index.js';
import { DownloadError } from './download-error.js';

export const PRIVATE_ADDRESS = 'PRIVATE_ADDRESS';

/** How names become addresses, and which of these are private; replaced by specs, whose servers all are on this machine. */
export interface Resolver {
  lookup: LookupFunction;
  isPrivate: (address: string) => boolean;
}

const RESOLVER: Resolver = { lookup: lookupHost as LookupFunction, isPrivate: isPrivateAddress };

export class Connections {
  /** By name: whether it meant a private address when it was first connected to. */
  readonly #private = new Map<string, boolean>();
  readonly #resolver: Resolver;
  readonly #any: Dispatcher;
  readonly #toPublic: Dispatcher;

  private constructor(make: (lookup: LookupFunction) => Dispatcher, resolver: Resolver) {
    this.#resolver = resolver;
    this.#any = make(this.#judged(false));
    this.#toPublic = make(this.#judged(true));
  }

  /**
   * Uses the proxies of the environment (`HTTPS_PROXY`, `NO_PROXY`), and gives up on a silent server. Offline, nothing
   * is asked for that a proxy could be needed for.
   */
  static async open(silenceMs: number, resolver = RESOLVER): Promise<Connections> {
    const { Agent, EnvHttpProxyAgent } = await import('undici');
    const Connecting = isOffline() ? Agent : EnvHttpProxyAgent;
    const times = { headersTimeout: silenceMs, bodyTimeout: silenceMs };
    const timeout = Math.min(silenceMs, 10_000);
    return new Connections((judged) => new Connecting({ connect: { timeout, lookup: judged }, ...times }), resolver);
  }

  /** For who asks `mayConnect` before each request. */
  get any(): Dispatcher {
    return this.#any;
  }

  /** @throws DownloadError `DOWNLOAD_PRIVATE` for an address that says itself that it is private; OfflineError */
  to(url: string, publicOnly: boolean, first: string): Dispatcher {
    mayConnect(url);
    if (!publicOnly) return this.#any;
    if (isPrivateHost(new URL(url).hostname) === true) throw privateAddress(url, first);
    return this.#toPublic;
  }

  /** Whether a URL that was connected to is of the public internet. What a proxy connected to counts as such. */
  isPublic(url: string): boolean {
    const { hostname } = new URL(url);
    return !(isPrivateHost(hostname) ?? this.#private.get(hostname) ?? false);
  }

  /** As `isPublic`, of a URL that need not have been connected to yet. */
  async meansPublic(url: string): Promise<boolean> {
    const { hostname } = new URL(url);
    if (isPrivateHost(hostname) === null && !this.#private.has(hostname)) {
      await new Promise<void>((resolve) => this.#judged(false)(hostname, { all: true }, () => resolve()));
    }
    return this.isPublic(url);
  }

  async destroy(): Promise<void> {
    await Promise.all([this.#any.destroy(), this.#toPublic.destroy()]);
  }

  #judged(publicOnly: boolean): LookupFunction {
    return (hostname, options, callback) => {
      const { lookup, isPrivate: judge } = this.#resolver;
      lookup(hostname, options, (error, address, family) => {
        if (error) return callback(error, address, family);
        const addresses = Array.isArray(address) ? address.map((one) => one.address) : [address];
        const isPrivate = addresses.some(judge);
        if (!this.#private.has(hostname)) this.#private.set(hostname, isPrivate);
        if (!(isPrivate && publicOnly)) return callback(null, address, family);
        const refused = new Error(`${hostname} means ${addresses.join(', ')}`);
        callback(Object.assign(refused, { code: PRIVATE_ADDRESS }), address, family);
      });
    };
  }
}

/** @param first the address that was asked for */
export function privateAddress(url: string, first: string): DownloadError {
  const { protocol, host } = new URL(url);
  const how = url === first ? 'is' : `is redirected to ${protocol}//${host},`;
  return new DownloadError(
    'DOWNLOAD_PRIVATE',
    `${publicUrl(first)}: ${how} an address of this machine or of a private network, which others may not name`,
    {
      hint: 'A server may not send this program to such an address: by a redirect, or in a table. If it is right, name the address yourself, or download the table first.',
    },
  );
}

/**
 * Which addresses are not of the public internet: this machine, private networks, link-local services such as a cloud's
 * metadata, and what leads to them (IPv4 in IPv6). IANA's special-purpose address registries (RFC 6890).
 */
const PRIVATE = new BlockList();
const PRIVATE_NETS = `
  0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24
  192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4
  ::/128 ::1/128 fc00::/7 fe80::/10 fec0::/10 ff00::/8 100::/64 2001:db8::/32`;
for (const [, net = '', bits] of PRIVATE_NETS.matchAll(/(\S+)\/(\d+)/g)) {
  PRIVATE.addSubnet(net, Number(bits), net.includes(':') ? 'ipv6' : 'ipv4');
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

/** Whether a URL's host says that it is private; null for a name. @param hostname as `URL` has it: IPv6 in brackets */
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
