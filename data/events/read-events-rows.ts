/** Events row by row, of csv and jsonl: which columns are what, and the values of each row checked and converted. */
import { RandomAccessFile } from '../../files/index.js';
import { DataError } from '../data-error.js';
import type { EventBatch, EventTableSchema } from '../event.js';
import { carriedTypeOf, carriedValue, parseDecimal } from '../rows/carried-values.js';
import { openCsvRows } from '../rows/csv-rows.js';
import { openJsonlRows } from '../rows/jsonl-rows.js';
import { emptyTable, type RowTable, SAMPLE_ROWS, type TableRow } from '../rows/row-table.js';
import { type EmbeddingColumn, embeddingColumn } from './embedding-column.js';
import {
  EVENT_ID,
  IMAGE_URL,
  MAX_DIMENSIONS,
  METADATA_COLUMN,
  type OptionalEventColumn,
  statisticColumn,
  TARGET,
  TIMESTAMP,
} from './event-columns.js';
import { parseMetadata } from './event-metadata.js';
import type { BatchOptions, EventSource, OpenEventsOptions } from './event-source.js';
import { asScore, asText, asTimestamp, batchRows, nulls, type Place } from './event-values.js';
import { RowVectors } from './row-vectors.js';
import { assumedScores, checkScores, namedScores, type ScoreColumns } from './score-columns.js';
import { tableSchema, wantedColumns } from './table-schema.js';

/** What is read of the table, and as what. */
interface Layout {
  schema: EventTableSchema;
  vectors: RowVectors;
  scores: ScoreColumns;
}

async function openRowEvents(
  path: string,
  openRows: (file: RandomAccessFile) => Promise<RowTable>,
  options: OpenEventsOptions,
): Promise<EventSource> {
  const file = await RandomAccessFile.open(path);
  try {
    const table = await openRows(file);
    const layout = await readLayout(path, table, options);
    return {
      path,
      schema: layout.schema,
      rows: null,
      batches: (wanted) => readBatches(path, table, layout, wanted),
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function readLayout(path: string, table: RowTable, options: OpenEventsOptions): Promise<Layout> {
  const { columns } = table;
  const sample: TableRow[] = [];
  for await (const rows of table.batches()) {
    sample.push(...rows.slice(0, SAMPLE_ROWS - sample.length));
    if (sample.length === SAMPLE_ROWS) break;
  }
  const [first] = sample;
  if (first === undefined) throw emptyTable(path);
  const places = new Map(columns.map((name, index) => [name, index]));
  const placeOf = placesIn(path);
  const sampled = (name: string) => sample.map(({ values }) => values[places.get(name) as number]);
  const holdVectors = columns.filter((name) => isVector(sampled(name)[0]));
  const embedding = embeddingColumn(path, options.embeddingColumn, columns, holdVectors);
  const vectors = new RowVectors(embedding, columns);
  const metadata = parseMetadata(path, places.has(METADATA_COLUMN) ? sampled(METADATA_COLUMN).find(isThere) : null);
  const scores =
    namedScores(path, columns, options.scores, metadata?.classes) ??
    (await assumedScores(columns, options.knownClasses, async (names) => names.map(sampled)));
  const numeric = columns.filter((name) => isNumeric(sampled(name)));
  const dimensions = dimensionsOf(embedding, vectors, first, placeOf(first));
  const schema = tableSchema({ names: columns, numeric, embedding, dimensions, scores, metadata }, (name) => ({
    name,
    type: carriedTypeOf(sampled(name)),
  }));
  return { schema, vectors, scores };
}

function dimensionsOf({ name }: EmbeddingColumn, vectors: RowVectors, first: TableRow, place: string): number {
  const { length } = vectors.of(first, () => place);
  if (length === 0) throw new DataError('EVENTS_VECTOR_NULL', `${place}: ${name} has no values`);
  if (length <= MAX_DIMENSIONS) return length;
  const most = MAX_DIMENSIONS.toLocaleString('en');
  throw new DataError('EVENTS_DIMENSIONS', `${place}: ${name} has more than ${most} values`);
}

function isThere(value: unknown): boolean {
  return value !== null && value !== undefined && value !== '';
}

function isVector(value: unknown): boolean {
  return Array.isArray(value) || (typeof value === 'string' && value.trimStart().startsWith('['));
}

/** True also where nothing is known yet. */
function isNumeric(values: readonly unknown[]): boolean {
  return values
    .filter(isThere)
    .every((value) => (typeof value === 'string' ? !Number.isNaN(parseDecimal(value)) : typeof value === 'number'));
}

async function* readBatches(
  path: string,
  table: RowTable,
  layout: Layout,
  options: BatchOptions = {},
): AsyncGenerator<EventBatch, void, undefined> {
  const size = batchRows(layout.schema.dimensions + table.columns.length);
  const toBatch = batchMaker(placesIn(path), table.columns, layout, options);
  let rows: TableRow[] = [];
  for await (const some of table.batches()) {
    for (const row of some) {
      if (rows.push(row) < size) continue;
      yield toBatch(rows);
      rows = [];
    }
  }
  if (rows.length > 0) yield toBatch(rows);
}

function batchMaker(
  placeOf: PlaceOf,
  columns: readonly string[],
  { schema, vectors, scores: scoreColumns }: Layout,
  options: BatchOptions,
): (rows: readonly TableRow[]) => EventBatch {
  const { wants, statistics, carried } = wantedColumns(schema, options);
  const places = new Map(columns.map((name, index) => [name, index]));
  const scorePlaces = wants('scores') ? scoreColumns.columns.map((name) => places.get(name) as number) : [];

  const column = <T>(
    rows: readonly TableRow[],
    name: string,
    wanted: OptionalEventColumn,
    as: (value: unknown, place: Place) => T,
  ): (T | null)[] => {
    const index = places.get(name);
    if (index === undefined || !wants(wanted)) return nulls(rows.length);
    return rows.map((row) => as(row.values[index], () => `${placeOf(row)} column ${name}`));
  };

  return (rows) => ({
    rows: rows.length,
    embeddings: vectors.matrix(rows, schema.dimensions, placeOf),
    scores: scorePlaces.length > 0 ? scoreMatrix(placeOf, rows, scorePlaces, scoreColumns) : null,
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
    carried: new Map(
      carried.map(({ name, type }) => [name, column(rows, name, 'carried', (value) => carriedValue(type, value))]),
    ),
  });
}

function scoreMatrix(
  placeOf: PlaceOf,
  rows: readonly TableRow[],
  places: readonly number[],
  columns: ScoreColumns,
): Float32Array {
  const width = places.length;
  const scores = new Float32Array(rows.length * width);
  for (const [index, row] of rows.entries()) {
    for (let column = 0; column < width; column++) {
      const place = () => `${placeOf(row)} column ${columns.columns[column]}`;
      scores[index * width + column] = asScore(row.values[places[column]!], place);
    }
  }
  checkScores(columns, scores, (row) => placeOf(rows[row] as TableRow));
  return scores;
}

type PlaceOf = (row: TableRow) => string;

function placesIn(path: string): PlaceOf {
  return ({ line }) => `${path} line ${line.toLocaleString('en')}`;
}

/** Events from csv and jsonl. */
export function openCsvEvents(path: string, options: OpenEventsOptions): Promise<EventSource> {
  return openRowEvents(path, openCsvRows, options);
}

export function openJsonlEvents(path: string, options: OpenEventsOptions): Promise<EventSource> {
  return openRowEvents(path, openJsonlRows, options);
}
