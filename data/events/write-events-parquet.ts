/**
 * Events as Apache Parquet, snappy. Embeddings are a three-level LIST of FLOAT (`embeddings.list.element`), scores
 * FLOAT, text UTF8, `timestamp` a plain INT64 of milliseconds (what Fiddler's quickstart sends; pandas shows int64).
 * All are nullable, so that the arrow schema is that of a frame saved by pandas (`list<element: float>`) and the two
 * can be concatenated. Metadata is one JSON text under the key `image_drift` (see `table-schema.ts`).
 */
import { AtomicFile } from '../../files/index.js';
import type { CarriedColumn, CarriedValue } from '../carried.js';
import type { EventBatch, EventTableSchema } from '../event.js';
import type { ByteWriter, SchemaElement } from '../parquet/hyparquet-writer.js';
import {
  type Codec,
  chooseCodec,
  encodeEqualLevels,
  encodeLevels,
  encodeListStarts,
  type FloatPage,
  floatBytes,
  NO_LEVELS,
  PAGE_BYTES,
  ParquetOutput,
  type WrittenChunk,
  writeFloatChunk,
  writeTextChunk,
} from '../parquet/output.js';
import { writeValueChunk } from '../parquet/value-chunk.js';
import {
  type EventSink,
  type EventWriterOptions,
  METADATA_COLUMN,
  type ValueColumn,
  type WrittenColumn,
  writtenColumns,
} from './event-columns.js';
import { metadataJson } from './table-schema.js';

const ROW_GROUP_ROWS = 2_000;
/** Bounds the memory of a row group where embeddings are long. */
const ROW_GROUP_VALUES = 1_000_000;

export async function createParquetEvents(
  path: string,
  schema: EventTableSchema,
  options: EventWriterOptions,
): Promise<EventSink> {
  const file = await AtomicFile.create(path);
  const columns = writtenColumns(schema).map(parquetColumn);
  const root = { name: 'schema', num_children: columns.length };
  const parquet = new ParquetOutput(
    [root, ...columns.flatMap(({ elements }) => elements)],
    [{ key: METADATA_COLUMN, value: metadataJson(schema) }],
  );
  const groupRows = Math.max(
    1,
    Math.min(options.rowGroupRows ?? ROW_GROUP_ROWS, Math.floor(ROW_GROUP_VALUES / schema.dimensions)),
  );
  let rows = 0;

  const endGroup = async () => {
    parquet.writeGroup(
      rows,
      columns.map((column) => (writer) => column.write(writer)),
    );
    rows = 0;
    await file.write(parquet.take());
  };

  return {
    async write(batch) {
      for (let from = 0; from < batch.rows; ) {
        const to = Math.min(batch.rows, from + groupRows - rows);
        for (const column of columns) column.append(batch, from, to);
        rows += to - from;
        from = to;
        if (rows === groupRows) await endGroup();
      }
    },
    async finish() {
      if (rows > 0) await endGroup();
      parquet.finish();
      await file.write(parquet.take());
      await file.finish();
    },
    commit: () => file.commit(),
    discard: () => file.discard(),
  };
}

interface ParquetColumn {
  /** The elements of the schema, a group before what is in it. */
  readonly elements: readonly SchemaElement[];
  /** Keeps rows `[from, to)` of the batch. */
  append(batch: EventBatch, from: number, to: number): void;
  write(writer: ByteWriter): WrittenChunk;
}

export function parquetColumn(column: WrittenColumn): ParquetColumn {
  if (column.kind === 'vector') return new VectorColumn(column);
  return column.kind === 'float' ? new FloatColumn(column) : new ValuesColumn(column);
}

function elementOf({ name, type }: CarriedColumn): SchemaElement {
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
      return { name, type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' }, repetition_type };
  }
}

/** The list is there, has an entry, and that is not null. */
const DEFINED_IN_LIST = 3;

class VectorColumn implements ParquetColumn {
  readonly elements: readonly SchemaElement[];
  readonly #floats = new GrowingFloats();
  #codec: Codec | undefined;
  #levels: Pick<FloatPage, 'rows' | 'repetition' | 'definition'> | undefined;

  readonly #column: Extract<WrittenColumn, { kind: 'vector' }>;

  constructor(column: Extract<WrittenColumn, { kind: 'vector' }>) {
    this.#column = column;
    const logical_type = { type: 'LIST' } as const;
    this.elements = [
      { name: column.name, repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST', logical_type },
      { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
      { name: 'element', type: 'FLOAT', repetition_type: 'OPTIONAL' },
    ];
  }

  append(batch: EventBatch, from: number, to: number): void {
    const { length, valuesOf } = this.#column;
    const values = valuesOf(batch).subarray(from * length, to * length);
    this.#floats.append(values.length).set(values);
  }

  write(writer: ByteWriter): WrittenChunk {
    const { name, length } = this.#column;
    const { values } = this.#floats;
    const rows = values.length / length;
    const pageRows = Math.max(1, Math.floor(PAGE_BYTES / Float32Array.BYTES_PER_ELEMENT / length));
    const pages: FloatPage[] = [];
    for (let from = 0; from < rows; from += pageRows) {
      const to = Math.min(from + pageRows, rows);
      const part = values.subarray(from * length, to * length);
      pages.push({ entries: part.length, nulls: 0, values: part, ...this.#levelsOf(to - from) });
    }
    this.#codec ??= chooseCodec(floatBytes(values));
    this.#floats.clear();
    // Smallest and largest of all values of all vectors help no reader.
    return writeFloatChunk(writer, [name, 'list', 'element'], pages, this.#codec);
  }

  /** No vector and no value of one is missing, so all pages of a size have the same. */
  #levelsOf(rows: number): Pick<FloatPage, 'rows' | 'repetition' | 'definition'> {
    if (this.#levels?.rows !== rows) {
      const { length } = this.#column;
      const repetition = encodeListStarts(rows, length);
      this.#levels = { rows, repetition, definition: encodeEqualLevels(DEFINED_IN_LIST, rows * length) };
    }
    return this.#levels;
  }
}

class FloatColumn implements ParquetColumn {
  readonly elements: readonly SchemaElement[];
  readonly #floats = new GrowingFloats();
  #codec: Codec | undefined;

  readonly #column: Extract<WrittenColumn, { kind: 'float' }>;

  constructor(column: Extract<WrittenColumn, { kind: 'float' }>) {
    this.#column = column;
    this.elements = [{ name: column.name, type: 'FLOAT', repetition_type: 'OPTIONAL' }];
  }

  append(batch: EventBatch, from: number, to: number): void {
    const { width, column, valuesOf } = this.#column;
    const matrix = valuesOf(batch);
    const room = this.#floats.append(to - from);
    for (let i = 0, at = from * width + column; i < room.length; i++, at += width) room[i] = matrix[at]!;
  }

  write(writer: ByteWriter): WrittenChunk {
    const all = this.#floats.values;
    const { nulls, ...bounds } = describe(all);
    const values = nulls === 0 ? all : presentOf(all, nulls);
    const page: FloatPage = {
      rows: all.length,
      entries: all.length,
      nulls,
      values,
      repetition: NO_LEVELS,
      definition: nulls === 0 ? encodeEqualLevels(1, all.length) : encodeLevels(presence(all), 1),
    };
    this.#codec ??= chooseCodec(floatBytes(values));
    this.#floats.clear();
    const statistics = { ...(values.length > 0 && bounds), null_count: BigInt(nulls), nan_count: 0n };
    return writeFloatChunk(writer, [this.#column.name], [page], this.#codec, statistics);
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

/** `filter` would make an array of numbers first. */
function presentOf(values: Float32Array, nulls: number): Float32Array {
  const present = new Float32Array(values.length - nulls);
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isNaN(value)) present[count++] = value;
  }
  return present;
}

function presence(values: Float32Array): Uint8Array {
  const levels = new Uint8Array(values.length);
  for (let i = 0; i < levels.length; i++) levels[i] = Number.isNaN(values[i]!) ? 0 : 1;
  return levels;
}

class ValuesColumn implements ParquetColumn {
  readonly elements: readonly SchemaElement[];
  readonly #element: SchemaElement;
  readonly #column: ValueColumn;
  #values: CarriedValue[] = [];

  constructor(column: ValueColumn) {
    this.#column = column;
    this.#element = elementOf(column);
    this.elements = [this.#element];
  }

  append(batch: EventBatch, from: number, to: number): void {
    const values = this.#column.valuesOf(batch);
    const isWhole = this.#element.type === 'INT64';
    for (let row = from; row < to; row++) {
      const value = values[row]!;
      this.#values.push(typeof value === 'number' && isWhole ? BigInt(value) : value);
    }
  }

  write(writer: ByteWriter): WrittenChunk {
    const values = this.#values;
    this.#values = [];
    const chunk = this.#column.isUnique ? writeTextChunk(writer, this.#element, values as (string | null)[]) : null;
    return chunk ?? writeValueChunk(writer, this.#element, values);
  }
}

const FIRST_LENGTH = 1024;

/** Float32 values that are appended piece by piece, in one array that grows, and is used again when it was emptied. */
class GrowingFloats {
  #data = new Float32Array(0);
  #length = 0;

  /** Room behind the values so far, to be filled by the caller at once. */
  append(count: number): Float32Array {
    const start = this.#length;
    this.#length += count;
    if (this.#length > this.#data.length) {
      const grown = new Float32Array(Math.max(this.#length, 2 * this.#data.length, FIRST_LENGTH));
      grown.set(this.#data.subarray(0, start));
      this.#data = grown;
    }
    return this.#data.subarray(start, this.#length);
  }

  get values(): Float32Array {
    return this.#data.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
  }
}
