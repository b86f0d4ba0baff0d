/** Checks before it reads: pipes block readers for ever, devices have no end, and long files fill memory. */
import { readNow, utf8 } from '#platform';
import { FileError, fileError } from './file-error.js';
import { RandomAccessFile } from './random-access.js';

/**
 * @param most bytes @param what describes the file in the message: `a profile`
 * @throws FileError `FILE_TOO_LARGE`, `FILE_NOT_REGULAR`, and errors of opening and reading
 */
export async function readSmallFile(path: string, most: number, what = 'such a file'): Promise<Uint8Array> {
  const file = await RandomAccessFile.open(path);
  try {
    if (file.size > most) throw tooLarge(path, file.size, most, what);
    return await file.read(0, file.size);
  } finally {
    await file.close();
  }
}

/** As `readSmallFile`, of UTF-8. */
export async function readSmallText(path: string, most: number, what?: string): Promise<string> {
  return utf8(await readSmallFile(path, most, what));
}

/** As \`readSmallText\`, for those who cannot wait. */
export function readSmallTextNow(path: string, most: number, what = 'such a file'): string {
  try {
    return readNow(path, most);
  } catch (error) {
    if (error instanceof RangeError && 'size' in error) throw tooLarge(path, error.size as number, most, what);
    throw fileError(path, error);
  }
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
