/** The records of a text file, some at a time: lines, or for csv lines with quoted line ends within. UTF-8. */
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
 * Records of a part of the file, in batches. What is damaged is told when all before it has been given.
 * @param quoted whether line ends between double quotes belong to the record
 * @throws DataError `TEXT_LINE_TOO_LONG`, `TEXT_NOT_UTF8`, `CSV_QUOTE`
 */
export async function* textRecords(file: RandomAccess, quoted: boolean): AsyncGenerator<TextRecord[], void, undefined> {
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
    const records: TextRecord[] = [];
    let begin = 0;
    try {
      // To look for line ends alone is several times as fast as to look at each byte.
      const hasQuotes = quoted && (inQuotes || chunk.includes(QUOTE));
      const next = (at: number) => (hasQuotes ? at : lineEnd(chunk, at));
      for (let at = next(0); at < chunk.byteLength; at = next(at + 1)) {
        const byte = chunk[at];
        if (byte === QUOTE && quoted) {
          inQuotes = !inQuotes;
        } else if (byte === LINE_FEED && inQuotes) {
          lineEnds++;
        } else if (byte === LINE_FEED) {
          records.push(take(chunk.subarray(begin, at)));
          begin = at + 1;
        }
      }
    } catch (error) {
      if (records.length > 0) yield records;
      throw error;
    }
    if (records.length > 0) yield records;
    bytes += chunk.byteLength - begin;
    if (bytes > MAX_RECORD_BYTES) throw tooLong(file.path, line, inQuotes);
    parts.push(chunk.subarray(begin));
  }
  if (inQuotes) {
    throw new DataError('CSV_QUOTE', `${file.path} line ${line}: a quote is opened and never closed`);
  }
  if (bytes > 0) yield [take(new Uint8Array(0))];
}

/** The place of the next line feed, or the chunk's end. */
function lineEnd(chunk: Uint8Array, from: number): number {
  const at = chunk.indexOf(LINE_FEED, from);
  return at < 0 ? chunk.byteLength : at;
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
