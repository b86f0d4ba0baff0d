import { setTimeout as wait } from 'node:timers/promises';
import { publicUrl } from '../../base/index.js';
import { DownloadError } from './download-error.js';
import { type FileReply, Interruption, leave, type PartRequest, RangeRefused } from './request-file.js';

/** One GET. It never retries. @throws as `requestFile` */
export type Get = (request: PartRequest) => Promise<FileReply>;

export interface Sink {
  restart(): void | Promise<void>;
  add(chunk: Uint8Array): void | Promise<void>;
}

export interface ReceiveOptions extends PersistOptions {
  /** Bytes of the largest file that is taken. */
  most: number;
  /** The same of a file whose length the server does not say. Default: `most`. */
  mostUnsaid?: number;
  /** Nothing is taken if the file still is of this version. */
  unless?: string | null | undefined;
}

export interface Received {
  bytes: number;
  version: string | null;
  /** Whether nothing came, since the file still is of the version that is known. */
  isUnchanged: boolean;
}

/**
 * The file is whole and of one version: a file that changes between two tries is fetched anew.
 * @throws DownloadError `DOWNLOAD_NOT_FOUND`, `DOWNLOAD_TOO_LARGE`, `DOWNLOAD_INTERRUPTED` and others of `requestFile`
 */
export async function receive(get: Get, url: string, sink: Sink, options: ReceiveOptions): Promise<Received> {
  let bytes = 0;
  let seen: FileReply | null = null;
  // A short body may say that it is all; of a part, the server says the length of the file, too.
  let isPart = true;
  const restart = async () => {
    bytes = 0;
    await sink.restart();
  };
  const attempt = async (): Promise<Received> => {
    // Without a version nobody knows whether the rest is that of the same file.
    if (bytes > 0 && seen?.version === null) await restart();
    const unless = bytes === 0 ? options.unless : null;
    const reply = await get({ url, from: bytes, isPart, etag: seen?.etag, unless, signal: options.signal });
    if (reply.isUnchanged) return { bytes: 0, version: reply.version, isUnchanged: true };
    if (reply.isPart && reply.total === null) {
      await leave(reply);
      throw new RangeRefused('the server does not say how long the file is that it sends a part of');
    }
    const isSame = reply.start === bytes && (bytes === 0 || reply.version === seen?.version);
    if (!isSame && reply.start > 0) throw new RangeRefused('the file has changed in between');
    if (!isSame) await restart();
    seen = reply;
    const most = reply.total === null ? Math.min(options.most, options.mostUnsaid ?? options.most) : options.most;
    if (reply.total !== null && reply.total > most) throw tooLarge(url, most);
    for await (const chunk of reply.body) {
      bytes += chunk.byteLength;
      if (bytes > most) throw tooLarge(url, most);
      await sink.add(chunk);
    }
    checkLength(bytes, reply.total);
    return { bytes, version: reply.version, isUnchanged: false };
  };
  return persist(
    url,
    async () => {
      try {
        return await attempt();
      } catch (error) {
        if (error instanceof RangeRefused) {
          if (bytes === 0) isPart = false;
          await restart();
        }
        throw error;
      }
    },
    () => bytes,
    options,
  );
}

function checkLength(bytes: number, total: number | null): void {
  if (total === null || bytes === total) return;
  throw new Interruption(`${bytes.toLocaleString('en')} of ${total.toLocaleString('en')} bytes came`);
}

function tooLarge(url: string, most: number): DownloadError {
  return new DownloadError('DOWNLOAD_TOO_LARGE', `${publicUrl(url)}: more than ${most.toLocaleString('en')} bytes`);
}

export class MemorySink implements Sink {
  #parts: Uint8Array[] = [];

  restart(): void {
    this.#parts = [];
  }

  add(chunk: Uint8Array): void {
    this.#parts.push(chunk);
  }

  whole(): Uint8Array {
    return Buffer.concat(this.#parts);
  }
}

export interface PersistOptions {
  /** Waits before another try; replaced by specs. */
  sleep?: ((ms: number) => Promise<void>) | undefined;
  signal?: AbortSignal | undefined;
  /** Receives why nothing came, and after how many milliseconds it is asked for again. */
  onInterruption?: ((url: string, reason: string, ms: number) => void) | undefined;
  /** The error after the last try; default: one that says how often it was tried. */
  givenUp?: ((tries: number, last: Interruption) => DownloadError) | undefined;
}

/**
 * `attempt` goes on from where the one before has come; `progress` gives the bytes so far.
 * @throws DownloadError `DOWNLOAD_INTERRUPTED` after the last try; what `attempt` throws other than an `Interruption`
 */
export async function persist<T>(
  url: string,
  attempt: () => Promise<T>,
  progress: () => number,
  { sleep, signal, onInterruption, givenUp }: PersistOptions,
): Promise<T> {
  let most = progress();
  for (let tries = 1, fruitless = 0; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof Interruption)) throw error;
      signal?.throwIfAborted();
      // A server that sends the same beginning each time sends bytes, but makes no progress.
      fruitless = progress() > most ? 0 : fruitless + 1;
      most = Math.max(most, progress());
      const pause = pauseBeforeRetry(fruitless, tries, error.retryAfter);
      if (pause === null) throw givenUp?.(tries, error) ?? lastTry(url, tries, error);
      onInterruption?.(publicUrl(url), error.message, pause);
      await (sleep?.(pause) ?? wait(pause, undefined, { signal }));
    }
  }
}

function lastTry(url: string, tries: number, last: Interruption): DownloadError {
  return new DownloadError(
    'DOWNLOAD_INTERRUPTED',
    `${publicUrl(url)}: given up after ${tries} tries: ${last.message}`,
    {
      hint: 'Is there a network, and a proxy to name in HTTPS_PROXY? The same command may work later.',
      mayRetry: true,
      cause: last,
    },
  );
}

/** Tries in a row without a single byte before the download is given up. */
export const FRUITLESS_TRIES = 6;
/** Tries in all. Without this limit, a server that sends one byte each time could keep a download going for ever. */
const MOST_TRIES = 100;

const FIRST_PAUSE_MS = 500;
/** The limit holds whatever the server asks for: a download that pauses for minutes looks broken. */
const LONGEST_PAUSE_MS = 30_000;

/**
 * Milliseconds before the next try; null: give up. `fruitless` tries in a row brought nothing; `tries` are all so far.
 * @param retryAfter seconds that the server asked for; null if it did not
 */
export function pauseBeforeRetry(fruitless: number, tries: number, retryAfter: number | null): number | null {
  if (fruitless >= FRUITLESS_TRIES || tries >= MOST_TRIES) return null;
  const own = FIRST_PAUSE_MS * 2 ** Math.max(0, fruitless - 1);
  return Math.min(LONGEST_PAUSE_MS, Math.max(own, 1000 * (retryAfter ?? 0)));
}
