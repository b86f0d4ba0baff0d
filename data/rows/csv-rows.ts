/** csv after RFC 4180: commas, double quotes, a header; lines may end in a line feed alone. */
import type { RandomAccess } from '../../files/index.js';
import { DataError } from '../data-error.js';
import { checkColumnsOnce, emptyTable, MAX_COLUMNS, type RowTable, rowBatches, tooManyColumns } from './row-table.js';
import { textRecords } from './text-records.js';

/** @throws DataError `EVENTS_EMPTY`, `EVENTS_TOO_MANY_COLUMNS`, `EVENTS_COLUMN_TWICE`, `CSV_QUOTE` */
export async function openCsvRows(file: RandomAccess): Promise<RowTable> {
  const columns = await readHeader(file);
  return { columns, batches: () => readRows(file, columns) };
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

function readRows(file: RandomAccess, columns: readonly string[]): ReturnType<RowTable['batches']> {
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

/**
 * The fields of one record; null for nothing between two commas, `''` for `""`.
 * @throws DataError `CSV_QUOTE`
 */
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
