/** Checks before it reads: pipes block readers for ever, devices have no end, and long files fill memory. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { FileError, fileError } from './file-error.js';
import { checkRegular, RandomAccessFile, READ_AT_ONCE } from './random-access.js';

/**
 * @param most bytes @param what describes the file in the message: `a profile`
 * @throws FileError `FILE_TOO_LARGE`, `FILE_NOT_REGULAR`, and errors of opening and reading
 */
export async function readSmallFile(path: string, most: number, what = 'such a file'): Promise<Buffer> {
  const file = await RandomAccessFile.open(path);
  try {
    if (file.size > most) throw tooLarge(path, file.size, most, what);
    const bytes = Buffer.alloc(file.size);
    await file.readInto(bytes, 0);
    return bytes;
  } finally {
    await file.close();
  }
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

/** Brackets, and strings with the colon that makes them names. */
const TOKENS = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\]]/gs;

/** A name that one object of a JSON text has twice: `JSON.parse` silently keeps the last. Null if there is none. @param text valid JSON */
export function repeatedName(text: string): string | null {
  const open: Set<string>[] = [];
  for (const [token, colon = ''] of text.matchAll(TOKENS)) {
    if (token === '{' || token === '[') open.push(new Set());
    else if (token === '}' || token === ']') open.pop();
    else if (colon !== '') {
      const name = JSON.parse(token.slice(0, -colon.length)) as string;
      const names = open.at(-1);
      if (names?.has(name)) return name;
      names?.add(name);
    }
  }
  return null;
}
