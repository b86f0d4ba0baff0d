/**
 * The connections of downloads: any, for addresses that a user has named, and those to public addresses alone, for addresses that
 * somebody else has named (a redirect, a table of a server). The address that is connected to is the one that is judged, so a
 * name that means another address a moment later (DNS rebinding) changes nothing. A proxy looks names up itself: of what goes
 * through one, only addresses that are written as numbers are judged.
 */
import { lookup as lookupHost } from 'node:dns';
import type { LookupFunction } from 'node:net';
import type { Dispatcher } from 'undici';
import { publicUrl } from '../../base/index.js';
import { DownloadError } from './download-error.js';
import { isPrivateAddress, isPrivateHost } from './private-address.js';

/** The code of the system's error for a name that means a private address. */
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

  /** Uses the proxies of the environment (`HTTPS_PROXY`, `NO_PROXY`), and gives up on a silent server. */
  static async open(silenceMs: number, resolver = RESOLVER): Promise<Connections> {
    const { EnvHttpProxyAgent } = await import('undici');
    const times = { headersTimeout: silenceMs, bodyTimeout: silenceMs };
    const timeout = Math.min(silenceMs, 10_000);
    return new Connections(
      (judged) => new EnvHttpProxyAgent({ connect: { timeout, lookup: judged }, ...times }),
      resolver,
    );
  }

  /** Connections to any address. */
  get any(): Dispatcher {
    return this.#any;
  }

  /** @throws DownloadError `DOWNLOAD_PRIVATE` for an address that says itself that it is private */
  to(url: string, publicOnly: boolean, first: string): Dispatcher {
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
