/**
 * Files on web servers and in buckets: whole, by offset, and by the beginning of their names. Interrupted requests are
 * tried again, few are under way at once, and nothing is kept unless there is a cache.
 */
import { publicUrl } from '../../../base/index.js';
import { FileError, Gate, type RandomAccess, RandomAccessFile, readSmallFile, UnnamedFile } from '../../index.js';
import { Connections, type Resolver } from '../connections.js';
import { DownloadError } from '../download-error.js';
import {
  type Get,
  MemorySink,
  type PersistOptions,
  persist,
  type Received,
  type ReceiveOptions,
  receive,
  type Sink,
} from '../receive.js';
import { type FileReply, Interruption, type PartRequest, requestFile, versionStamp } from '../request-file.js';
import { type Buckets, isS3Url, type ObjectName, openBuckets } from '../s3/buckets.js';
import type { Sdk } from '../s3/sdk.js';
import { FileCache } from './file-cache.js';
import { BLOCK_BYTES, BlockStore, changed } from './part.js';
import { RangedFile } from './ranged-file.js';

export interface RemoteOptions {
  /** Bytes of the largest file that is read whole. */
  most: number;
  /** Folder in which files are kept. Default: nothing is kept. */
  cache?: string | undefined;
  /** Requests under way at once; default 8. */
  inFlight?: number | undefined;
  /** Milliseconds without a byte after which a request is given up; default 30,000. */
  silenceMs?: number | undefined;
  /** Ends all requests under way and those to come. */
  signal?: AbortSignal | undefined;
  /** Waits before another try; replaced by specs. */
  sleep?: ((ms: number) => Promise<void>) | undefined;
  resolver?: Resolver | undefined;
  sdk?: Sdk | undefined;
  onNotice?: ((text: string) => void) | undefined;
}

const IN_FLIGHT = 8;
const SILENCE_MS = 30_000;
const TOLD_PAUSE_MS = 1000;
const TOLD_EVERY_MS = 5000;
const MOST_NAMES = 10_000_000;
/** A body without a length may be without an end; a longer archive comes from a server that knows it. */
const MOST_UNKNOWN_BYTES = 2 ** 35;
/** The same of what is read into memory: few images are as long, and an endless one must not take all that an image may. */
const MOST_UNSAID_BYTES = 2 ** 26;

export class RemoteStore {
  readonly #options: RemoteOptions & PersistOptions;
  readonly #gate: Gate;
  readonly #blocks = new BlockStore();
  #connections: Promise<Connections> | null = null;
  #buckets: Promise<Buckets> | null = null;
  #cache: Promise<FileCache> | null = null;
  #isCacheBroken = false;
  #told = Number.NEGATIVE_INFINITY;

  constructor(options: RemoteOptions) {
    this.#options = { ...options, onInterruption: (...what) => this.#tell(...what) };
    this.#gate = new Gate(options.inFlight ?? IN_FLIGHT);
  }

  /** A pause that a person notices, and of many at once the first one. */
  #tell(url: string, reason: string, ms: number): void {
    const now = performance.now();
    if (ms < TOLD_PAUSE_MS || now - this.#told < TOLD_EVERY_MS) return;
    this.#told = now;
    this.#options.onNotice?.(`${url}: ${reason}; again in ${(ms / 1000).toFixed(0)} s`);
  }

  /**
   * Makes sure that files of a kind can be asked for at all, so that this is not found out image by image.
   * @throws DownloadError `S3_…`; FileError where there can be no cache
   */
  async ready(url: string): Promise<void> {
    await this.#openCache();
    if (isS3Url(url)) await this.buckets();
  }

  /**
   * A whole file. Cut connections, wrong lengths, 408, 429 and 5xx are tried again, with growing pauses.
   * @param namedBy a table that somebody else may have written: the address must be public, or on the table's host
   * @throws DownloadError `DOWNLOAD_PRIVATE`, `_NOT_FOUND`, `_TOO_LARGE`, `_REFUSED`, `_INTERRUPTED`, …
   */
  async read(url: string, namedBy?: string): Promise<Uint8Array> {
    const publicOnly = namedBy !== undefined && !isS3Url(url) && (await this.#isForeign(url, namedBy));
    const cache = await this.#openCache();
    const kept = (await cache?.find(url)) ?? null;
    const first = await this.#fetch(url, kept?.version ?? null, publicOnly);
    if (first.isUnchanged && kept !== null && (await cache!.isRight(kept))) {
      return readSmallFile(kept.path, this.#options.most);
    }
    const { whole, version } = first.isUnchanged ? await this.#fetch(url, null, publicOnly) : first;
    if (cache !== null && version !== null) await this.#keep(cache, url, version, whole);
    return whole;
  }

  /**
   * Reads by offset; a server that sends no parts sends the whole file at once, into a file without a name.
   * @throws as `read`; DownloadError `DOWNLOAD_CHANGED`; FileError
   */
  async open(url: string): Promise<RandomAccess> {
    const cache = await this.#openCache();
    const found = (await cache?.find(url)) ?? null;
    const kept = found !== null && (await cache!.isRight(found)) ? found : null;
    const { first, reply } = await this.#begin(url, kept?.version ?? null);
    if (reply.isUnchanged && kept !== null) {
      return RandomAccessFile.open(kept.path, publicUrl(url), versionStamp(kept.bytes, kept.version));
    }
    const { total, version, isPart } = reply;
    if (cache !== null && version !== null) return this.#openCached(url, cache, version);
    if (total === null || (!isPart && total > first.byteLength)) return this.#openWhole(url);
    const shared = { get: this.#get, gate: this.#gate, blocks: this.#blocks, options: this.#options };
    const file = new RangedFile({ url, size: total, version }, shared);
    if (total > 0) file.put(first);
    return file;
  }

  /**
   * The objects whose keys begin as an `s3://` URL does, as their keys go on from there.
   * @throws DownloadError `S3_NO_BUCKET`, `S3_LIST`, `DOWNLOAD_REFUSED`, `DOWNLOAD_INTERRUPTED`
   */
  async list(url: string): Promise<ObjectName[]> {
    const all: ObjectName[] = [];
    for await (const names of this.names(url)) {
      all.push(...names);
      if (all.length > MOST_NAMES) {
        throw new DownloadError('S3_LIST', `${url}: more than ${MOST_NAMES.toLocaleString('en')} objects`);
      }
    }
    return all;
  }

  /** The same, however many there are, some at a time. @throws as `list` */
  async *names(url: string): AsyncGenerator<ObjectName[], void, undefined> {
    const buckets = await this.buckets();
    let token: string | undefined;
    do {
      const page = () =>
        persist(
          url,
          () => buckets.page(url, token),
          () => 0,
          this.#options,
        );
      const { names, next } = await this.#gate.pass(page);
      yield names;
      token = next;
    } while (token !== undefined);
  }

  /** Single requests to buckets. @throws DownloadError `S3_NOT_INSTALLED`, `S3_CREDENTIALS` */
  buckets(): Promise<Buckets> {
    this.#buckets ??= this.#openConnections().then(({ any }) => openBuckets(any, this.#options.sdk));
    return this.#buckets;
  }

  async close(): Promise<void> {
    await (await this.#connections)?.destroy();
  }

  async #begin(url: string, unless: string | null): Promise<{ first: Uint8Array; reply: FileReply }> {
    const attempt = async () => {
      const reply = await this.#get({ url, from: 0, to: BLOCK_BYTES, unless });
      const wanted = Math.min(BLOCK_BYTES, reply.total ?? BLOCK_BYTES);
      const first = await beginning(reply, wanted);
      if (reply.total !== null && first.byteLength < wanted) {
        throw new Interruption(`${first.byteLength} of ${wanted} bytes came`);
      }
      return { first, reply };
    };
    return this.#gate.pass(() => persist(url, attempt, () => 0, this.#options));
  }

  async #openCached(url: string, cache: FileCache, version: string): Promise<RandomAccess> {
    const file = await cache.begin(url, version);
    try {
      const received = await this.#receive(url, file, Number.MAX_SAFE_INTEGER);
      if (received.version !== version) throw changed({ url }, 'it has another version now');
      const stamp = versionStamp(received.bytes, version);
      return await RandomAccessFile.open(await file.commit(), publicUrl(url), stamp);
    } finally {
      await file.discard();
    }
  }

  async #openWhole(url: string): Promise<RandomAccess> {
    const file = await UnnamedFile.create(publicUrl(url));
    try {
      const { bytes, version } = await this.#receive(url, file, MOST_UNKNOWN_BYTES);
      return await file.finish(versionStamp(bytes, version));
    } finally {
      await file.discard();
    }
  }

  async #fetch(url: string, unless: string | null, publicOnly: boolean): Promise<Received & { whole: Uint8Array }> {
    const sink = new MemorySink();
    const get: Get = (part) => this.#get({ ...part, publicOnly });
    const more = { unless, mostUnsaid: MOST_UNSAID_BYTES };
    const received = await this.#receive(url, sink, this.#options.most, more, get);
    return { ...received, whole: sink.whole() };
  }

  #receive(
    url: string,
    sink: Sink,
    most: number,
    more: Partial<ReceiveOptions> = {},
    get: Get = this.#get,
  ): Promise<Received> {
    return this.#gate.pass(() => receive(get, url, sink, { ...this.#options, most, ...more }));
  }

  /** A full disk is no reason to lose a run: it goes on as without a cache. */
  async #keep(cache: FileCache, url: string, version: string, bytes: Uint8Array): Promise<void> {
    if (this.#isCacheBroken) return;
    try {
      const file = await cache.begin(url, version);
      try {
        await file.add(bytes);
        await file.commit();
      } finally {
        await file.discard();
      }
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      this.#isCacheBroken = true;
      this.#options.onNotice?.(`nothing more is kept in the cache: ${error.message}`);
    }
  }

  /** Whether a table names an address that is not its own: it has a host of its own, or one of the public internet. */
  async #isForeign(url: string, table: string): Promise<boolean> {
    if (isS3Url(table) || new URL(url).hostname !== new URL(table).hostname) return true;
    return (await this.#openConnections()).meansPublic(table);
  }

  readonly #get = async (part: PartRequest & { publicOnly?: boolean }): Promise<FileReply> => {
    const { signal } = this.#options;
    const ends = part.signal && signal ? AbortSignal.any([part.signal, signal]) : (part.signal ?? signal);
    const request = { ...part, signal: ends };
    if (isS3Url(request.url)) return (await this.buckets()).get(request);
    return requestFile({ ...request, connections: await this.#openConnections() });
  };

  #openConnections(): Promise<Connections> {
    this.#connections ??= Connections.open(this.#options.silenceMs ?? SILENCE_MS, this.#options.resolver);
    return this.#connections;
  }

  async #openCache(): Promise<FileCache | null> {
    const { cache } = this.#options;
    if (cache === undefined) return null;
    this.#cache ??= FileCache.open(cache);
    return this.#cache;
  }
}

async function beginning({ body }: FileReply, most: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    parts.push(chunk);
    bytes += chunk.byteLength;
    // A server without ranges sends all of it.
    if (bytes >= most) break;
  }
  return Buffer.concat(parts).subarray(0, most);
}
