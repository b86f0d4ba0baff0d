/**
 * Reads a small file whole. The file is opened, checked, and only then read: a pipe would block its reader for ever, a
 * device has no end, and a long file would fill memory before its length is known.
 */
import fs, { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { promisify } from 'node:util';
import { FileError, fileError } from './file-error.js';
import { checkRegular, READ_AT_ONCE } from './regular-file.js';

const open = promisify(fs.open);
const read = promisify(fs.read);

/**
 * @param most largest size, bytes; the constant's comment gives the reason
 * @param what describes the file in the message: `a profile`
 * @throws FileError `FILE_TOO_LARGE`, `FILE_NOT_REGULAR`, and errors of opening and reading
 */
export async function readSmallFile(path: string, most: number, what = 'such a file'): Promise<Buffer> {
  try {
    const handle = await open(path, READ_AT_ONCE);
    // Only opening and reading may wait for a disk. What is at hand takes longer where another thread is asked for it, and
    // takes a core from an engine.
    try {
      const stat = fstatSync(handle);
      checkRegular(path, stat);
      if (stat.size > most) throw tooLarge(path, stat.size, most, what);
      return await readWhole(handle, path, stat.size);
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    throw fileError(path, error);
  }
}

async function readWhole(handle: number, path: string, size: number): Promise<Buffer> {
  const bytes = Buffer.alloc(size);
  for (let done = 0; done < size; ) {
    const { bytesRead } = await read(handle, bytes, done, size - done, done);
    if (bytesRead === 0) throw new FileError('FILE_TRUNCATED', `${path}: shrank while it was being read`);
    done += bytesRead;
  }
  return bytes;
}

/** Like `readSmallFile`, for the few callers that cannot wait. */
export function readSmallFileSync(path: string, most: number, what = 'such a file'): Buffer {
  try {
    const handle = openSync(path, READ_AT_ONCE);
    try {
      const stat = fstatSync(handle);
      checkRegular(path, stat);
      if (stat.size > most) throw tooLarge(path, stat.size, most, what);
      return readAll(handle, stat.size);
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    throw fileError(path, error);
  }
}

function readAll(handle: number, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  let done = 0;
  while (done < size) {
    const read = readSync(handle, bytes, done, size - done, done);
    if (read === 0) break;
    done += read;
  }
  return bytes.subarray(0, done);
}

function tooLarge(path: string, size: number, most: number, what: string): FileError {
  const [found, limit] = [size.toLocaleString('en'), most.toLocaleString('en')];
  return new FileError('FILE_TOO_LARGE', `${path}: ${found} bytes, ${what} has at most ${limit}`);
}
