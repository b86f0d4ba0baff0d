import * as z from 'zod';
import type { CarriedColumn } from '../carried.js';
import { DataError } from '../data-error.js';
import type { EventTableSchema } from '../event.js';
import { IMAGE_SOURCE } from '../images/sources/image-source.js';
import { MAX_COLUMNS } from '../rows/row-table.js';
import type { EmbeddingColumn, ScoreColumns } from './column-roles.js';
import {
  carriedAmong,
  EMBEDDINGS,
  EVENT_ID,
  IMAGE_URL,
  MAX_DIMENSIONS,
  type OptionalEventColumn,
  statisticColumn,
  statisticsAmong,
  TARGET,
  TIMESTAMP,
} from './event-columns.js';
import type { BatchOptions } from './event-source.js';

const VERSION = 1;
/** For tables in which several classes may hold: an earlier program would take their scores for a softmax. */
const LABELS_VERSION = 2;

/**
 * What columns cannot say, as JSON text: under `image_drift` in parquet's key-value metadata; in csv and jsonl in a
 * column of this name, which only the first row fills.
 */
const METADATA = z.object({
  version: z.union([z.literal(VERSION), z.literal(LABELS_VERSION)]),
  weights_sha256: z.string().nullable(),
  pixels_sha256: z.string().optional(),
  weights_note: z.string().optional(),
  tap: z.string().nullable(),
  classes: z.array(z.string()).max(MAX_COLUMNS),
  thresholds: z.array(z.number().gt(0).lt(1)).max(MAX_COLUMNS).optional(),
  dimensions: z.number().int().min(1).max(MAX_DIMENSIONS),
  /** A hint: nothing to refuse a table for, where another version says more. */
  images: IMAGE_SOURCE.nullable().catch(null),
});

export type EventMetadata = z.infer<typeof METADATA>;

export function metadataJson(schema: EventTableSchema): string {
  const metadata: EventMetadata = {
    version: schema.thresholds === undefined ? VERSION : LABELS_VERSION,
    weights_sha256: schema.weightsSha256,
    ...(schema.pixelsSha256 === undefined ? {} : { pixels_sha256: schema.pixelsSha256 }),
    ...(schema.weightsNote === undefined ? {} : { weights_note: schema.weightsNote }),
    tap: schema.tap,
    classes: [...schema.classes],
    ...(schema.thresholds === undefined ? {} : { thresholds: [...schema.thresholds] }),
    dimensions: schema.dimensions,
    images: schema.images,
  };
  return JSON.stringify(metadata);
}

/** Null without a text. @throws DataError `EVENTS_METADATA` when it is not as written here */
export function parseMetadata(path: string, text: unknown): EventMetadata | null {
  if (text === undefined || text === null) return null;
  try {
    return METADATA.parse(JSON.parse(String(text)));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error).replace(/\s+/g, ' ') : 'no JSON';
    throw new DataError(
      'EVENTS_METADATA',
      `${path}: its metadata "image_drift" is not as image-drift ${LABELS_VERSION} writes it: ${why}`,
      { cause: error },
    );
  }
}

export interface TableColumns {
  names: readonly string[];
  numeric: readonly string[];
  embedding: EmbeddingColumn;
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
    ...(scores.thresholds === undefined ? {} : { thresholds: scores.thresholds }),
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
  statistics: readonly string[];
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
