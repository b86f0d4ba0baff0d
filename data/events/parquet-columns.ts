/**
 * The columns of an event table in parquet: what each is in the schema, and how it gathers the rows of a row group out
 * of batches. All are nullable, as pandas writes them. The bytes of a chunk are `../parquet/`'s.
 */
import type { ByteWriter, SchemaElement } from 'hyparquet-writer';
import type { EventBatch, EventTableSchema } from '../event.js';
import { encodeLevels, type FloatPage, writeFloatChunk } from '../parquet/float-chunk.js';
import { PAGE_BYTES, type WrittenChunk } from '../parquet/output.js';
import { writeValueChunk } from '../parquet/value-chunk.js';
import { EMBEDDINGS, EVENT_ID, IMAGE_URL, statisticColumn, TARGET, TIMESTAMP } from './event-columns.js';
import { GrowingFloats } from './growing-floats.js';

/** One column of the table. */
export interface ParquetEventColumn {
  /** Of the schema, a group before what is in it. */
  readonly elements: readonly SchemaElement[];
  /** Keeps rows `[from, to)` of the batch. */
  append(batch: EventBatch, from: number, to: number): void;
  /** Writes what was kept, and forgets it. */
  write(writer: ByteWriter): WrittenChunk;
}

/** In the order of `columnNames`. */
export function parquetColumns(schema: EventTableSchema): ParquetEventColumn[] {
  const { dimensions, classes } = schema;
  const columns: ParquetEventColumn[] = [
    new VectorColumn(EMBEDDINGS, dimensions, (batch) => batch.embeddings),
    ...classes.map((name, i) => new FloatColumn(name, classes.length, i, (batch) => batch.scores!)),
  ];
  if (schema.hasTargets) columns.push(new ValueColumn(text(TARGET), (batch) => batch.targets));
  if (schema.hasImageUrls) columns.push(new ValueColumn(text(IMAGE_URL), (batch) => batch.imageUrls));
  if (schema.hasTimestamps) {
    const element: SchemaElement = { name: TIMESTAMP, type: 'INT64', repetition_type: 'OPTIONAL' };
    columns.push(new ValueColumn(element, (batch) => batch.timestamps));
  }
  if (schema.hasEventIds) columns.push(new ValueColumn(text(EVENT_ID), (batch) => batch.eventIds));
  for (const name of schema.statistics) {
    columns.push(new FloatColumn(statisticColumn(name), 1, 0, (batch) => batch.statistics.get(name)!));
  }
  return columns;
}

function text(name: string): SchemaElement {
  const logical_type = { type: 'STRING' } as const;
  return { name, type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type, repetition_type: 'OPTIONAL' };
}

const NO_LEVELS = new Uint8Array(0);

/** A standard three-level LIST of as many FLOAT values in every row. */
class VectorColumn implements ParquetEventColumn {
  readonly elements: readonly SchemaElement[];
  private readonly floats = new GrowingFloats();
  private readonly levels = new Map<number, Pick<FloatPage, 'repetition' | 'definition'>>();

  constructor(
    private readonly name: string,
    private readonly length: number,
    private readonly valuesOf: (batch: EventBatch) => Float32Array,
  ) {
    const logical_type = { type: 'LIST' } as const;
    this.elements = [
      { name, repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST', logical_type },
      { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
      { name: 'element', type: 'FLOAT', repetition_type: 'OPTIONAL' },
    ];
  }

  append(batch: EventBatch, from: number, to: number): void {
    const values = this.valuesOf(batch).subarray(from * this.length, to * this.length);
    this.floats.append(values.length).set(values);
  }

  write(writer: ByteWriter): WrittenChunk {
    const { length } = this;
    const { values } = this.floats;
    const rows = values.length / length;
    const pageRows = Math.max(1, Math.floor(PAGE_BYTES / Float32Array.BYTES_PER_ELEMENT / length));
    const pages: FloatPage[] = [];
    for (let from = 0; from < rows; from += pageRows) {
      const to = Math.min(from + pageRows, rows);
      const entries = (to - from) * length;
      pages.push({
        rows: to - from,
        entries,
        values: values.subarray(from * length, to * length),
        ...this.levelsOf(entries),
      });
    }
    this.floats.clear();
    // Smallest and largest of all values of all vectors help no reader.
    return writeFloatChunk(writer, [this.name, 'list', 'element'], pages);
  }

  /** No vector and no value of one is missing, so all pages of a size have the same. */
  private levelsOf(entries: number): Pick<FloatPage, 'repetition' | 'definition'> {
    const known = this.levels.get(entries);
    if (known) return known;
    const repetition = Uint8Array.from({ length: entries }, (_, i) => (i % this.length === 0 ? 0 : 1));
    const levels = {
      repetition: encodeLevels(repetition, 1),
      definition: encodeLevels(new Uint8Array(entries).fill(3), 3),
    };
    this.levels.set(entries, levels);
    return levels;
  }
}

/** FLOAT, null where a value is NaN. */
class FloatColumn implements ParquetEventColumn {
  readonly elements: readonly SchemaElement[];
  private readonly floats = new GrowingFloats();

  /** Column `column` of a matrix with `columns`. */
  constructor(
    private readonly name: string,
    private readonly columns: number,
    private readonly column: number,
    private readonly matrixOf: (batch: EventBatch) => Float32Array,
  ) {
    this.elements = [{ name, type: 'FLOAT', repetition_type: 'OPTIONAL' }];
  }

  append(batch: EventBatch, from: number, to: number): void {
    const matrix = this.matrixOf(batch);
    const room = this.floats.append(to - from);
    for (let i = 0, at = from * this.columns + this.column; i < room.length; i++, at += this.columns) {
      room[i] = matrix[at]!;
    }
  }

  write(writer: ByteWriter): WrittenChunk {
    const all = this.floats.values;
    let [smallest, largest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    let nulls = 0;
    for (let i = 0; i < all.length; i++) {
      const value = all[i]!;
      if (value < smallest) smallest = value;
      if (value > largest) largest = value;
      if (Number.isNaN(value)) nulls++;
    }
    const present = Uint8Array.from(all, (value) => (Number.isNaN(value) ? 0 : 1));
    const page: FloatPage = {
      rows: all.length,
      entries: all.length,
      values: nulls === 0 ? all : all.filter((value) => !Number.isNaN(value)),
      repetition: NO_LEVELS,
      definition: encodeLevels(present, 1),
    };
    this.floats.clear();
    return writeFloatChunk(writer, [this.name], [page], {
      // Zero may be either (parquet.thrift, ColumnOrder).
      ...(nulls < all.length && { min_value: smallest || -0, max_value: largest || 0 }),
      null_count: BigInt(nulls),
      nan_count: 0n,
    });
  }
}

/** Text; or whole numbers as INT64. */
class ValueColumn implements ParquetEventColumn {
  readonly elements: readonly SchemaElement[];
  private values: (string | bigint | null)[] = [];

  constructor(
    private readonly element: SchemaElement,
    private readonly valuesOf: (batch: EventBatch) => readonly (string | number | null)[],
  ) {
    this.elements = [element];
  }

  append(batch: EventBatch, from: number, to: number): void {
    const values = this.valuesOf(batch);
    for (let row = from; row < to; row++) {
      const value = values[row]!;
      this.values.push(typeof value === 'number' ? BigInt(value) : value);
    }
  }

  write(writer: ByteWriter): WrittenChunk {
    const { values } = this;
    this.values = [];
    return writeValueChunk(writer, this.element, values);
  }
}
