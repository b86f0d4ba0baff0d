/** An output file that appears under its name whole or not at all: written beside it, synced, then renamed. */
import { type FileHandle, open, rm } from 'node:fs/promises';
import { fileError } from './file-error.js';
import { findTarget } from './output-target.js';
import { renamePatiently } from './rename.js';
import { removeAbandoned, temporaryName, trackUnfinished, untrackUnfinished } from './unfinished.js';

/** Small writes are gathered up to this many bytes: one system call for thousands of text rows. */
const BUFFER_BYTES = 256 * 1024;

export class AtomicFile {
  private readonly pending: Uint8Array[] = [];
  private pendingBytes = 0;
  private flushed = 0;
  private open = true;

  private constructor(
    readonly path: string,
    /** Where it goes: `path`, or what that links to. */
    private readonly target: string,
    private readonly temporary: string,
    private readonly handle: FileHandle,
  ) {}

  /**
   * Nothing is under `path` (or what was there stays) until `commit`. A file that is replaced gives its mode to the new
   * one, and a link stays a link: what it points to is replaced.
   * @throws FileError when the folder is missing or not writable, or when `path` is something other than a file
   */
  static async create(path: string): Promise<AtomicFile> {
    const { target, mode } = await findTarget(path);
    await removeAbandoned(target);
    const temporary = temporaryName(target);
    try {
      const handle = await open(temporary, 'wx');
      trackUnfinished(temporary);
      if (mode !== null) await handle.chmod(mode);
      return new AtomicFile(path, target, temporary, handle);
    } catch (error) {
      throw fileError(path, error);
    }
  }

  /** Bytes written so far, the offset at which the next chunk begins. */
  get position(): number {
    return this.flushed + this.pendingBytes;
  }

  /** Appends; the chunk must not be changed afterwards. */
  async write(chunk: Uint8Array): Promise<void> {
    this.pending.push(chunk);
    this.pendingBytes += chunk.byteLength;
    if (this.pendingBytes >= BUFFER_BYTES) await this.flush();
  }

  /** Overwrites bytes that were written before, e.g. a row count that is known only at the end. */
  async patch(offset: number, bytes: Uint8Array): Promise<void> {
    await this.flush();
    if (offset < 0 || offset + bytes.byteLength > this.flushed) {
      throw new RangeError(`patch of ${bytes.byteLength} bytes at ${offset}, but ${this.flushed} bytes are written`);
    }
    await this.writeAt(bytes, offset);
  }

  /** Gives the file its name. After this, or after an error in it, the file is closed. */
  async commit(): Promise<void> {
    try {
      await this.flush();
      await this.handle.sync();
      await this.close();
      await renamePatiently(this.temporary, this.target);
      untrackUnfinished(this.temporary);
    } catch (error) {
      await this.discard();
      throw fileError(this.path, error);
    }
  }

  /** Leaves nothing behind; harmless after `commit`. */
  async discard(): Promise<void> {
    await this.close();
    await rm(this.temporary, { force: true });
    untrackUnfinished(this.temporary);
  }

  private async close(): Promise<void> {
    if (!this.open) return;
    this.open = false;
    await this.handle.close();
  }

  private async flush(): Promise<void> {
    if (this.pendingBytes === 0) return;
    const bytes =
      this.pending.length === 1 ? (this.pending[0] as Uint8Array) : Buffer.concat(this.pending, this.pendingBytes);
    this.pending.length = 0;
    this.pendingBytes = 0;
    await this.writeAt(bytes, this.flushed);
    this.flushed += bytes.byteLength;
  }

  private async writeAt(bytes: Uint8Array, offset: number): Promise<void> {
    try {
      let done = 0;
      while (done < bytes.byteLength) {
        const { bytesWritten } = await this.handle.write(bytes, done, bytes.byteLength - done, offset + done);
        done += bytesWritten;
      }
    } catch (error) {
      throw fileError(this.path, error);
    }
  }
}

/** Creates `path` from what `fill` writes; on any error there is no file, or the old one. */
export async function writeFileAtomically<T>(path: string, fill: (file: AtomicFile) => Promise<T>): Promise<T> {
  const file = await AtomicFile.create(path);
  try {
    const result = await fill(file);
    await file.commit();
    return result;
  } catch (error) {
    await file.discard();
    throw error;
  }
}
