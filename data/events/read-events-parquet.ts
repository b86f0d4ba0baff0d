/** Events from parquet, page by page: only the columns that are asked for, and of these one page at a time. */

import type { CarriedColumn, CarriedValue } from '../carried.js';
import { DataError } from '../data-error.js';
import type { EventBatch, EventTableSchema } from '../event.js';
import { openAnywhere } from '../images/sources/remote.js';
import type { FlatColumn } from '../parquet/columns.js';
import { readParquetFooter } from '../parquet/footer.js';
import type { FileMetaData } from '../parquet/hyparquet.js';
import { carriedValue } from '../rows/carried-values.js';
import { SAMPLE_ROWS } from '../rows/row-table.js';
import type { EmbeddingColumn } from './embedding-column.js';
import {
  EMBEDDINGS,
  EVENT_ID,
  IMAGE_URL,
  MAX_DIMENSIONS,
  METADATA_COLUMN,
  statisticColumn,
  TARGET,
  TIMESTAMP,
} from './event-columns.js';
import { type EventMetadata, parseMetadata } from './event-metadata.js';
import type { BatchOptions, EventSource, OpenEventsOptions } from './event-source.js';
import { asScore, asText, asTimestamp, batchRows, nulls, type Place } from './event-values.js';
import { ParquetEventTable } from './parquet-event-table.js';
import { assumedScores, checkScores, namedScores, type ScoreColumns } from './score-columns.js';
import { tableSchema, wantedColumns } from './table-schema.js';

/** What is read of the table, and as what. */
interface Layout {
  schema: EventTableSchema;
  embedding: EmbeddingColumn;
  scores: ScoreColumns;
}

export async function openParquetEvents(path: string, options: OpenEventsOptions): Promise<EventSource> {
  const file = await openAnywhere(path, options.remote);
  try {
    const footer = await readParquetFooter(file);
    const table = new ParquetEventTable(file, footer);
    if (footer.rows === 0) throw new DataError('EVENTS_EMPTY', `${path}: no rows`);
    const layout = await readLayout(path, table, options);
    return {
      path,
      schema: layout.schema,
      rows: footer.rows,
      batches: (wanted) => readBatches(path, table, layout, wanted),
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function readLayout(path: string, table: ParquetEventTable, options: OpenEventsOptions): Promise<Layout> {
  const { names } = table;
  const embedding = table.embedding(options.embeddingColumn);
  const metadata = metadataOf(path, table.footer.metadata);
  const numeric = names.filter((name) => table.isNumeric(name));
  const firstRows = async (columns: readonly string[]) => {
    const values: unknown[][] = [];
    for (const name of columns) values.push(await table.flat(name).take(SAMPLE_ROWS));
    return values;
  };
  const scores =
    namedScores(path, names, options.scores, metadata?.classes) ??
    (await assumedScores(numeric, options.knownClasses, firstRows));
  const dimensions = await table.dimensions(
    embedding,
    embedding.name === EMBEDDINGS ? metadata?.dimensions : undefined,
  );
  if (dimensions === 0) throw new DataError('EVENTS_VECTOR_NULL', `${path} ${embedding.name} row 0: no values`);
  if (dimensions > MAX_DIMENSIONS) {
    const most = MAX_DIMENSIONS.toLocaleString('en');
    throw new DataError('EVENTS_DIMENSIONS', `${path} ${embedding.name} row 0: more than ${most} values`);
  }
  const columns = { names, numeric, embedding, dimensions, scores, metadata };
  return { schema: tableSchema(columns, (name) => table.carried(name)), embedding, scores };
}

/** Null for a file from elsewhere. @throws DataError `EVENTS_METADATA` */
function metadataOf(path: string, { key_value_metadata: pairs }: FileMetaData): EventMetadata | null {
  return parseMetadata(path, pairs?.find(({ key }) => key === METADATA_COLUMN)?.value);
}

async function* readBatches(
  path: string,
  table: ParquetEventTable,
  { schema, embedding, scores: scoreColumns }: Layout,
  options: BatchOptions = {},
): AsyncGenerator<EventBatch, void, undefined> {
  const { rows } = table.footer;
  const { wants, statistics, carried } = wantedColumns(schema, options);
  const flat = (name: string, wanted: boolean) => (wanted ? table.flat(name) : null);
  const embeddings = table.vectors(embedding, schema.dimensions);
  const scores =
    wants('scores') && scoreColumns.columns.length > 0 ? scoreColumns.columns.map((name) => table.flat(name)) : null;
  const targets = flat(TARGET, schema.hasTargets && wants('targets'));
  const imageUrls = flat(IMAGE_URL, schema.hasImageUrls && wants('imageUrls'));
  const timestamps = flat(TIMESTAMP, schema.hasTimestamps && wants('timestamps'));
  const eventIds = flat(EVENT_ID, schema.hasEventIds && wants('eventIds'));
  const statisticColumns = statistics.map((name) => table.flat(statisticColumn(name)));
  const carriedColumns = carried.map(({ name }) => table.flat(name));
  const size = batchRows(schema.dimensions + schema.classes.length + carried.length);

  for (let first = 0; first < rows; first += size) {
    const count = Math.min(size, rows - first);
    const rowsOf = takeFrom(path, first, count);
    const { take } = rowsOf;
    const vectors = await embeddings.take(count);
    if (vectors.length < count * schema.dimensions) {
      throw missingRows(path, embedding.name, rows, first + vectors.length / schema.dimensions);
    }
    yield {
      rows: count,
      embeddings: vectors,
      scores: scores && (await takeScores(scores, scoreColumns, count, rowsOf)),
      targets: await take(targets, TARGET, asText),
      imageUrls: await take(imageUrls, IMAGE_URL, asText),
      timestamps: await take(timestamps, TIMESTAMP, asTimestamp),
      eventIds: await take(eventIds, EVENT_ID, asText),
      statistics: await takeStatistics(statisticColumns, statistics, rowsOf),
      extraTaps: new Map(),
      carried: await takeCarried(carriedColumns, carried, rowsOf),
    };
  }
  if ((await embeddings.take(1)).length > 0) {
    throw new DataError('PARQUET_DAMAGED', `${path} column ${embedding.name}: more than the ${rows} rows promised`);
  }
}

/** Takes the rows of a batch. */
interface Take {
  take<T>(column: FlatColumn | null, name: string, as: (value: unknown, place: Place) => T): Promise<(T | null)[]>;
  /** Names a row of the batch. */
  place(row: number): string;
}

function takeFrom(path: string, first: number, count: number): Take {
  const rowNumber = (row: number) => (first + row).toLocaleString('en');
  return {
    async take(column, name, as) {
      if (column === null) return nulls(count);
      const values = await column.take(count);
      if (values.length < count) throw missingRows(path, name, first + count, first + values.length);
      return values.map((value, row) => as(value, () => `${path} column ${name} row ${rowNumber(row)}`));
    },
    place: (row) => `${path} row ${rowNumber(row)}`,
  };
}

async function takeScores(
  columns: readonly FlatColumn[],
  scoreColumns: ScoreColumns,
  count: number,
  { take, place }: Take,
): Promise<Float32Array> {
  const scores = new Float32Array(count * columns.length);
  for (const [index, column] of columns.entries()) {
    const values = await take(column, scoreColumns.columns[index] as string, asScore);
    for (let row = 0; row < count; row++) scores[row * columns.length + index] = values[row] as number;
  }
  checkScores(scoreColumns, scores, place);
  return scores;
}

async function takeCarried(
  columns: readonly FlatColumn[],
  carried: readonly CarriedColumn[],
  { take }: Take,
): Promise<Map<string, readonly CarriedValue[]>> {
  const taken = new Map<string, readonly CarriedValue[]>();
  for (const [index, column] of columns.entries()) {
    const { name, type } = carried[index] as CarriedColumn;
    taken.set(name, await take(column, name, (value) => carriedValue(type, value)));
  }
  return taken;
}

async function takeStatistics(
  columns: readonly FlatColumn[],
  names: readonly string[],
  { take }: Take,
): Promise<Map<string, Float32Array>> {
  const statistics = new Map<string, Float32Array>();
  for (const [index, column] of columns.entries()) {
    const name = names[index] as string;
    statistics.set(name, Float32Array.from(await take(column, statisticColumn(name), asScore), Number));
  }
  return statistics;
}

function missingRows(path: string, name: string, promised: number, found: number): DataError {
  return new DataError('PARQUET_DAMAGED', `${path} column ${name}: ${promised} rows promised, ${found} found`);
}
