import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { READ_AT_ONCE, refused } from '#platform';
import { fileError, tooLarge } from '../index.js';

/** Like `readSmallFile`, for the few callers that cannot wait. */
export function readSmallFileSync(path: string, most: number, what = 'such a file'): Buffer {
  try {
    const handle = openSync(path, READ_AT_ONCE);
    try {
      const stat = fstatSync(handle);
      if (!stat.isFile()) throw refused(stat, path);
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
