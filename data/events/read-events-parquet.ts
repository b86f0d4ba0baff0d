/** Events from parquet, page by page: only the columns that are asked for, and of these one page at a time. */

import { RandomAccessFile } from '../../files/index.js';
import { DataError } from '../data-error.js';
import type { EventBatch, EventTableSchema } from '../event.js';
import { FlatColumn, firstVectorLength, listLevel, onlyLeaf, VectorColumn } from '../parquet/columns.js';
import { type ParquetFooter, readParquetFooter } from '../parquet/footer.js';
import type { SchemaElement, SchemaTree } from '../parquet/hyparquet.js';
import { ParquetColumn } from '../parquet/pages.js';
import { ReadAhead } from '../parquet/read-ahead.js';
import {
  EMBEDDINGS,
  EVENT_ID,
  IMAGE_URL,
  isReservedColumn,
  MAX_COLUMNS,
  MAX_DIMENSIONS,
  type OptionalEventColumn,
  statisticColumn,
  statisticsAmong,
  TARGET,
  TIMESTAMP,
  tooManyColumns,
} from './event-columns.js';
import {
  type BatchOptions,
  checkClassColumns,
  checkColumnsOnce,
  type EventSource,
  noEmbeddings,
  type OpenEventsOptions,
} from './event-source.js';
import { asScore, asText, asTimestamp, batchRows, nulls, type Place } from './event-values.js';
import { readMetadata } from './parquet-metadata.js';

export async function openParquetEvents(path: string, options: OpenEventsOptions): Promise<EventSource> {
  const file = await RandomAccessFile.open(path);
  try {
    const footer = await readParquetFooter(file);
    const table = new ParquetTable(file, footer);
    if (footer.rows === 0) throw new DataError('EVENTS_EMPTY', `${path}: no rows`);
    const schema = await readSchema(path, table, options);
    return {
      path,
      schema,
      rows: footer.rows,
      batches: (wanted) => readBatches(path, table, schema, footer.rows, wanted),
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

class ParquetTable {
  readonly names: readonly string[];
  readonly #nodes: ReadonlyMap<string, SchemaTree>;

  readonly #file: RandomAccessFile;
  readonly #pages: ReadAhead;

  constructor(
    file: RandomAccessFile,
    readonly footer: ParquetFooter,
  ) {
    this.#file = file;
    this.#pages = new ReadAhead(file);

    this.names = footer.root.children.map(({ element }) => element.name);
    if (this.names.length > MAX_COLUMNS) throw tooManyColumns(file.path, this.names.length);
    checkColumnsOnce(file.path, this.names);
    this.#nodes = new Map(footer.root.children.map((node) => [node.element.name, node]));
  }

  node(name: string): SchemaTree | undefined {
    return this.#nodes.get(name);
  }

  column(path: readonly SchemaTree[]): ParquetColumn {
    return new ParquetColumn(this.#pages, this.footer.metadata, path);
  }

  /** @throws DataError `EVENTS_COLUMN_TYPE` when the column is nested */
  flat(name: string): FlatColumn {
    const node = this.node(name) as SchemaTree;
    if (node.children.length > 0 || node.element.repetition_type === 'REPEATED') {
      throw new DataError(
        'EVENTS_COLUMN_TYPE',
        `${this.#file.path} column ${name}: is nested, single values are needed`,
      );
    }
    return new FlatColumn(this.column([this.footer.root, node]));
  }

  /** The nodes down to the embeddings' values. @throws DataError `EVENTS_NO_EMBEDDINGS`, `EVENTS_COLUMN_TYPE` */
  embeddingsPath(): SchemaTree[] {
    const node = this.node(EMBEDDINGS);
    if (node === undefined) throw noEmbeddings(this.#file.path, this.names);
    const path = onlyLeaf(this.footer.root, node);
    const lists = path?.filter(({ element }) => element.repetition_type === 'REPEATED').length;
    const element = path?.at(-1)?.element;
    if (path === null || element === undefined || lists !== 1 || !isNumeric(element)) {
      const found = path === null ? 'a struct' : `${element?.type} in ${lists} lists`;
      throw new DataError(
        'EVENTS_COLUMN_TYPE',
        `${this.#file.path} column ${EMBEDDINGS}: is ${found}, a list of FLOAT or DOUBLE is needed`,
      );
    }
    return path;
  }
}

/**
 * The classes that the file's metadata names. Where someone dropped every score column but kept the metadata, there are
 * no scores, and the embeddings are still of use.
 */
function keptClasses(
  classes: readonly string[] | undefined,
  columns: readonly string[],
): readonly string[] | undefined {
  return classes?.some((name) => columns.includes(name)) === false ? [] : classes;
}

async function readSchema(path: string, table: ParquetTable, options: OpenEventsOptions): Promise<EventTableSchema> {
  const embeddings = table.column(table.embeddingsPath());
  const metadata = readMetadata(path, table.footer.metadata);
  const classes = options.classes ?? keptClasses(metadata?.classes, table.names) ?? floatColumns(table);
  checkClassColumns(path, classes, table.names);
  const dimensions = metadata?.dimensions ?? (await firstVectorLength(embeddings, MAX_DIMENSIONS));
  if (dimensions === 0) throw new DataError('EVENTS_VECTOR_NULL', `${path} ${EMBEDDINGS} row 0: no values`);
  if (dimensions > MAX_DIMENSIONS) {
    const most = MAX_DIMENSIONS.toLocaleString('en');
    throw new DataError('EVENTS_DIMENSIONS', `${path} ${EMBEDDINGS} row 0: more than ${most} values`);
  }
  return {
    dimensions,
    classes: [...classes],
    tap: metadata?.tap ?? null,
    weightsSha256: metadata?.weights_sha256 ?? null,
    hasTargets: table.names.includes(TARGET),
    hasImageUrls: table.names.includes(IMAGE_URL),
    hasTimestamps: table.names.includes(TIMESTAMP),
    hasEventIds: table.names.includes(EVENT_ID),
    statistics: statisticsAmong(numericColumns(table)),
    images: metadata?.images ?? null,
    extraTaps: new Map(),
  };
}

function floatColumns(table: ParquetTable): string[] {
  return table.footer.root.children
    .filter(({ element, children }) => children.length === 0 && isFloat(element) && !isReservedColumn(element.name))
    .map(({ element }) => element.name);
}

function numericColumns(table: ParquetTable): string[] {
  return table.footer.root.children
    .filter(({ element, children }) => children.length === 0 && isNumeric(element))
    .map(({ element }) => element.name);
}

/** DuckDB makes DECIMAL of numbers written into a query. */
function isFloat(element: SchemaElement): boolean {
  return (
    element.type === 'FLOAT' ||
    element.type === 'DOUBLE' ||
    element.converted_type === 'DECIMAL' ||
    element.logical_type?.type === 'FLOAT16'
  );
}

function isNumeric(element: SchemaElement): boolean {
  return isFloat(element) || element.type === 'INT32' || element.type === 'INT64';
}

async function* readBatches(
  path: string,
  table: ParquetTable,
  schema: EventTableSchema,
  rows: number,
  options: BatchOptions = {},
): AsyncGenerator<EventBatch, void, undefined> {
  const wants = (column: OptionalEventColumn) => options.columns?.includes(column) ?? true;
  const flat = (name: string, wanted: boolean) => (wanted ? table.flat(name) : null);
  const leaf = table.embeddingsPath();
  const embeddings = new VectorColumn(table.column(leaf), schema.dimensions, `${path} ${EMBEDDINGS}`, listLevel(leaf));
  const scores = wants('scores') && schema.classes.length > 0 ? schema.classes.map((name) => table.flat(name)) : null;
  const targets = flat(TARGET, schema.hasTargets && wants('targets'));
  const imageUrls = flat(IMAGE_URL, schema.hasImageUrls && wants('imageUrls'));
  const timestamps = flat(TIMESTAMP, schema.hasTimestamps && wants('timestamps'));
  const eventIds = flat(EVENT_ID, schema.hasEventIds && wants('eventIds'));
  const statistics = wants('statistics') ? schema.statistics : [];
  const statisticColumns = statistics.map((name) => table.flat(statisticColumn(name)));
  const size = batchRows(schema.dimensions + schema.classes.length);

  for (let first = 0; first < rows; first += size) {
    const count = Math.min(size, rows - first);
    const take = takeFrom(path, first, count);
    const vectors = await embeddings.take(count);
    if (vectors.length < count * schema.dimensions) {
      throw missingRows(path, EMBEDDINGS, rows, first + vectors.length / schema.dimensions);
    }
    yield {
      rows: count,
      embeddings: vectors,
      scores: scores && (await takeScores(scores, schema.classes, count, take)),
      targets: await take(targets, TARGET, asText),
      imageUrls: await take(imageUrls, IMAGE_URL, asText),
      timestamps: await take(timestamps, TIMESTAMP, asTimestamp),
      eventIds: await take(eventIds, EVENT_ID, asText),
      statistics: await takeStatistics(statisticColumns, statistics, take),
      extraTaps: new Map(),
    };
  }
  if ((await embeddings.take(1)).length > 0) {
    throw new DataError('PARQUET_DAMAGED', `${path} column ${EMBEDDINGS}: more than the ${rows} rows promised`);
  }
}

type Take = <T>(
  column: FlatColumn | null,
  name: string,
  as: (value: unknown, place: Place) => T,
) => Promise<(T | null)[]>;

function takeFrom(path: string, first: number, count: number): Take {
  return async (column, name, as) => {
    if (column === null) return nulls(count);
    const values = await column.take(count);
    if (values.length < count) throw missingRows(path, name, first + count, first + values.length);
    return values.map((value, row) =>
      as(value, () => `${path} column ${name} row ${(first + row).toLocaleString('en')}`),
    );
  };
}

async function takeScores(
  columns: readonly FlatColumn[],
  classes: readonly string[],
  count: number,
  take: Take,
): Promise<Float32Array> {
  const scores = new Float32Array(count * columns.length);
  for (const [index, column] of columns.entries()) {
    const values = await take(column, classes[index] as string, asScore);
    for (let row = 0; row < count; row++) scores[row * columns.length + index] = values[row] as number;
  }
  return scores;
}

async function takeStatistics(
  columns: readonly FlatColumn[],
  names: readonly string[],
  take: Take,
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
