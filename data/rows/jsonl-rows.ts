/** JSON lines: one object a line, as pandas writes with `orient="records", lines=True`, and polars with `write_ndjson`. */
import { shown } from '../../base/index.js';
import type { RandomAccess } from '../../files/index.js';
import { DataError } from '../data-error.js';
import { emptyTable, MAX_COLUMNS, type RowTable, rowBatches, SAMPLE_ROWS, tooManyColumns } from './row-table.js';
import { type TextRecord, textRecords } from './text-records.js';

/** Columns are the keys of the first 100 lines; later keys are ignored. @throws DataError `JSONL_SYNTAX`, `EVENTS_…` */
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
  return { columns: names, batches: () => readRows(file, names) };
}

function readRows(file: RandomAccess, columns: readonly string[]): ReturnType<RowTable['batches']> {
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
