import { concat } from '#platform';
import { shown } from '../../base/index.js';
import type { RandomAccess } from '../../files/index.js';
import { DataError } from '../data-error.js';
import {
  checkColumnsOnce,
  emptyTable,
  MAX_COLUMNS,
  type RowTable,
  rowBatches,
  SAMPLE_ROWS,
  tooManyColumns,
} from './row-table.js';

/**
 * After RFC 4180; lines may end in a line feed alone.
 * @throws DataError `EVENTS_EMPTY`, `EVENTS_TOO_MANY_COLUMNS`, `EVENTS_COLUMN_TWICE`, `CSV_QUOTE`
 */
export async function openCsvRows(file: RandomAccess): Promise<RowTable> {
  const columns = await readHeader(file);
  return { columns, batches: () => readCsvRows(file, columns) };
}

async function readHeader(file: RandomAccess): Promise<string[]> {
  for await (const records of textRecords(file, true)) {
    const header = records.find(({ text }) => text.trim() !== '');
    if (header === undefined) continue;
    const names = splitCsv(header.text, () => `${file.path} line ${header.line}`).map((name) => name ?? '');
    if (names.length > MAX_COLUMNS) throw tooManyColumns(file.path, names.length);
    checkColumnsOnce(file.path, names);
    return names;
  }
  throw emptyTable(file.path);
}

function readCsvRows(file: RandomAccess, columns: readonly string[]): ReturnType<RowTable['batches']> {
  let header = true;
  return rowBatches(textRecords(file, true), ({ line, text }) => {
    if (text.trim() === '') return null;
    if (header) {
      header = false;
      return null;
    }
    const place = () => `${file.path} line ${line.toLocaleString('en')}`;
    const values = splitCsv(text, place);
    if (values.length !== columns.length) {
      throw new DataError('CSV_FIELDS', `${place()}: ${values.length} fields, the header has ${columns.length}`);
    }
    return { line, values };
  });
}

/** The fields of one record; null for nothing between two commas, `''` for `""`. @throws DataError `CSV_QUOTE` */
function splitCsv(record: string, place: () => string): (string | null)[] {
  if (!record.includes('"')) return record.split(',').map((field) => (field === '' ? null : field));
  const fields: (string | null)[] = [];
  let at = 0;
  for (;;) {
    if (record[at] === '"') {
      const end = closingQuote(record, at, place);
      fields.push(record.slice(at + 1, end).replaceAll('""', '"'));
      at = end + 1;
    } else {
      const comma = record.indexOf(',', at);
      const end = comma < 0 ? record.length : comma;
      fields.push(end === at ? null : record.slice(at, end));
      at = end;
    }
    if (at === record.length) return fields;
    if (record[at] !== ',') {
      throw new DataError('CSV_QUOTE', `${place()}: field ${fields.length} goes on behind its closing quote`);
    }
    at++;
  }
}

function closingQuote(record: string, opening: number, place: () => string): number {
  let at = record.indexOf('"', opening + 1);
  while (at >= 0 && record[at + 1] === '"') at = record.indexOf('"', at + 2);
  if (at < 0) throw new DataError('CSV_QUOTE', `${place()}: a quote is opened and never closed`);
  return at;
}

/**
 * One object a line, as pandas writes with `orient="records", lines=True`, and polars with `write_ndjson`. Columns are
 * the keys of the first 100 lines; later keys are ignored. @throws DataError `JSONL_SYNTAX`, `EVENTS_…`
 */
export async function openJsonlRows(file: RandomAccess): Promise<RowTable> {
  const columns = new Set<string>();
  let seen = 0;
  sample: for await (const records of textRecords(file, false)) {
    for (const record of records) {
      const object = objectOf(file, record);
      if (object === null) continue;
      for (const key of Object.keys(object)) columns.add(key);
      if (columns.size > MAX_COLUMNS) throw tooManyColumns(file.path, columns.size);
      if (++seen === SAMPLE_ROWS) break sample;
    }
  }
  if (seen === 0) throw emptyTable(file.path);
  const names = [...columns];
  return { columns: names, batches: () => readJsonlRows(file, names) };
}

function readJsonlRows(file: RandomAccess, columns: readonly string[]): ReturnType<RowTable['batches']> {
  return rowBatches(textRecords(file, false), (record) => {
    const object = objectOf(file, record);
    if (object === null) return null;
    const values = columns.map((name) => (Object.hasOwn(object, name) ? object[name] : null));
    return { line: record.line, values };
  });
}

/** Null for an empty line. @throws DataError `JSONL_SYNTAX` */
function objectOf({ path }: RandomAccess, { line, text }: TextRecord): Record<string, unknown> | null {
  if (text.trim() === '') return null;
  const place = () => `${path} line ${line.toLocaleString('en')}`;
  let object: unknown;
  try {
    object = JSON.parse(text);
  } catch (error) {
    throw new DataError('JSONL_SYNTAX', `${place()}: no JSON: ${shown((error as Error).message.slice(0, 120))}`, {
      cause: error,
    });
  }
  if (typeof object === 'object' && object !== null && !Array.isArray(object)) return object as Record<string, unknown>;
  throw new DataError('JSONL_SYNTAX', `${place()}: no object, but ${shown(text.slice(0, 40))}`, {
    hint: 'Each line needs to be an object of its own, as pandas writes with orient="records", lines=True.',
  });
}

const CHUNK_BYTES = 256 * 1024;
/** A vector of a million values takes about 13 MB as text. */
const MAX_RECORD_BYTES = 32 * 1024 * 1024;
const LINE_FEED = 0x0a;
const QUOTE = 0x22;

interface TextRecord {
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
async function* textRecords(file: RandomAccess, quoted: boolean): AsyncGenerator<TextRecord[], void, undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let parts: Uint8Array[] = [];
  let bytes = 0;
  let line = 1;
  let lineEnds = 0;
  let inQuotes = false;

  const take = (last: Uint8Array): TextRecord => {
    const whole = parts.length === 0 ? last : concat([...parts, last]);
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
