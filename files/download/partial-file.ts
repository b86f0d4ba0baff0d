/**
 * A download under way: the bytes so far in `NAME.part` beside where the file will be, and in `NAME.part.json` what is
 * needed to go on after the process has ended. Knows no HTTP.
 */
import { type FileHandle, open, rm, writeFile } from 'node:fs/promises';
import {
  fileError,
  type LockOwner,
  RunLock,
  readSmallText,
  renamePatiently,
  toFileError,
  writeAt,
} from '../system/index.js';
import { DownloadError } from './download-error.js';

/** An address and a validator. */
const MAX_NOTE_BYTES = 64 * 1024;
/** A download of another machine in the same folder shows no sign of life for so long: it has ended, ms. */
const SILENT_MS = 30_000;
const CHECK_MS = 1_000;

interface Note {
  url: string;
  /** Strong validator (RFC 9110, 8.8.3) of what the bytes are of; null where the server gave none. */
  etag: string | null;
}

export class PartialFile {
  #note: Note | null = null;
  #checked = 0;

  readonly #part: string;
  readonly #handle: FileHandle;
  #size: number;
  readonly #lock: RunLock;

  private constructor(
    readonly path: string,
    part: string,
    handle: FileHandle,
    size: number,
    lock: RunLock,
  ) {
    this.#part = part;
    this.#handle = handle;
    this.#size = size;
    this.#lock = lock;
  }

  /** @throws FileError; DownloadError `DOWNLOAD_UNDER_WAY` if another process is downloading it */
  static async open(path: string): Promise<PartialFile> {
    const part = `${path}.part`;
    const held = (owner: LockOwner | null) => underWay(part, owner);
    const lock = await RunLock.take(`${part}.lock`, { held, silentMs: SILENT_MS });
    try {
      // 'a' would ignore positions, and 'r+' needs the file to exist.
      await (await open(part, 'a')).close();
      const handle = await open(part, 'r+');
      const { size } = await handle.stat();
      const partial = new PartialFile(path, part, handle, size, lock);
      partial.#note = await readNote(partial.#notePath);
      return partial;
    } catch (error) {
      await lock.release();
      throw fileError(part, error);
    }
  }

  get bytes(): number {
    return this.#size;
  }

  /** The validator that `url` gave for these bytes; null if it is not known. */
  etagFrom(url: string): string | null {
    return this.#note?.url === url ? this.#note.etag : null;
  }

  async describe(note: Note): Promise<void> {
    if (this.#note?.url === note.url && this.#note.etag === note.etag) return;
    this.#note = note;
    await writeFile(this.#notePath, JSON.stringify(note)).catch(toFileError(this.#notePath));
  }

  async append(bytes: Uint8Array): Promise<void> {
    // Each second, by a clock that goes on while the machine sleeps: a look may be slow on a shared disk.
    if (Math.abs(Date.now() - this.#checked) > CHECK_MS) this.#lock.check();
    this.#checked = Date.now();
    await writeAt(this.#handle, bytes, this.#size).catch(toFileError(this.#part));
    this.#size += bytes.byteLength;
  }

  async restart(): Promise<void> {
    await this.#handle.truncate(0);
    this.#size = 0;
  }

  /** Flushes to disk before the file is hashed and renamed. Returns its path. */
  async sync(): Promise<string> {
    await this.#handle.sync().catch(toFileError(this.#part));
    return this.#part;
  }

  async commit(): Promise<void> {
    await this.#handle.close();
    this.#lock.check();
    try {
      await renamePatiently(this.#part, this.path);
    } catch (error) {
      throw fileError(this.path, error);
    }
    await rm(this.#notePath, { force: true });
    await this.#lock.release();
  }

  /** Closes the file. Its bytes stay for the next try. Harmless after `commit`. */
  async close(): Promise<void> {
    await this.#handle.close().catch(() => {});
    await this.#lock.release();
  }

  /** Removes all files of the download, and the lock last: the next process makes files of the same names. */
  async discard(): Promise<void> {
    await this.#handle.close().catch(() => {});
    this.#lock.check();
    await rm(this.#part, { force: true });
    await rm(this.#notePath, { force: true });
    await this.#lock.release();
  }

  get #notePath(): string {
    return `${this.#part}.json`;
  }
}

function underWay(part: string, owner: LockOwner | null): DownloadError {
  const who = owner === null ? 'another process' : `process ${owner.pid} on ${owner.host}`;
  return new DownloadError('DOWNLOAD_UNDER_WAY', `${part}: ${who} is downloading this file`, {
    hint: 'Wait until it has ended and run this again: the file is there then.',
    mayRetry: true,
  });
}

/** Null where there is none, or none that can be read: then the hash alone tells whether the bytes were right. */
async function readNote(path: string): Promise<Note | null> {
  try {
    const note = JSON.parse(await readSmallText(path, MAX_NOTE_BYTES)) as Partial<Note> | null;
    if (typeof note?.url !== 'string') return null;
    return { url: note.url, etag: typeof note.etag === 'string' ? note.etag : null };
  } catch {
    return null;
  }
}
