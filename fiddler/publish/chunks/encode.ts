/**
 * A chunk of events as it is sent: a parquet file, or the rows of one `POST /v3/events` (recording 087). Columns and
 * types are as the official client writes a frame of lists (recordings 044 and 069): LIST of DOUBLE, FLOAT, String,
 * INT64 ms, all optional, Snappy.
 */
import { ByteWriter, ParquetWriter, type SchemaElement } from 'hyparquet-writer';
import { type EventBatch, statisticColumn } from '../../../data/index.js';
import type { DataType, EventRow, EventValue } from '../../client/index.js';
import { MISFIT, metadataValue, type SentColumns, type SentMetadata } from '../plan/columns.js';

const ROW_GROUP_ROWS = 2_000;

export interface SentColumn {
  name: string;
  /** `score`: a float32; `time`: ms without the type of a time, as the official client has an event's own. */
  type: DataType | 'score' | 'time';
  /** Null where there is none, or one that does not fit. */
  value(row: number): EventValue | bigint;
  /** Without a dictionary and statistics, for long values. */
  isLong?: boolean;
}

/** All that a model is sent of an event. */
export function eventColumns(columns: SentColumns, batch: EventBatch): SentColumn[] {
  const { embeddings, scores, statistics } = batch;
  const dimensions = embeddings.length / batch.rows;
  const vector = (row: number) => Array.from(embeddings.subarray(row * dimensions, (row + 1) * dimensions));
  const score = (name: string, of: (row: number) => number | undefined): SentColumn => ({
    name,
    type: 'score',
    value: (row) => orNull(of(row)),
  });
  const { classes } = columns;
  return [
    { name: columns.embeddings, type: 'vector', value: vector, isLong: true },
    ...classes.map((name, index) => score(name, (row) => scores?.[row * classes.length + index])),
    ...valuesOf(columns.target, 'str', batch.targets),
    ...valuesOf(columns.imageUrl, 'str', batch.imageUrls),
    ...valuesOf(columns.timestamp, 'time', batch.timestamps),
    ...valuesOf(columns.eventId, 'str', batch.eventIds),
    ...columns.statistics.map((name) => score(statisticColumn(name), (row) => statistics.get(name)?.[row])),
    ...columns.metadata.map((column) => metadataColumn(column, batch)),
  ];
}

/** What can change of an event that is there, after its id. */
export function updatedColumns(columns: SentColumns, batch: EventBatch): SentColumn[] {
  return [
    ...valuesOf(columns.eventId, 'str', batch.eventIds),
    ...valuesOf(columns.target, 'str', batch.targets),
    ...valuesOf(columns.imageUrl, 'str', batch.imageUrls),
    ...columns.metadata.map((column) => metadataColumn(column, batch)),
  ];
}

/** @param name null where the model has no such column */
function valuesOf(
  name: string | null,
  type: SentColumn['type'],
  values: readonly (string | number | null)[],
): SentColumn[] {
  return name === null ? [] : [{ name, type, value: (row) => values[row] ?? null }];
}

function metadataColumn({ name, type, isTime }: SentMetadata, batch: EventBatch): SentColumn {
  const values = batch.carried?.get(name) ?? [];
  const sent = (row: number) => metadataValue(type, values[row], isTime);
  return {
    name,
    type,
    value(row) {
      const value = sent(row);
      return value === MISFIT ? null : value;
    },
  };
}

/** The events as values of JSON, which has no whole numbers beyond 2^53, but text of them. */
export function rowsOf(columns: readonly SentColumn[], rows: number): EventRow[] {
  const json = (value: EventValue | bigint) => {
    if (typeof value !== 'bigint') return value;
    return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  };
  return Array.from({ length: rows }, (_, row) =>
    Object.fromEntries(columns.map(({ name, value }) => [name, json(value(row))])),
  );
}

export function parquetOf(columns: readonly SentColumn[], rows: number, rowGroupSize = ROW_GROUP_ROWS): Uint8Array {
  const bytes = new ByteWriter();
  const schema: SchemaElement[] = [{ name: 'schema', num_children: columns.length }, ...columns.flatMap(elementsOf)];
  const parquet = new ParquetWriter({ writer: bytes, schema, createdBy: 'image-drift' });
  for (let from = 0; from < rows; from += rowGroupSize) {
    const length = Math.min(rowGroupSize, rows - from);
    const columnData = columns.map((column) => {
      const data = Array.from({ length }, (_, i) => cell(column, from + i));
      const { name, type, isLong } = column;
      // In runs, which is the writer's choice, not every reader knows booleans.
      const plain = isLong || type === 'bool' ? { encoding: 'PLAIN' as const } : {};
      return { name, data, ...plain, ...(isLong && { statistics: false }) };
    });
    parquet.write({ columnData, rowGroupSize });
  }
  parquet.finish();
  return bytes.getBytes().slice();
}

function cell({ type, value }: SentColumn, row: number): unknown {
  const found = value(row);
  return (type === 'time' || type === 'timestamp') && typeof found === 'number' ? BigInt(found) : found;
}

const NUMBERS: Partial<Record<SentColumn['type'], Omit<SchemaElement, 'name'>>> = {
  score: { type: 'FLOAT' },
  time: { type: 'INT64' },
  int: { type: 'INT64' },
  float: { type: 'DOUBLE' },
  bool: { type: 'BOOLEAN' },
  timestamp: { type: 'INT64', converted_type: 'TIMESTAMP_MILLIS' },
};

function elementsOf({ name, type }: SentColumn): SchemaElement[] {
  const repetition_type = 'OPTIONAL' as const;
  const number = NUMBERS[type];
  if (number !== undefined) return [{ name, ...number, repetition_type }];
  if (type === 'vector') {
    return [
      { name, repetition_type, num_children: 1, converted_type: 'LIST', logical_type: { type: 'LIST' } },
      { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
      { name: 'element', type: 'DOUBLE', repetition_type },
    ];
  }
  return [{ name, type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' }, repetition_type }];
}

function orNull(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : value;
}
