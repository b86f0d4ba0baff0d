/** The records of a text file, one at a time: lines, or for csv lines with quoted line ends within. UTF-8. */
import type { RandomAccess } from '../../files/index.js';
import { DataError } from '../data-error.js';

const CHUNK_BYTES = 256 * 1024;
/** A vector of a million values takes about 13 MB as text. */
const MAX_RECORD_BYTES = 32 * 1024 * 1024;
const LINE_FEED = 0x0a;
const QUOTE = 0x22;

export interface TextRecord {
  /** Counted from 1, of the record's first line. */
  line: number;
  /** Without its line end. */
  text: string;
}

/**
 * @param quoted whether line ends between double quotes belong to the record
 * @throws DataError `TEXT_LINE_TOO_LONG`, `TEXT_NOT_UTF8`, `CSV_QUOTE`
 */
export async function* textRecords(file: RandomAccess, quoted: boolean): AsyncGenerator<TextRecord, void, undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let parts: Uint8Array[] = [];
  let bytes = 0;
  let line = 1;
  let lineEnds = 0;
  let inQuotes = false;

  const take = (last: Uint8Array): TextRecord => {
    const whole = parts.length === 0 ? last : Buffer.concat([...parts, last]);
    const record = { line, text: decoded(decoder, whole, `${file.path} line ${line}`) };
    parts = [];
    bytes = 0;
    line += lineEnds + 1;
    lineEnds = 0;
    return record;
  };

  for (let offset = 0; offset < file.size; offset += CHUNK_BYTES) {
    const chunk = await file.read(offset, Math.min(CHUNK_BYTES, file.size - offset));
    let begin = 0;
    for (let at = 0; at < chunk.byteLength; at++) {
      const byte = chunk[at];
      if (byte === QUOTE && quoted) {
        inQuotes = !inQuotes;
      } else if (byte === LINE_FEED && inQuotes) {
        lineEnds++;
      } else if (byte === LINE_FEED) {
        yield take(chunk.subarray(begin, at));
        begin = at + 1;
      }
    }
    bytes += chunk.byteLength - begin;
    if (bytes > MAX_RECORD_BYTES) throw tooLong(file.path, line, inQuotes);
    parts.push(chunk.subarray(begin));
  }
  if (inQuotes) {
    throw new DataError('CSV_QUOTE', `${file.path} line ${line}: a quote is opened and never closed`);
  }
  if (bytes > 0) yield take(new Uint8Array(0));
}

function decoded(decoder: InstanceType<typeof TextDecoder>, bytes: Uint8Array, place: string): string {
  const end = bytes.at(-1) === 0x0d ? bytes.byteLength - 1 : bytes.byteLength;
  try {
    return decoder.decode(bytes.subarray(0, end));
  } catch (error) {
    throw new DataError('TEXT_NOT_UTF8', `${place}: not UTF-8`, { cause: error });
  }
}

function tooLong(path: string, line: number, inQuotes: boolean): DataError {
  const most = MAX_RECORD_BYTES.toLocaleString('en');
  return new DataError('TEXT_LINE_TOO_LONG', `${path} line ${line}: more than ${most} bytes without an end`, {
    hint: inQuotes ? 'A quote is opened there and perhaps never closed.' : undefined,
  });
}
