/** What readers of archives and tables need of a file: bytes by offset, wherever the file is. */
import { type Entry, entryAt, type OpenFile, openFile, type Sha256, sha256 } from '#platform';
import { FileError, toFileError } from './file-error.js';

export interface RandomAccess {
  /** How messages name the file: its path, or its URL. */
  readonly path: string;
  readonly size: number;
  /** Another text when the file has changed: its size, and its time or its validator; null where nobody knows. */
  readonly stamp: string | null;
  /** A new buffer of exactly `length` bytes. @throws FileError `FILE_TRUNCATED` if the file ends too early */
  read(offset: number, length: number): Promise<Uint8Array>;
  /** Fills `bytes` from `offset`. @throws as `read` */
  readInto(bytes: Uint8Array, offset: number): Promise<void>;
  close(): Promise<void>;
}

export async function readNew(file: Omit<RandomAccess, 'read'>, offset: number, length: number): Promise<Uint8Array> {
  checkRange(file, offset, length);
  const bytes = new Uint8Array(length);
  await file.readInto(bytes, offset);
  return bytes;
}

/** Checks before memory is allocated, as a damaged file may promise any length. @throws FileError `FILE_TRUNCATED` */
export function checkRange({ path, size }: Pick<RandomAccess, 'path' | 'size'>, offset: number, length: number): void {
  if (offset >= 0 && length >= 0 && offset + length <= size) return;
  throw new FileError(
    'FILE_TRUNCATED',
    `${path}: ${length.toLocaleString('en')} bytes wanted at offset ${offset.toLocaleString('en')}, ` +
      `the file has ${size.toLocaleString('en')}`,
  );
}

/** Whether anything has this name: a file, a folder, or a link to one. One that this user cannot see counts as absent. */
export async function isThere(path: string): Promise<boolean> {
  return (await entryAt(path)) !== null;
}

export class RandomAccessFile implements RandomAccess {
  /** Size in bytes when the file was opened. */
  readonly size: number;
  readonly #file: OpenFile;

  /** @param path how messages name the file */
  constructor(
    file: OpenFile,
    readonly path: string,
    readonly stamp: string | null,
  ) {
    this.size = file.size;
    this.#file = file;
  }

  /**
   * @param name how messages name the file @param stamp that of the file that this is a copy of
   * @throws FileError if the path is missing, unreadable or not a regular file
   */
  static async open(path: string, name = path, stamp?: string | null): Promise<RandomAccessFile> {
    const file = await openFile(path).catch(toFileError(path));
    return new RandomAccessFile(file, name, stamp === undefined ? stampOf(file) : stamp);
  }

  read(offset: number, length: number): Promise<Uint8Array> {
    return readNew(this, offset, length);
  }

  async readInto(bytes: Uint8Array, offset: number): Promise<void> {
    const length = bytes.byteLength;
    checkRange(this, offset, length);
    for (let done = 0; done < length; ) {
      const rest = done === 0 ? bytes : bytes.subarray(done);
      const read = await this.#file.read(rest, offset + done).catch(toFileError(this.path));
      if (read === 0) throw new FileError('FILE_TRUNCATED', `${this.path}: shrank while it was being read`);
      done += read;
    }
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

export function stampOf({ size, mtimeMs }: Pick<Entry, 'size' | 'mtimeMs'>): string {
  return `${size} bytes, ${mtimeMs}`;
}

/** A stamp for people, with the time as ISO 8601. Versions that a server names are as they are. */
export function stampText(stamp: string | null): string {
  const [, bytes, milliseconds, fraction = ''] = /^(\d+) bytes, (-?\d+)(?:\.(\d+))?$/.exec(stamp ?? '') ?? [];
  const time = new Date(Number(milliseconds));
  if (bytes === undefined || Number.isNaN(time.getTime())) return String(stamp);
  // Two times may differ by less than a millisecond.
  return `${Number(bytes).toLocaleString('en')} bytes of ${time.toISOString().replace('Z', `${fraction}Z`)}`;
}

const CHUNK_BYTES = 4 * 2 ** 20;

/** Adds all bytes of a file to a hash. @returns the hash @throws as `file.read` */
export async function addToHash<T extends Pick<Sha256, 'update'>>(hash: T, file: RandomAccess): Promise<T> {
  for (let at = 0; at < file.size; at += CHUNK_BYTES) {
    hash.update(await file.read(at, Math.min(CHUNK_BYTES, file.size - at)));
  }
  return hash;
}

/** In hexadecimal. @throws FileError */
export async function sha256OfFile(path: string): Promise<string> {
  const file = await RandomAccessFile.open(path);
  try {
    return (await addToHash(sha256(), file)).digest('hex');
  } finally {
    await file.close();
  }
}
