/** JSON lines: one object a line, as pandas writes with `orient="records", lines=True`, and polars with `write_ndjson`. */
import { shown } from '../../errors/index.js';
import type { RandomAccess } from '../../files/index.js';
import { DataError } from '../data-error.js';
import { MAX_COLUMNS, tooManyColumns } from './column-names.js';
import { emptyTable, type RowTable, SAMPLE_ROWS, TEXT_TABLE } from './row-table.js';
import { textRecords } from './text-records.js';

/** Columns are the keys of the first 100 lines; later keys are ignored. @throws DataError `JSONL_SYNTAX`, `EVENTS_…` */
export async function openJsonlRows(file: RandomAccess): Promise<RowTable> {
  const columns = new Set<string>();
  let seen = 0;
  for await (const { object } of objects(file)) {
    for (const key of Object.keys(object)) columns.add(key);
    if (columns.size > MAX_COLUMNS) throw tooManyColumns(file.path, columns.size);
    if (++seen === SAMPLE_ROWS) break;
  }
  if (seen === 0) throw emptyTable(file.path);
  const names = [...columns];
  return { ...TEXT_TABLE, columns: names, rows: () => readRows(file, names) };
}

async function* readRows(file: RandomAccess, columns: readonly string[]): ReturnType<RowTable['rows']> {
  for await (const { line, object } of objects(file)) {
    yield { line, values: columns.map((name) => (Object.hasOwn(object, name) ? object[name] : null)) };
  }
}

async function* objects(file: RandomAccess): AsyncGenerator<{ line: number; object: Record<string, unknown> }> {
  for await (const { line, text } of textRecords(file, false)) {
    if (text.trim() === '') continue;
    const place = `${file.path} line ${line.toLocaleString('en')}`;
    let object: unknown;
    try {
      object = JSON.parse(text);
    } catch (error) {
      throw new DataError('JSONL_SYNTAX', `${place}: no JSON: ${shown((error as Error).message.slice(0, 120))}`, {
        cause: error,
      });
    }
    if (typeof object !== 'object' || object === null || Array.isArray(object)) {
      throw new DataError('JSONL_SYNTAX', `${place}: no object, but ${shown(text.slice(0, 40))}`, {
        hint: 'Each line needs to be an object of its own, as pandas writes with orient="records", lines=True.',
      });
    }
    yield { line, object: object as Record<string, unknown> };
  }
}
