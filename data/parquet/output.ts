/**
 * A parquet file as it is written: row groups, then page indexes and footer by hyparquet-writer. Pages are made in
 * `plain-chunk.ts` and `value-chunk.ts`. Follows https://github.com/apache/parquet-format, version 2.
 */
import {
  ByteWriter,
  type KeyValue,
  type SchemaElement,
  type writeColumn,
  writeIndexes,
  writeMetadata,
} from './hyparquet-writer.js';
/** Bytes of a page's values, after which another begins. */
export const PAGE_BYTES = 2 ** 20;
const MAGIC = 0x31524150;

/** A column of a row group in the file's bytes, and where its pages begin. */
export type WrittenChunk = ReturnType<typeof writeColumn>;

export class ParquetOutput {
  readonly #bytes = new ByteWriter();
  readonly #chunks: WrittenChunk[] = [];
  readonly #groups: { columns: WrittenChunk['chunk'][]; rows: number; start: number; end: number }[] = [];

  readonly #schema: SchemaElement[];
  readonly #keyValues: KeyValue[];

  constructor(schema: SchemaElement[], keyValues: KeyValue[]) {
    this.#schema = schema;
    this.#keyValues = keyValues;
    this.#bytes.appendUint32(MAGIC);
  }

  /** @param columns write one chunk each, in the order of the schema's leaves */
  writeGroup(rows: number, columns: readonly ((writer: ByteWriter) => WrittenChunk)[]): void {
    const start = this.#bytes.offset;
    const chunks = columns.map((write) => write(this.#bytes));
    this.#chunks.push(...chunks);
    this.#groups.push({ columns: chunks.map(({ chunk }) => chunk), rows, start, end: this.#bytes.offset });
  }

  /** What has been written since the last time, for the caller to keep. */
  take(): Uint8Array {
    const taken = this.#bytes.getBytes().slice();
    this.#bytes.index = 0;
    return taken;
  }

  finish(): void {
    writeIndexes(this.#bytes, this.#chunks);
    writeMetadata(this.#bytes, {
      version: 2,
      created_by: 'image-drift',
      schema: this.#schema,
      num_rows: BigInt(this.#groups.reduce((sum, { rows }) => sum + rows, 0)),
      row_groups: this.#groups.map(({ columns, rows, start, end }) => ({
        columns,
        total_byte_size: columns.reduce((sum, { meta_data }) => sum + (meta_data?.total_uncompressed_size ?? 0n), 0n),
        num_rows: BigInt(rows),
        total_compressed_size: BigInt(end - start),
      })),
      key_value_metadata: this.#keyValues,
      metadata_length: 0,
    });
    this.#bytes.appendUint32(MAGIC);
  }
}
