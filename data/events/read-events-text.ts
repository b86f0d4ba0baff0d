/** Events from csv and jsonl, row by row: which columns are what, and the values of each row checked and converted. */
import { RandomAccessFile } from '../../files/index.js';
import { DataError } from '../data-error.js';
import type { EventBatch, EventTableSchema } from '../event.js';
import { openCsvRows } from './csv-rows.js';
import { parseDecimal } from './decimal.js';
import {
  EMBEDDINGS,
  EVENT_ID,
  IMAGE_URL,
  isReservedColumn,
  MAX_DIMENSIONS,
  type OptionalEventColumn,
  statisticColumn,
  statisticsAmong,
  TARGET,
  TIMESTAMP,
} from './event-columns.js';
import {
  type BatchOptions,
  checkClassColumns,
  type EventSource,
  noEmbeddings,
  type OpenEventsOptions,
} from './event-source.js';
import { asScore, asText, asTimestamp, batchRows, described, nulls, type Place } from './event-values.js';
import { openJsonlRows } from './jsonl-rows.js';
import { emptyTable, type RowTable, SAMPLE_ROWS, type TableRow } from './row-table.js';
import { NotAVector, parseVectorText } from './vector-text.js';

export function openCsvEvents(path: string, options: OpenEventsOptions): Promise<EventSource> {
  return openTextEvents(path, openCsvRows, options);
}

export function openJsonlEvents(path: string, options: OpenEventsOptions): Promise<EventSource> {
  return openTextEvents(path, openJsonlRows, options);
}

async function openTextEvents(
  path: string,
  openRows: (file: RandomAccessFile) => Promise<RowTable>,
  options: OpenEventsOptions,
): Promise<EventSource> {
  const file = await RandomAccessFile.open(path);
  try {
    const table = await openRows(file);
    const schema = await readSchema(path, table, options);
    return {
      path,
      schema,
      rows: null,
      batches: (wanted) => readBatches(path, table, schema, wanted),
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function readSchema(path: string, table: RowTable, options: OpenEventsOptions): Promise<EventTableSchema> {
  const { columns } = table;
  const embeddings = columns.indexOf(EMBEDDINGS);
  if (embeddings < 0) throw noEmbeddings(path, columns);
  const sample: TableRow[] = [];
  for await (const row of table.rows()) {
    if (sample.push(row) === SAMPLE_ROWS) break;
  }
  const [first] = sample;
  if (first === undefined) throw emptyTable(path);
  const dimensions = vector(first.values[embeddings], () => placeOf(path, first)).length;
  if (dimensions === 0)
    throw new DataError('EVENTS_VECTOR_NULL', `${placeOf(path, first)}: ${EMBEDDINGS} has no values`);
  if (dimensions > MAX_DIMENSIONS) {
    const most = MAX_DIMENSIONS.toLocaleString('en');
    throw new DataError('EVENTS_DIMENSIONS', `${placeOf(path, first)}: ${EMBEDDINGS} has more than ${most} values`);
  }
  const classes = options.classes ?? columns.filter((name, index) => !isReservedColumn(name) && isFloat(sample, index));
  checkClassColumns(path, classes, columns);
  return {
    dimensions,
    classes: [...classes],
    tap: null,
    weightsSha256: null,
    hasTargets: columns.includes(TARGET),
    hasImageUrls: columns.includes(IMAGE_URL),
    hasTimestamps: columns.includes(TIMESTAMP),
    hasEventIds: columns.includes(EVENT_ID),
    statistics: statisticsAmong(columns.filter((_, index) => isNumeric(sample, index))),
    images: null,
    extraTaps: new Map(),
  };
}

/** Whole numbers are counts or row numbers, except where all are 0 or 1: a network that is sure of itself. */
function isFloat(sample: readonly TableRow[], column: number): boolean {
  const numbers = numbersIn(sample, column);
  if (numbers === null || numbers.length === 0) return false;
  return !numbers.every(Number.isInteger) || numbers.every((value) => value === 0 || value === 1);
}

/** Null for text that is not a number; NaN has a spelling of its own. */
function textNumber(text: string): number | null {
  const value = parseDecimal(text);
  return Number.isNaN(value) ? null : value;
}

/** True also where nothing is known yet. */
function isNumeric(sample: readonly TableRow[], column: number): boolean {
  return numbersIn(sample, column) !== null;
}

/** The column's values without its gaps; null when one of them is not a number. */
function numbersIn(sample: readonly TableRow[], column: number): number[] | null {
  const values = sample.map(({ values }) => values[column]).filter((value) => value !== null && value !== '');
  const numbers = values.map((value) => (typeof value === 'string' ? textNumber(value) : value));
  const areNumbers = numbers.every((value) => typeof value === 'number' && !Number.isNaN(value));
  return areNumbers ? (numbers as number[]) : null;
}

async function* readBatches(
  path: string,
  table: RowTable,
  schema: EventTableSchema,
  options: BatchOptions = {},
): AsyncGenerator<EventBatch, void, undefined> {
  const size = batchRows(schema.dimensions + schema.classes.length);
  const toBatch = batchMaker(path, table.columns, schema, options);
  let rows: TableRow[] = [];
  for await (const row of table.rows()) {
    if (rows.push(row) === size) {
      yield toBatch(rows);
      rows = [];
    }
  }
  if (rows.length > 0) yield toBatch(rows);
}

function batchMaker(
  path: string,
  columns: readonly string[],
  schema: EventTableSchema,
  options: BatchOptions,
): (rows: readonly TableRow[]) => EventBatch {
  const wants = (column: OptionalEventColumn) => options.columns?.includes(column) ?? true;
  const places = new Map(columns.map((name, index) => [name, index]));
  const embeddings = places.get(EMBEDDINGS) ?? -1;
  const statistics = wants('statistics') ? schema.statistics : [];
  const classes = wants('scores') ? schema.classes.map((name) => places.get(name) ?? -1) : [];

  const column = <T>(
    rows: readonly TableRow[],
    name: string,
    wanted: OptionalEventColumn,
    as: (value: unknown, place: Place) => T,
  ): (T | null)[] => {
    const index = places.get(name);
    if (index === undefined || !wants(wanted)) return nulls(rows.length);
    return rows.map((row) => as(row.values[index], () => `${placeOf(path, row)} column ${name}`));
  };

  return (rows) => ({
    rows: rows.length,
    embeddings: matrix(path, rows, embeddings, schema.dimensions),
    scores: classes.length > 0 ? scoreMatrix(path, rows, classes, schema.classes) : null,
    targets: column(rows, TARGET, 'targets', asText),
    imageUrls: column(rows, IMAGE_URL, 'imageUrls', asText),
    timestamps: column(rows, TIMESTAMP, 'timestamps', asTimestamp),
    eventIds: column(rows, EVENT_ID, 'eventIds', asText),
    statistics: new Map(
      statistics.map((name) => {
        const values = column(rows, statisticColumn(name), 'statistics', asScore);
        return [name, Float32Array.from(values, Number)];
      }),
    ),
    extraTaps: new Map(),
  });
}

function matrix(path: string, rows: readonly TableRow[], column: number, dimensions: number): Float32Array {
  const values = new Float32Array(rows.length * dimensions);
  for (const [index, row] of rows.entries()) {
    const place = () => placeOf(path, row);
    const entries = vector(row.values[column], place);
    if (entries.length !== dimensions) {
      throw new DataError(
        'EVENTS_VECTOR_LENGTH',
        `${place()}: ${EMBEDDINGS} is a vector of ${entries.length} values, the others have ${dimensions}`,
      );
    }
    values.set(entries, index * dimensions);
  }
  return values;
}

function scoreMatrix(
  path: string,
  rows: readonly TableRow[],
  columns: readonly number[],
  classes: readonly string[],
): Float32Array {
  return Float32Array.from({ length: rows.length * columns.length }, (_, index) => {
    const row = rows[Math.floor(index / columns.length)] as TableRow;
    const at = index % columns.length;
    return asScore(row.values[columns[at] as number], () => `${placeOf(path, row)} column ${classes[at]}`);
  });
}

/** @throws DataError `EVENTS_VECTOR_NULL`, `EVENTS_NOT_NUMERIC`, `EVENTS_NOT_FINITE` */
function vector(value: unknown, place: Place): readonly number[] {
  if (value === null || value === undefined || value === '') {
    throw new DataError('EVENTS_VECTOR_NULL', `${place()}: ${EMBEDDINGS} is null`);
  }
  const entries = typeof value === 'string' ? parseVectorText(value) : value;
  if (entries instanceof NotAVector)
    throw new DataError('EVENTS_NOT_NUMERIC', `${place()}: ${EMBEDDINGS}: ${entries.reason}`);
  if (!Array.isArray(entries)) {
    throw new DataError(
      'EVENTS_NOT_NUMERIC',
      `${place()}: ${EMBEDDINGS} is ${described(value)}, a list of numbers is needed`,
    );
  }
  for (const [index, entry] of entries.entries()) {
    if (typeof entry !== 'number') {
      const code = entry === null ? 'EVENTS_VECTOR_NULL' : 'EVENTS_NOT_NUMERIC';
      throw new DataError(code, `${place()}: entry ${index} of ${EMBEDDINGS} is ${described(entry)}, no number`);
    }
    if (!Number.isFinite(Math.fround(entry))) {
      throw new DataError(
        'EVENTS_NOT_FINITE',
        `${place()}: entry ${index} of ${EMBEDDINGS} is ${entry}, beyond float32`,
      );
    }
  }
  return entries as number[];
}

function placeOf(path: string, row: TableRow): string {
  return `${path} line ${row.line.toLocaleString('en')}`;
}
