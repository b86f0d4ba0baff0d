/** Events from tables with named columns: csv, jsonl and parquet. */
import type { CarriedColumn } from '../carried.js';
import { DataError } from '../data-error.js';
import type { EventBatch, EventTableSchema } from '../event.js';
import { carriedValue } from '../rows/carried-values.js';
import {
  assumedScores,
  checkScores,
  type EmbeddingColumn,
  labelThresholds,
  namedScores,
  type ScoreColumns,
} from './column-roles.js';
import {
  EVENT_ID,
  IMAGE_URL,
  MAX_DIMENSIONS,
  type OptionalEventColumn,
  statisticColumn,
  TARGET,
  TIMESTAMP,
} from './event-columns.js';
import type { OpenEventsOptions } from './event-source.js';
import { asScore, asText, asTimestamp, nulls, type Place } from './event-values.js';
import { type EventMetadata, tableSchema, type WantedColumns } from './table-schema.js';

export interface FoundTable {
  path: string;
  names: readonly string[];
  /** Names of the columns that hold numbers. */
  numeric: readonly string[];
  embedding: EmbeddingColumn;
  metadata: EventMetadata | null;
  /** Length of the first vector, and where it stands. */
  dimensions: number;
  first: string;
  firstRows(columns: readonly string[]): Promise<unknown[][]>;
  /** A column that has no meaning here. */
  carried(name: string): CarriedColumn;
}

export interface EventLayout {
  schema: EventTableSchema;
  scores: ScoreColumns;
}

/** @throws DataError `EVENTS_VECTOR_NULL`, `EVENTS_DIMENSIONS`; as `namedScores` */
export async function eventLayout(table: FoundTable, options: OpenEventsOptions): Promise<EventLayout> {
  const { path, names, numeric, metadata, dimensions, first } = table;
  if (dimensions === 0) throw new DataError('EVENTS_VECTOR_NULL', `${first} has no values`);
  if (dimensions > MAX_DIMENSIONS) {
    const most = MAX_DIMENSIONS.toLocaleString('en');
    throw new DataError('EVENTS_DIMENSIONS', `${first} has more than ${most} values`);
  }
  const found =
    namedScores(path, names, options.scores, metadata?.classes) ??
    (await assumedScores(numeric, options.knownClasses, (columns) => table.firstRows(columns)));
  const thresholds = labelThresholds(path, found.classes, options.multiLabel ?? false, metadata);
  const scores = thresholds === null ? found : { ...found, thresholds };
  return { schema: tableSchema({ ...table, scores }, (name) => table.carried(name)), scores };
}

export interface EventRows {
  rows: number;
  /** `[rows, dimensions]` */
  embeddings: Float32Array;
  take<T>(name: string, as: (value: unknown, place: Place) => T): T[] | Promise<T[]>;
  place(row: number): string;
}

export function batchesOf({ schema, scores }: EventLayout, { wants, statistics, carried }: WantedColumns) {
  return async (found: EventRows): Promise<EventBatch> => {
    const { rows, embeddings, take } = found;
    const column = <T>(
      has: boolean,
      wanted: OptionalEventColumn,
      name: string,
      as: (value: unknown, place: Place) => T,
    ) => (has && wants(wanted) ? take(name, as) : nulls(rows));
    const batch = {
      rows,
      embeddings,
      scores: wants('scores') && scores.columns.length > 0 ? await scoreMatrix(scores, found) : null,
      targets: await column(schema.hasTargets, 'targets', TARGET, asText),
      imageUrls: await column(schema.hasImageUrls, 'imageUrls', IMAGE_URL, asText),
      timestamps: await column(schema.hasTimestamps, 'timestamps', TIMESTAMP, asTimestamp),
      eventIds: await column(schema.hasEventIds, 'eventIds', EVENT_ID, asText),
      statistics: new Map<string, Float32Array>(),
      extraTaps: new Map(),
      carried: new Map(),
    };
    for (const name of statistics) {
      batch.statistics.set(name, Float32Array.from(await take(statisticColumn(name), asScore)));
    }
    for (const { name, type } of carried)
      batch.carried.set(name, await take(name, (value) => carriedValue(type, value)));
    return batch;
  };
}

async function scoreMatrix(columns: ScoreColumns, { rows, take, place }: EventRows): Promise<Float32Array> {
  const width = columns.columns.length;
  const scores = new Float32Array(rows * width);
  for (const [index, name] of columns.columns.entries()) {
    const values = await take(name, asScore);
    for (let row = 0; row < rows; row++) scores[row * width + index] = values[row]!;
  }
  checkScores(columns, scores, place);
  return scores;
}
