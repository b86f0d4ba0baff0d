/** What readers of archives and tables need of a file: bytes by offset, wherever the file is. */
import { FileError } from './file-error.js';

export interface RandomAccess {
  /** How messages name the file: its path, or its URL. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Another text when the file has changed: its size, and its time or its validator; null where nobody knows. */
  readonly stamp: string | null;
  /**
   * Reads exactly `length` bytes from `offset` into a new buffer.
   * @throws FileError `FILE_TRUNCATED` if the file ends too early
   */
  read(offset: number, length: number): Promise<Uint8Array>;
  /** Fills `bytes` from `offset`. @throws as `read` */
  readInto(bytes: Uint8Array, offset: number): Promise<void>;
  close(): Promise<void>;
}

/** `RandomAccess.read` by `readInto`. */
export async function readNew(file: Omit<RandomAccess, 'read'>, offset: number, length: number): Promise<Uint8Array> {
  checkRange(file, offset, length);
  const bytes = new Uint8Array(length);
  await file.readInto(bytes, offset);
  return bytes;
}

/**
 * Checked before memory is allocated, because a damaged file may promise any length.
 * @throws FileError `FILE_TRUNCATED`
 */
export function checkRange({ path, size }: Pick<RandomAccess, 'path' | 'size'>, offset: number, length: number): void {
  if (offset >= 0 && length >= 0 && offset + length <= size) return;
  throw new FileError(
    'FILE_TRUNCATED',
    `${path}: ${length.toLocaleString('en')} bytes wanted at offset ${offset.toLocaleString('en')}, ` +
      `the file has ${size.toLocaleString('en')}`,
  );
}
