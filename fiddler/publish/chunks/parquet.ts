/**
 * A chunk of events as the parquet file that is uploaded: columns and types as the official client writes a frame of
 * Python lists (recordings 044 and 069: LIST of DOUBLE, FLOAT, String, INT64 ms, all optional, Snappy), then the id.
 */
import { ByteWriter, ParquetWriter, type SchemaElement } from 'hyparquet-writer';
import { type EventBatch, statisticColumn } from '../../../data/index.js';
import type { DataType } from '../../client/index.js';
import type { SentColumns, SentMetadata } from '../plan/columns.js';
import { MISFIT, metadataValue } from '../plan/metadata.js';

const ROW_GROUP_ROWS = 2_000;

export interface Column {
  elements: SchemaElement[];
  values: (from: number, to: number) => unknown[];
}

export function chunkParquet(columns: SentColumns, batch: EventBatch): Uint8Array {
  return columnsParquet(parquetColumns(columns, batch), batch.rows);
}

export function columnsParquet(written: readonly Column[], rows: number): Uint8Array {
  const bytes = new ByteWriter();
  const schema: SchemaElement[] = [
    { name: 'schema', num_children: written.length },
    ...written.flatMap(({ elements }) => elements),
  ];
  const parquet = new ParquetWriter({ writer: bytes, schema, createdBy: 'image-drift' });
  for (let from = 0; from < rows; from += ROW_GROUP_ROWS) {
    const to = Math.min(from + ROW_GROUP_ROWS, rows);
    const columnData = written.map(({ elements, values }) => {
      const column = { name: (elements[0] as SchemaElement).name, data: values(from, to) };
      if (elements.length > 1) return { ...column, encoding: 'PLAIN' as const, statistics: false };
      // In runs, which is the writer's choice, not every reader knows booleans.
      return elements[0]?.type === 'BOOLEAN' ? { ...column, encoding: 'PLAIN' as const } : column;
    });
    parquet.write({ columnData, rowGroupSize: ROW_GROUP_ROWS });
  }
  parquet.finish();
  return bytes.getBytes().slice();
}

function parquetColumns(columns: SentColumns, batch: EventBatch): Column[] {
  const dimensions = batch.embeddings.length / batch.rows;
  const written: Column[] = [
    {
      elements: listOfDoubles(columns.embeddings),
      values: rowsOf((row) => Array.from(batch.embeddings.subarray(row * dimensions, (row + 1) * dimensions))),
    },
    ...columns.classes.map((name, index) => ({
      elements: [float(name)],
      values: rowsOf((row) => orNull(batch.scores?.[row * columns.classes.length + index] ?? Number.NaN)),
    })),
  ];
  if (columns.target !== null) written.push(text(columns.target, batch.targets));
  if (columns.imageUrl !== null) written.push(text(columns.imageUrl, batch.imageUrls));
  if (columns.timestamp !== null) {
    written.push({
      elements: [{ name: columns.timestamp, type: 'INT64', repetition_type: 'OPTIONAL' }],
      values: rowsOf((row) => nullable(batch.timestamps[row], BigInt)),
    });
  }
  if (columns.eventId !== null) written.push(text(columns.eventId, batch.eventIds));
  for (const name of columns.statistics) {
    const values = batch.statistics.get(name) as Float32Array;
    written.push({ elements: [float(statisticColumn(name))], values: rowsOf((row) => orNull(values[row] as number)) });
  }
  for (const column of columns.metadata) written.push(metadataColumn(column, batch));
  return written;
}

/** A column that is carried along, as the model's type of it; null where a value does not fit. */
export function metadataColumn({ name, type, isTime }: SentMetadata, batch: EventBatch): Column {
  const values = batch.carried?.get(name) ?? [];
  const sent = (row: number) => {
    const value = metadataValue(type, values[row], isTime);
    return value === MISFIT ? null : type === 'timestamp' && value !== null ? BigInt(value) : value;
  };
  return { elements: [metadataElement(name, type)], values: rowsOf(sent) };
}

function metadataElement(name: string, type: DataType): SchemaElement {
  const repetition_type = 'OPTIONAL' as const;
  if (type === 'int') return { name, type: 'INT64', repetition_type };
  if (type === 'float') return { name, type: 'DOUBLE', repetition_type };
  if (type === 'bool') return { name, type: 'BOOLEAN', repetition_type };
  if (type === 'timestamp') return { name, type: 'INT64', converted_type: 'TIMESTAMP_MILLIS', repetition_type };
  return textElement(name);
}

function rowsOf(value: (row: number) => unknown): Column['values'] {
  return (from, to) => Array.from({ length: to - from }, (_, i) => value(from + i));
}

function nullable<T>(value: number | null | undefined, convert: (value: number) => T): T | null {
  return value === null || value === undefined ? null : convert(value);
}

function orNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}

export function text(name: string, values: readonly (string | null)[]): Column {
  return {
    elements: [textElement(name)],
    values: (from, to) => values.slice(from, to),
  };
}

export function textElement(name: string): SchemaElement {
  return {
    name,
    type: 'BYTE_ARRAY',
    converted_type: 'UTF8',
    logical_type: { type: 'STRING' },
    repetition_type: 'OPTIONAL',
  };
}

function float(name: string): SchemaElement {
  return { name, type: 'FLOAT', repetition_type: 'OPTIONAL' };
}

function listOfDoubles(name: string): SchemaElement[] {
  return [
    { name, repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST', logical_type: { type: 'LIST' } },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    { name: 'element', type: 'DOUBLE', repetition_type: 'OPTIONAL' },
  ];
}
