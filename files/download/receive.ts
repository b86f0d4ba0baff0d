/** A whole file from a server, resumed where the connection was cut, into memory or onto a disk. */
import { publicUrl } from '../../base/index.js';
import { DownloadError } from './download-error.js';
import { type PersistOptions, persist } from './persist.js';
import { type FileReply, Interruption, leave, type PartRequest, RangeRefused } from './request-file.js';

/** One GET. It never retries. @throws as `requestFile` */
export type Get = (request: PartRequest) => Promise<FileReply>;

/** Takes a file from its beginning on. */
export interface Sink {
  /** Drops what has come. */
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

export function tooLarge(url: string, most: number): DownloadError {
  return new DownloadError('DOWNLOAD_TOO_LARGE', `${publicUrl(url)}: more than ${most.toLocaleString('en')} bytes`);
}

/** Keeps what comes in memory. */
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
