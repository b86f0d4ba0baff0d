/**
 * Names and order of an event table's columns. The first are those of Fiddler's image-monitoring quickstart:
 * `embeddings`, one a class, `target`, `image_url`, `timestamp`; then `event_id`, `image_stat_…` and carried columns.
 */
import type { CarriedColumn, CarriedValue } from '../carried.js';
import { DataError } from '../data-error.js';
import type { EventBatch, EventTableSchema } from '../event.js';
import { MAX_COLUMNS, tooManyColumns } from '../rows/row-table.js';

export const EMBEDDINGS = 'embeddings';
export const TARGET = 'target';
export const IMAGE_URL = 'image_url';
export const TIMESTAMP = 'timestamp';
export const EVENT_ID = 'event_id';

/** In csv and jsonl, which have no other place for it, the column of `metadataJson`. */
export const METADATA_COLUMN = 'image_drift';

export const STATISTIC_PREFIX = 'image_stat_';

/** Names that mean something here, or that pandas gives to an index: never the name of a class. */
export const RESERVED_COLUMNS: readonly string[] = [
  EMBEDDINGS,
  TARGET,
  IMAGE_URL,
  TIMESTAMP,
  EVENT_ID,
  METADATA_COLUMN,
  'index',
];

/**
 * Column names that begin so are never classes: `image_stat_` is for statistics, pandas gives the others to an index.
 */
export const RESERVED_PREFIXES: readonly string[] = [STATISTIC_PREFIX, '__index_level_', 'Unnamed: '];

/** The longest layer output of the usual networks, VGG's 512×7×7, is 25,088; this leaves room for feature maps. */
export const MAX_DIMENSIONS = 1_048_576;

/** Columns beside the embeddings, by their name in `EventBatch`: what a reader may ask for. */
export type OptionalEventColumn =
  | 'scores'
  | 'targets'
  | 'imageUrls'
  | 'timestamps'
  | 'eventIds'
  | 'statistics'
  | 'extraTaps'
  | 'carried';

export function isReservedColumn(name: string): boolean {
  return name === '' || RESERVED_COLUMNS.includes(name) || RESERVED_PREFIXES.some((prefix) => name.startsWith(prefix));
}

/** A column as parquet, csv and JSON lines write it. */
export type WrittenColumn = { name: string } & (
  | { kind: 'vector'; length: number; valuesOf(batch: EventBatch): Float32Array }
  /** Column `column` of a matrix with `width`; nothing where it is NaN. */
  | { kind: 'float'; width: number; column: number; valuesOf(batch: EventBatch): Float32Array }
  | ValueColumn
);

export interface ValueColumn extends CarriedColumn {
  kind: 'value';
  /** Whether it is text that differs from row to row. */
  isUnique: boolean;
  valuesOf(batch: EventBatch): readonly CarriedValue[];
}

export function writtenColumns(schema: EventTableSchema): WrittenColumn[] {
  const { dimensions, classes, statistics, carried = [] } = schema;
  const value = (
    name: string,
    type: CarriedColumn['type'],
    valuesOf: ValueColumn['valuesOf'],
    isUnique = false,
  ): ValueColumn => ({ kind: 'value', name, type, valuesOf, isUnique });
  const columns: WrittenColumn[] = [
    { kind: 'vector', name: EMBEDDINGS, length: dimensions, valuesOf: (batch) => batch.embeddings },
    ...classes.map((name, column): WrittenColumn => {
      return { kind: 'float', name, width: classes.length, column, valuesOf: (batch) => batch.scores! };
    }),
  ];
  if (schema.hasTargets) columns.push(value(TARGET, 'string', (batch) => batch.targets));
  if (schema.hasImageUrls) columns.push(value(IMAGE_URL, 'string', (batch) => batch.imageUrls, true));
  if (schema.hasTimestamps) columns.push(value(TIMESTAMP, 'integer', (batch) => batch.timestamps));
  if (schema.hasEventIds) columns.push(value(EVENT_ID, 'string', (batch) => batch.eventIds, true));
  for (const name of statistics) {
    const valuesOf = (batch: EventBatch) => batch.statistics.get(name)!;
    columns.push({ kind: 'float', name: statisticColumn(name), width: 1, column: 0, valuesOf });
  }
  for (const { name, type } of carried) columns.push(value(name, type, (batch) => batch.carried?.get(name) ?? []));
  return columns;
}

export function statisticColumn(statistic: string): string {
  return STATISTIC_PREFIX + statistic;
}

/** The statistics among some columns, by their own names, in the order of the columns. */
export function statisticsAmong(columns: readonly string[]): string[] {
  return columns
    .filter((name) => name.startsWith(STATISTIC_PREFIX) && name.length > STATISTIC_PREFIX.length)
    .map((name) => name.slice(STATISTIC_PREFIX.length));
}

/** @throws DataError `EVENTS_CLASS_NAME` (reserved, twice, empty), `EVENTS_DIMENSIONS`, `EVENTS_STATISTIC_NAME` */
export function checkEventSchema(
  schema: Pick<EventTableSchema, 'dimensions' | 'classes' | 'thresholds' | 'statistics'>,
): void {
  checkStatisticNames(schema.statistics);
  const { dimensions, classes, thresholds = classes } = schema;
  if (thresholds.length !== classes.length) {
    throw new DataError('EVENTS_THRESHOLDS', `${thresholds.length} thresholds for ${classes.length} classes`);
  }
  if (!Number.isInteger(dimensions) || dimensions < 1 || dimensions > MAX_DIMENSIONS) {
    throw new DataError(
      'EVENTS_DIMENSIONS',
      `embeddings of ${dimensions} values; from 1 to ${MAX_DIMENSIONS.toLocaleString('en')} are possible`,
    );
  }
  if (classes.length > MAX_COLUMNS) {
    throw tooManyColumns('events', classes.length);
  }
  const seen = new Map<string, number>();
  for (const [index, name] of classes.entries()) {
    const before = seen.get(name);
    if (before !== undefined) {
      throw new DataError('EVENTS_CLASS_NAME', `classes ${before} and ${index} are both named "${name}"`);
    }
    if (isReservedColumn(name)) {
      throw new DataError(
        'EVENTS_CLASS_NAME',
        `class ${index} is named "${name}", which is the name of a column with another meaning`,
        { hint: `Rename the class; taken are ${RESERVED_COLUMNS.join(', ')}, and ${RESERVED_PREFIXES.join('…, ')}….` },
      );
    }
    seen.set(name, index);
  }
}

/** So that every format can hold them, and a reader finds them under the same name in each. */
const STATISTIC_NAME = /^[A-Za-z0-9_]{1,100}$/;

function checkStatisticNames(names: readonly string[]): void {
  const seen = new Set<string>();
  const wrong = names.find((name) => !STATISTIC_NAME.test(name) || seen.size === seen.add(name).size);
  if (wrong === undefined) return;
  const why = STATISTIC_NAME.test(wrong) ? 'is there twice' : 'is not made of letters, digits and _ alone';
  throw new DataError('EVENTS_STATISTIC_NAME', `the name "${wrong}" of a statistic ${why}`);
}

const READ_AS_SOMETHING: readonly string[] = [EMBEDDINGS, TARGET, IMAGE_URL, TIMESTAMP, EVENT_ID, METADATA_COLUMN];

/** The columns that are read as nothing else. @param read columns of embeddings, scores and statistics */
export function carriedAmong(columns: readonly string[], ...read: readonly (readonly string[])[]): string[] {
  const known = new Set([...READ_AS_SOMETHING, ...read.flat()]);
  return columns.filter((name) => !known.has(name));
}

/** One format's writer: takes checked batches, keeps no more than one row group of them. */
export interface EventSink {
  write(batch: EventBatch): Promise<void>;
  /** Writes what is left, all but the name: a disk that is full says so here. Called once, before `commit`. */
  finish(): Promise<void>;
  commit(): Promise<void>;
  /** Leaves nothing behind; harmless after `commit`. */
  discard(): Promise<void>;
}

export interface EventWriterOptions {
  /** Parquet: rows of a row group at most; fewer where embeddings are long. */
  rowGroupRows?: number;
}
