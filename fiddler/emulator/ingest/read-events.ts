/** Events from an uploaded file or from the body of a request, checked against the model they are for. */
import { randomUUID } from 'node:crypto';
import { openTable, type TableFormat } from 'image-drift/data';
import { badRequest } from '../http/envelope.js';
import type { Column } from '../model/model-body.js';
import { type EventRow, isMissing, millisecondsOf, scalarOf, textOf, vectorOf } from '../model/values.js';
import type { Model } from '../store/tables.js';

/** All rows of a job are in memory before they are stored at once; two million of the quickstart's take about 3 GB. */
const MAX_ROWS_A_FILE = 2_000_000;

/** What was odd and was taken all the same, as Fiddler takes it. */
interface Oddities {
  /** Values that are not of their column's type: stored as missing. */
  type_violations: number;
  /** Vectors of another length, unknown categories, numbers beyond min and max: stored. */
  range_violations: number;
  missing_values: number;
}

interface ReadEvents {
  events: EventRow[];
  oddities: Oddities;
}

/** @throws ApiFailure 400 naming the first row whose time or event id cannot be read */
export function eventsOfRows(model: Model, rows: readonly Record<string, unknown>[], now: number): ReadEvents {
  const reader = new EventReader(model, now);
  return { events: rows.map((row) => reader.read(cellsOf(row))), oddities: reader.oddities };
}

/** @throws ApiFailure as above; DataError where the file is damaged */
export async function eventsOfFile(model: Model, path: string, format: TableFormat, now: number): Promise<ReadEvents> {
  const reader = new EventReader(model, now);
  const events: EventRow[] = [];
  for await (const row of rowsOfFile(path, format)) events.push(reader.read(row));
  return { events, oddities: reader.oddities };
}

/** Each row as a look-up by column name. @throws ApiFailure 400 beyond `MAX_ROWS_A_FILE`; DataError */
export async function* rowsOfFile(
  path: string,
  format: TableFormat,
): AsyncGenerator<(name: string) => unknown, void, undefined> {
  const table = await openTable(path, format);
  let read = 0;
  try {
    for await (const { rows, columns } of table.batches()) {
      read += rows;
      if (read > MAX_ROWS_A_FILE) throw badRequest(`The file has more than ${MAX_ROWS_A_FILE} rows`);
      for (let row = 0; row < rows; row++) yield (name) => columns.get(name)?.[row];
    }
  } finally {
    await table.close();
  }
}

/** A column may be called like something that every object has. */
export function cellsOf(row: Record<string, unknown>): (name: string) => unknown {
  return (name) => (Object.hasOwn(row, name) ? row[name] : undefined);
}

class EventReader {
  readonly oddities: Oddities = { type_violations: 0, range_violations: 0, missing_values: 0 };
  readonly #columns: readonly Column[];
  readonly #model: Model;
  readonly #now: number;
  #rows = 0;

  constructor(model: Model, now: number) {
    this.#model = model;
    this.#now = now;
    this.#columns = model.schema.columns.filter(({ name }) => name !== model.event_ts_col);
  }

  read(cell: (name: string) => unknown): EventRow {
    const event: EventRow = { eventId: this.#eventId(cell), time: this.#time(cell), fields: {}, vectors: new Map() };
    for (const column of this.#columns) this.#take(event, column, cell(column.name));
    this.#rows++;
    return event;
  }

  #eventId(cell: (name: string) => unknown): string {
    const { event_id_col: column } = this.#model;
    if (column === null) return randomUUID();
    const value = cell(column);
    if (isMissing(value)) throw badRequest(`Row ${this.#rows}: no value in the event id column ${column}`);
    return textOf(value) as string;
  }

  /** An event without a time happened now. */
  #time(cell: (name: string) => unknown): number {
    const { event_ts_col: column } = this.#model;
    const value = column === null ? null : cell(column);
    if (isMissing(value)) return this.#now;
    const time = millisecondsOf(value);
    if (time !== null) return time;
    throw badRequest(`Row ${this.#rows}: ${String(value).slice(0, 40)} in column ${column} is not a time`);
  }

  #take(event: EventRow, column: Column, value: unknown): void {
    const { name, data_type, n_dimensions } = column;
    if (isMissing(value)) {
      this.oddities.missing_values++;
      return;
    }
    const found = data_type === 'vector' ? vectorOf(value) : scalarOf(column, value);
    if (found === null) {
      this.oddities.type_violations++;
      return;
    }
    if (found instanceof Float32Array) event.vectors.set(name, found);
    else event.fields[name] = found;
    const isOdd =
      found instanceof Float32Array ? found.length !== (n_dimensions ?? found.length) : isOutOfRange(column, found);
    if (isOdd) this.oddities.range_violations++;
  }
}

function isOutOfRange({ min, max, categories }: Column, value: string | number | boolean): boolean {
  if (typeof value === 'number' && !categories) return value < (min ?? value) || value > (max ?? value);
  return categories ? !categories.includes(value) : false;
}

/** @throws ApiFailure 400 for a file without rows; DataError where it is damaged */
export async function readSample(path: string, format: TableFormat, most: number): Promise<Map<string, unknown[]>> {
  const table = await openTable(path, format);
  try {
    const sample = new Map<string, unknown[]>(table.columns.map((name) => [name, []]));
    let read = 0;
    for await (const { rows, columns } of table.batches()) {
      const wanted = Math.min(rows, most - read);
      for (const [name, values] of columns) sample.get(name)?.push(...values.slice(0, wanted));
      read += wanted;
      if (read === most) break;
    }
    if (read === 0) throw badRequest('The file has no rows');
    return sample;
  } finally {
    await table.close();
  }
}
