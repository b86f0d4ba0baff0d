/** Downloads a known file, resumes it, and checks length and hash. It gets its name only once it is correct. */
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { toFileError } from '../index.js';
import { type Checksum, expectedHash, HEAD_BYTES, hashName, hashOfFile, recogniseImpostor } from './checksum.js';
import { Connections } from './connections.js';
import { DownloadError } from './download-error.js';
import { PartialFile } from './partial-file.js';
import { persist } from './receive.js';
import { type FileReply, Interruption, RangeRefused, requestFile } from './request-file.js';

export type RemoteFile = Checksum & {
  url: string;
  bytes: number;
  /** Sent with each request. `authorization` goes to the server of `url` alone, wherever that one redirects to. */
  headers?: Readonly<Record<string, string>> | undefined;
};

export interface DownloadOptions {
  /** Bytes on disk so far; the first call reports where the download resumes. */
  onProgress?: ((done: number, total: number) => void) | undefined;
  onInterruption?: ((reason: string, pauseMs: number) => void) | undefined;
  signal?: AbortSignal | undefined;
  /** Milliseconds after which a silent connection is given up; default 30,000. */
  silenceMs?: number | undefined;
  pause?: ((ms: number) => Promise<void>) | undefined;
}

export interface Downloaded {
  path: string;
  /** Bytes received over the network; 0 if the file was already there. */
  received: number;
}

const SILENCE_MS = 30_000;

/**
 * Fetches nothing if the right file is at `path`; replaces any other. An interrupted download stays as `PATH.part`,
 * which the next call resumes. @throws DownloadError, FileError
 */
export async function download(file: RemoteFile, path: string, options: DownloadOptions = {}): Promise<Downloaded> {
  if (await isRight(path, file)) return { path, received: 0 };
  await mkdir(dirname(path), { recursive: true }).catch(toFileError(path));
  const part = await PartialFile.open(path);
  // Another process may have finished it between the look at it and the lock.
  if (await isRight(path, file)) {
    await part.discard();
    return { path, received: 0 };
  }
  const connections = await Connections.open(options.silenceMs ?? SILENCE_MS);
  try {
    const received = await new Transfer(file, part, connections, options).run();
    await part.commit();
    return { path, received };
  } catch (error) {
    if (error instanceof DownloadError && !isWorthKeeping(error)) await part.discard();
    throw error;
  } finally {
    await part.close();
    await connections.destroy();
  }
}

/** Whether a file is exactly the expected one; false if it is missing. @throws FileError */
export async function isRight(path: string, file: RemoteFile): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  if (found?.isFile() !== true || found.size !== file.bytes) return false;
  return (await hashOfFile(path, file)) === expectedHash(file);
}

function isWorthKeeping({ code }: DownloadError): boolean {
  return !['DOWNLOAD_HASH', 'DOWNLOAD_LENGTH'].includes(code);
}

class Transfer {
  #received = 0;
  /** Whether the bytes come from more than one answer. A wrong hash may then be the fault of the seam. */
  #hasSeam: boolean;

  readonly #file: RemoteFile;
  readonly #part: PartialFile;
  readonly #connections: Connections;
  readonly #options: DownloadOptions;

  constructor(file: RemoteFile, part: PartialFile, connections: Connections, options: DownloadOptions) {
    this.#file = file;
    this.#part = part;
    this.#connections = connections;
    this.#options = options;

    this.#hasSeam = part.bytes > 0;
  }

  async run(): Promise<number> {
    await this.#fetchAll();
    if (await this.#hasRightHash()) return this.#received;
    if (this.#hasSeam) {
      await this.#startOver();
      await this.#fetchAll();
      if (await this.#hasRightHash()) return this.#received;
    }
    const file = this.#file;
    const found = await hashOfFile(await this.#part.sync(), file);
    const message = `${file.url}: ${hashName(file)} ${found} came, ${expectedHash(file)} was expected`;
    throw new DownloadError('DOWNLOAD_HASH', message, {
      hint: 'The file was changed at its source or on its way. Where you know it to be right, give it with --data or --weights.',
    });
  }

  async #fetchAll(): Promise<void> {
    const { signal, pause: sleep, onInterruption } = this.#options;
    const attempt = async () => {
      try {
        if (this.#part.bytes !== this.#file.bytes) await this.#tryOnce();
      } catch (error) {
        if (error instanceof RangeRefused) await this.#startOver();
        throw error;
      }
      if (this.#part.bytes < this.#file.bytes) throw new Interruption('the connection ended early');
    };
    await persist(this.#file.url, attempt, () => this.#part.bytes, {
      ...{ signal, sleep },
      onInterruption: (_, reason, ms) => onInterruption?.(reason, ms),
      givenUp: (tries, last) => this.#givenUp(tries, last),
    });
  }

  async #tryOnce(): Promise<void> {
    const [file, part, { signal, onProgress }] = [this.#file, this.#part, this.#options];
    const { url, headers } = file;
    if (part.bytes > file.bytes) await this.#startOver();
    onProgress?.(part.bytes, file.bytes);
    const request = {
      url,
      headers,
      from: part.bytes,
      etag: part.etagFrom(url),
      connections: this.#connections,
      signal,
    };
    const reply = await requestFile(request).catch((error: unknown) => {
      throw withHint(error);
    });
    if (reply.start === 0 && part.bytes > 0) await this.#startOver();
    if (part.bytes > 0) this.#hasSeam = true;
    await part.describe({ url, etag: reply.etag });
    await this.#receive(reply);
  }

  /** A file from its beginning is looked at before any of it is written. */
  async #receive({ start, total, body }: FileReply): Promise<void> {
    let head: Uint8Array | null = start > 0 ? null : new Uint8Array(0);
    const take = async (bytes: Uint8Array) => {
      if (head !== null) {
        this.#refuseImpostor(head);
        this.#checkTotal(total);
        head = null;
      }
      const end = this.#part.bytes + bytes.byteLength;
      if (end > this.#file.bytes) this.#refuseLength(end, 'at least ');
      await this.#part.append(bytes);
      this.#options.onProgress?.(end, this.#file.bytes);
    };
    if (head === null) this.#checkTotal(total);
    for await (const chunk of body) {
      this.#received += chunk.byteLength;
      if (head !== null) head = Buffer.concat([head, chunk]);
      if (head === null || head.byteLength >= HEAD_BYTES) await take(head ?? chunk);
    }
    if (head !== null) await take(head);
  }

  #refuseImpostor(head: Uint8Array): void {
    const impostor = recogniseImpostor(head.subarray(0, HEAD_BYTES));
    if (impostor === null) return;
    const { code, says, hint } = impostor;
    throw new DownloadError(code, `${this.#file.url}: what comes ${says}`, { hint, mayRetry: code === 'HTML_INSTEAD' });
  }

  #checkTotal(total: number | null): void {
    if (total !== null && total !== this.#file.bytes) this.#refuseLength(total);
  }

  #refuseLength(found: number, prefix = ''): never {
    const { url, bytes } = this.#file;
    const [came, expected] = [found.toLocaleString('en'), bytes.toLocaleString('en')];
    throw new DownloadError('DOWNLOAD_LENGTH', `${url}: has ${prefix}${came} bytes, ${expected} were expected`, {
      hint: 'The file was changed at its source. Where you know it to be right, give it with --data or --weights.',
    });
  }

  #givenUp(tries: number, last: Interruption): DownloadError {
    const { url, bytes } = this.#file;
    const [done, all] = [this.#part.bytes.toLocaleString('en'), bytes.toLocaleString('en')];
    const message = `${url}: given up after ${tries} tries with ${done} of ${all} bytes: ${last.message}`;
    const hint = this.#part.bytes > 0 ? 'What came is kept: run this again to go on from there.' : OFFLINE_HINT;
    return new DownloadError('DOWNLOAD_INTERRUPTED', message, { hint, mayRetry: true, cause: last });
  }

  async #startOver(): Promise<void> {
    await this.#part.restart();
    this.#hasSeam = false;
  }

  async #hasRightHash(): Promise<boolean> {
    return (await hashOfFile(await this.#part.sync(), this.#file)) === expectedHash(this.#file);
  }
}

/** What to do about a file that is not there, or is not given. */
function withHint(error: unknown): unknown {
  if (!(error instanceof DownloadError)) return error;
  const { code, message, exitCode } = error;
  const hints: Readonly<Record<string, string>> = {
    DOWNLOAD_NOT_FOUND: 'The file has moved; get it by hand and give its place with --data or --weights.',
    DOWNLOAD_REFUSED:
      'A proxy may stand in between (HTTPS_PROXY, NO_PROXY); or get the file by hand: --data, --weights.',
  };
  return new DownloadError(code, message, {
    hint: hints[code] ?? error.hint ?? undefined,
    mayRetry: exitCode === 5,
    cause: error,
  });
}

const OFFLINE_HINT = 'Is there a network, and a proxy to name in HTTPS_PROXY? Files got by hand: --data, --weights.';
