/** What the readers of all formats agree on: the schema of a table with named columns, and what a caller wants of it. */
import type { CarriedColumn } from '../carried.js';
import type { EventTableSchema } from '../event.js';
import type { EmbeddingColumn } from './embedding-column.js';
import {
  carriedAmong,
  EMBEDDINGS,
  EVENT_ID,
  IMAGE_URL,
  type OptionalEventColumn,
  statisticColumn,
  statisticsAmong,
  TARGET,
  TIMESTAMP,
} from './event-columns.js';
import type { EventMetadata } from './event-metadata.js';
import type { BatchOptions } from './event-source.js';
import type { ScoreColumns } from './score-columns.js';

/** What a reader has found out about a table. */
export interface TableColumns {
  /** Names of all columns. */
  names: readonly string[];
  /** Names of the columns that hold numbers. */
  numeric: readonly string[];
  embedding: EmbeddingColumn;
  /** Values of an embedding. */
  dimensions: number;
  scores: ScoreColumns;
  /** What `embed` wrote into the file; null for a file from elsewhere. */
  metadata: EventMetadata | null;
}

/** @param carried gives the type of a column that has no meaning here */
export function tableSchema(
  { names, numeric, embedding, dimensions, scores, metadata }: TableColumns,
  carried: (name: string) => CarriedColumn,
): EventTableSchema {
  const statistics = statisticsAmong(numeric);
  return {
    dimensions,
    classes: scores.classes,
    // The metadata is about the embeddings that `embed` wrote.
    tap: embedding.name === EMBEDDINGS ? (metadata?.tap ?? null) : null,
    weightsSha256: metadata?.weights_sha256 ?? null,
    ...(metadata?.pixels_sha256 === undefined ? {} : { pixelsSha256: metadata.pixels_sha256 }),
    ...(metadata?.weights_note === undefined ? {} : { weightsNote: metadata.weights_note }),
    hasTargets: names.includes(TARGET),
    hasImageUrls: names.includes(IMAGE_URL),
    hasTimestamps: names.includes(TIMESTAMP),
    hasEventIds: names.includes(EVENT_ID),
    statistics,
    images: metadata?.images ?? null,
    extraTaps: new Map(),
    carried: carriedAmong(names, embedding.columns, scores.columns, statistics.map(statisticColumn)).map(carried),
  };
}

export interface WantedColumns {
  wants(column: OptionalEventColumn): boolean;
  /** Names of the statistics to read. */
  statistics: readonly string[];
  /** The carried columns to read: those with values of a type that a batch holds. */
  carried: readonly CarriedColumn[];
}

export function wantedColumns(schema: EventTableSchema, { columns, carried }: BatchOptions): WantedColumns {
  const wants = (column: OptionalEventColumn) => columns?.includes(column) ?? true;
  const isWanted = ({ name, type }: CarriedColumn) => type !== 'other' && (carried?.includes(name) ?? true);
  return {
    wants,
    statistics: wants('statistics') ? schema.statistics : [],
    carried: wants('carried') ? (schema.carried ?? []).filter(isWanted) : [],
  };
}
