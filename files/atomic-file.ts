/** An output file that appears whole or not at all. It is written under another name, synced, then renamed. */
import { closeSync, openSync } from 'node:fs';
import {
  access,
  constants,
  type FileHandle,
  lstat,
  open,
  readlink,
  realpath,
  rename,
  rm,
  stat,
} from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { FileError, fileError } from './file-error.js';
import { writeAt } from './random-access.js';
import { removeAbandoned, temporaryName, trackUnfinished, untrackUnfinished } from './unfinished.js';

/** Small writes are buffered up to this many bytes, so thousands of text rows take one system call. */
const BUFFER_BYTES = 256 * 1024;

export class AtomicFile {
  readonly #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #flushed = 0;
  #open = true;

  /** The file to replace: `path`, or the target of a link there. */
  readonly #target: string;
  readonly #temporary: string;
  readonly #handle: FileHandle;

  private constructor(
    readonly path: string,
    target: string,
    temporary: string,
    handle: FileHandle,
  ) {
    this.#target = target;
    this.#temporary = temporary;
    this.#handle = handle;
  }

  /**
   * Until `commit`, `path` does not change. The new file keeps the mode of the old one, unless one is given; a link
   * stays, and its target is replaced. @throws FileError if the folder is missing or read-only, or `path` is not a file
   */
  static async create(path: string, givenMode: number | null = null): Promise<AtomicFile> {
    const { target, mode: found } = await findTarget(path);
    const mode = givenMode ?? found;
    await removeAbandoned(target);
    const temporary = temporaryName(target);
    try {
      // Without a wait between the two: a signal there would leave the file behind.
      trackUnfinished(temporary);
      closeSync(openSync(temporary, 'wx'));
      const handle = await open(temporary, 'r+');
      if (mode !== null) await handle.chmod(mode);
      return new AtomicFile(path, target, temporary, handle);
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined);
      untrackUnfinished(temporary);
      throw fileError(path, error);
    }
  }

  get position(): number {
    return this.#flushed + this.#pendingBytes;
  }

  /** Appends the chunk. The caller must not change it afterwards. */
  async write(chunk: Uint8Array): Promise<void> {
    this.#pending.push(chunk);
    this.#pendingBytes += chunk.byteLength;
    if (this.#pendingBytes >= BUFFER_BYTES) await this.#flush();
  }

  /** Overwrites bytes written before, e.g. a row count that is known only at the end. */
  async patch(offset: number, bytes: Uint8Array): Promise<void> {
    await this.#flush();
    if (offset < 0 || offset + bytes.byteLength > this.#flushed) {
      throw new RangeError(`patch of ${bytes.byteLength} bytes at ${offset}, but ${this.#flushed} bytes are written`);
    }
    await writeAt(this.#handle, bytes, offset, this.path);
  }

  /**
   * Puts all that was written on the disk, still under another name: a disk that is full says so here. Whoever makes
   * several files finishes all of them before the first gets its name. The file is closed afterwards.
   */
  async finish(): Promise<void> {
    if (!this.#open) return;
    try {
      await this.#flush();
      await this.#handle.sync();
      await this.#close();
    } catch (error) {
      await this.discard();
      throw fileError(this.path, error);
    }
  }

  /** Gives the file its final name. The file is closed afterwards, even after an error. */
  async commit(): Promise<void> {
    await this.finish();
    try {
      await renamePatiently(this.#temporary, this.#target);
      untrackUnfinished(this.#temporary);
      // What a run that was killed has left was too young to be removed when this file was created.
      await removeAbandoned(this.#target);
    } catch (error) {
      await this.discard();
      throw fileError(this.path, error);
    }
  }

  /** Removes the temporary file. Has no effect after `commit`. */
  async discard(): Promise<void> {
    await this.#close();
    await rm(this.#temporary, { force: true });
    untrackUnfinished(this.#temporary);
  }

  async #close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.#handle.close();
  }

  async #flush(): Promise<void> {
    if (this.#pendingBytes === 0) return;
    const bytes =
      this.#pending.length === 1 ? (this.#pending[0] as Uint8Array) : Buffer.concat(this.#pending, this.#pendingBytes);
    this.#pending.length = 0;
    this.#pendingBytes = 0;
    await writeAt(this.#handle, bytes, this.#flushed, this.path);
    this.#flushed += bytes.byteLength;
  }
}

export async function writeFileAtomically<T>(
  path: string,
  fill: (file: AtomicFile) => Promise<T>,
  mode: number | null = null,
): Promise<T> {
  const file = await AtomicFile.create(path, mode);
  try {
    const result = await fill(file);
    await file.commit();
    return result;
  } catch (error) {
    await file.discard();
    throw error;
  }
}

interface OutputTarget {
  target: string;
  mode: number | null;
}

/** @throws FileError `FILE_IS_FOLDER`, `FILE_NOT_REGULAR` */
async function findTarget(path: string): Promise<OutputTarget> {
  const found = await stat(path).catch(() => null);
  if (found === null) return { target: await linkedTo(path), mode: null };
  if (found.isDirectory()) throw new FileError('FILE_IS_FOLDER', `${path}: is a folder, a file is needed`);
  if (!found.isFile()) {
    const message = `${path}: is a device or a pipe, which cannot be written whole or not at all`;
    throw new FileError('FILE_NOT_REGULAR', message);
  }
  return { target: await realpath(path), mode: found.mode & 0o7777 };
}

async function linkedTo(path: string): Promise<string> {
  const isLink = (await lstat(path).catch(() => null))?.isSymbolicLink() ?? false;
  return isLink ? resolve(dirname(path), await readlink(path)) : path;
}

/** @throws FileError `FILE_NOT_FOUND`, `FILE_NOT_PERMITTED`, `FILE_IS_FOLDER`, `FILE_NOT_REGULAR` */
export async function checkOutputPlace(path: string): Promise<void> {
  const { target } = await findTarget(path);
  const folder = dirname(resolve(target));
  try {
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw fileError(path, error);
    throw new FileError('FILE_NOT_FOUND', `${path}: there is no folder ${dirname(target)} to write it in`, {
      hint: 'Make the folder first.',
      cause: error,
    });
  }
}

/** On Windows, virus scanners and indexers hold new files for some milliseconds. */
const PAUSES_MS = [10, 30, 100, 300, 1_000];
const HELD: readonly unknown[] = ['EBUSY', 'EPERM', 'EACCES'];

export async function renamePatiently(
  from: string,
  to: string,
  { isHeld = process.platform === 'win32', move = rename } = {},
): Promise<void> {
  for (const wait of isHeld ? PAUSES_MS : []) {
    try {
      return await move(from, to);
    } catch (error) {
      if (!HELD.includes((error as NodeJS.ErrnoException).code)) throw error;
      await pause(wait);
    }
  }
  return move(from, to);
}
