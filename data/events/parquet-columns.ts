/**
 * The columns of an event table in parquet: what each is in the schema, and how it gathers the rows of a row group out
 * of batches. All are nullable, as pandas writes them. The bytes of a chunk are `../parquet/`'s.
 */

import type { CarriedColumn, CarriedValue } from '../carried.js';
import type { EventBatch, EventTableSchema } from '../event.js';
import { type FloatPage, floatBytes, writeFloatChunk } from '../parquet/float-chunk.js';
import type { ByteWriter, SchemaElement } from '../parquet/hyparquet-writer.js';
import { encodeEqualLevels, encodeLevels, encodeListStarts, NO_LEVELS } from '../parquet/levels-out.js';
import { PAGE_BYTES, type WrittenChunk } from '../parquet/output.js';
import { type Codec, chooseCodec } from '../parquet/plain-page.js';
import { writeTextChunk } from '../parquet/text-chunk.js';
import { writeValueChunk } from '../parquet/value-chunk.js';
import { EMBEDDINGS, EVENT_ID, IMAGE_URL, statisticColumn, TARGET, TIMESTAMP } from './event-columns.js';
import { GrowingFloats } from './growing-floats.js';

/** One column of the table. */
export interface ParquetEventColumn {
  /** The elements of the schema, a group before what is in it. */
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
  if (schema.hasImageUrls) columns.push(new TextColumn(text(IMAGE_URL), (batch) => batch.imageUrls));
  if (schema.hasTimestamps) {
    const element: SchemaElement = { name: TIMESTAMP, type: 'INT64', repetition_type: 'OPTIONAL' };
    columns.push(new ValueColumn(element, (batch) => batch.timestamps));
  }
  if (schema.hasEventIds) columns.push(new TextColumn(text(EVENT_ID), (batch) => batch.eventIds));
  for (const name of schema.statistics) {
    columns.push(new FloatColumn(statisticColumn(name), 1, 0, (batch) => batch.statistics.get(name)!));
  }
  for (const column of schema.carried ?? []) {
    columns.push(new ValueColumn(carriedElement(column), (batch) => batch.carried?.get(column.name) ?? []));
  }
  return columns;
}

function carriedElement({ name, type }: CarriedColumn): SchemaElement {
  const repetition_type = 'OPTIONAL';
  switch (type) {
    case 'integer':
      return { name, type: 'INT64', repetition_type };
    case 'float':
      return { name, type: 'DOUBLE', repetition_type };
    case 'boolean':
      return { name, type: 'BOOLEAN', repetition_type };
    case 'timestamp':
      return {
        name,
        type: 'INT64',
        converted_type: 'TIMESTAMP_MILLIS',
        logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' },
        repetition_type,
      };
    default:
      return text(name);
  }
}

function text(name: string): SchemaElement {
  const logical_type = { type: 'STRING' } as const;
  return { name, type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type, repetition_type: 'OPTIONAL' };
}

/** The list is there, has an entry, and that is not null. */
const DEFINED_IN_LIST = 3;

/** A standard three-level LIST of as many FLOAT values in every row. */
class VectorColumn implements ParquetEventColumn {
  readonly elements: readonly SchemaElement[];
  readonly #floats = new GrowingFloats();
  #codec: Codec | undefined;
  #levels: Pick<FloatPage, 'rows' | 'repetition' | 'definition'> | undefined;

  readonly #name: string;
  readonly #length: number;
  readonly #valuesOf: (batch: EventBatch) => Float32Array;

  constructor(name: string, length: number, valuesOf: (batch: EventBatch) => Float32Array) {
    this.#name = name;
    this.#length = length;
    this.#valuesOf = valuesOf;

    const logical_type = { type: 'LIST' } as const;
    this.elements = [
      { name, repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST', logical_type },
      { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
      { name: 'element', type: 'FLOAT', repetition_type: 'OPTIONAL' },
    ];
  }

  append(batch: EventBatch, from: number, to: number): void {
    const values = this.#valuesOf(batch).subarray(from * this.#length, to * this.#length);
    this.#floats.append(values.length).set(values);
  }

  write(writer: ByteWriter): WrittenChunk {
    const length = this.#length;
    const { values } = this.#floats;
    const rows = values.length / length;
    const pageRows = Math.max(1, Math.floor(PAGE_BYTES / Float32Array.BYTES_PER_ELEMENT / length));
    const pages: FloatPage[] = [];
    for (let from = 0; from < rows; from += pageRows) {
      const to = Math.min(from + pageRows, rows);
      const part = values.subarray(from * length, to * length);
      pages.push({ entries: part.length, values: part, ...this.#levelsOf(to - from) });
    }
    this.#codec ??= chooseCodec(floatBytes(values));
    this.#floats.clear();
    // Smallest and largest of all values of all vectors help no reader.
    return writeFloatChunk(writer, [this.#name, 'list', 'element'], pages, this.#codec);
  }

  /** No vector and no value of one is missing, so all pages of a size have the same. */
  #levelsOf(rows: number): Pick<FloatPage, 'rows' | 'repetition' | 'definition'> {
    if (this.#levels?.rows !== rows) {
      const repetition = encodeListStarts(rows, this.#length);
      this.#levels = { rows, repetition, definition: encodeEqualLevels(DEFINED_IN_LIST, rows * this.#length) };
    }
    return this.#levels;
  }
}

/** FLOAT, null where a value is NaN. */
class FloatColumn implements ParquetEventColumn {
  readonly elements: readonly SchemaElement[];
  readonly #floats = new GrowingFloats();
  #codec: Codec | undefined;

  /** Column `column` of a matrix with `columns`. */
  readonly #name: string;
  readonly #columns: number;
  readonly #column: number;
  readonly #matrixOf: (batch: EventBatch) => Float32Array;

  constructor(name: string, columns: number, column: number, matrixOf: (batch: EventBatch) => Float32Array) {
    this.#name = name;
    this.#columns = columns;
    this.#column = column;
    this.#matrixOf = matrixOf;

    this.elements = [{ name, type: 'FLOAT', repetition_type: 'OPTIONAL' }];
  }

  append(batch: EventBatch, from: number, to: number): void {
    const matrix = this.#matrixOf(batch);
    const room = this.#floats.append(to - from);
    for (let i = 0, at = from * this.#columns + this.#column; i < room.length; i++, at += this.#columns) {
      room[i] = matrix[at]!;
    }
  }

  write(writer: ByteWriter): WrittenChunk {
    const all = this.#floats.values;
    const { nulls, ...bounds } = describe(all);
    const values = nulls === 0 ? all : all.filter((value) => !Number.isNaN(value));
    const page: FloatPage = {
      rows: all.length,
      entries: all.length,
      values,
      repetition: NO_LEVELS,
      definition: nulls === 0 ? encodeEqualLevels(1, all.length) : encodeLevels(presence(all), 1),
    };
    this.#codec ??= chooseCodec(floatBytes(values));
    this.#floats.clear();
    const statistics = { ...(values.length > 0 && bounds), null_count: BigInt(nulls), nan_count: 0n };
    return writeFloatChunk(writer, [this.#name], [page], this.#codec, statistics);
  }
}

function describe(values: Float32Array): { nulls: number; min_value: number; max_value: number } {
  let [smallest, largest, nulls] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value < smallest) smallest = value;
    if (value > largest) largest = value;
    if (Number.isNaN(value)) nulls++;
  }
  // The sign of a zero does not count, so bounds include both (parquet.thrift, ColumnOrder).
  return { nulls, min_value: smallest || -0, max_value: largest || 0 };
}

/** Ones where there is a value. */
function presence(values: Float32Array): Uint8Array {
  const levels = new Uint8Array(values.length);
  for (let i = 0; i < levels.length; i++) levels[i] = Number.isNaN(values[i]!) ? 0 : 1;
  return levels;
}

/** Text that differs from row to row. */
class TextColumn implements ParquetEventColumn {
  readonly elements: readonly SchemaElement[];
  #values: (string | null)[] = [];

  readonly #element: SchemaElement;
  readonly #valuesOf: (batch: EventBatch) => readonly (string | null)[];

  constructor(element: SchemaElement, valuesOf: (batch: EventBatch) => readonly (string | null)[]) {
    this.#element = element;
    this.#valuesOf = valuesOf;

    this.elements = [element];
  }

  append(batch: EventBatch, from: number, to: number): void {
    const values = this.#valuesOf(batch);
    for (let row = from; row < to; row++) this.#values.push(values[row]!);
  }

  write(writer: ByteWriter): WrittenChunk {
    const values = this.#values;
    this.#values = [];
    return writeTextChunk(writer, this.#element, values);
  }
}

/** Text that repeats, such as names of classes; or numbers and other single values. */
class ValueColumn implements ParquetEventColumn {
  readonly elements: readonly SchemaElement[];
  #values: CarriedValue[] = [];

  readonly #element: SchemaElement;
  readonly #valuesOf: (batch: EventBatch) => readonly CarriedValue[];

  constructor(element: SchemaElement, valuesOf: (batch: EventBatch) => readonly CarriedValue[]) {
    this.#element = element;
    this.#valuesOf = valuesOf;

    this.elements = [element];
  }

  append(batch: EventBatch, from: number, to: number): void {
    const values = this.#valuesOf(batch);
    for (let row = from; row < to; row++) {
      const value = values[row]!;
      this.#values.push(typeof value === 'number' && this.#element.type === 'INT64' ? BigInt(value) : value);
    }
  }

  write(writer: ByteWriter): WrittenChunk {
    const values = this.#values;
    this.#values = [];
    return writeValueChunk(writer, this.#element, values);
  }
}
