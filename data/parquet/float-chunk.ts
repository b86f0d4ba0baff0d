/**
 * A column chunk of FLOAT that is made of typed arrays: no JavaScript value a number, which is what a table of
 * embeddings would otherwise cost more time with than with anything else.
 *
 * Data pages of version 2, PLAIN, https://github.com/apache/parquet-format/blob/master/Encodings.md. How the levels of
 * a page are made is in `levels-out.ts`.
 */
import type { ByteWriter } from './hyparquet-writer.js';
import type { WrittenChunk } from './output.js';
import { type Codec, writePlainPage } from './plain-page.js';

export interface FloatPage {
  /** Rows of the table; a row never spans pages. */
  rows: number;
  /** Values and nulls. */
  entries: number;
  /** Those that are not null. */
  values: Float32Array;
  /** Nothing where the column has no lists. */
  repetition: Uint8Array;
  definition: Uint8Array;
}

/** The bounds of a whole chunk. Readers skip row groups by them. */
export interface FloatStatistics {
  /** Absent where every value is null. */
  min_value?: number;
  max_value?: number;
  null_count: bigint;
  nan_count: bigint;
}

/**
 * @param path names in the schema from the column to its leaf
 * @param pages at least one; none of their values is NaN
 */
export function writeFloatChunk(
  writer: ByteWriter,
  path: readonly string[],
  pages: readonly FloatPage[],
  codec: Codec,
  statistics?: FloatStatistics,
): WrittenChunk {
  const start = writer.offset;
  const offsetIndex: NonNullable<WrittenChunk['offsetIndex']> = { page_locations: [] };
  let uncompressed = 0;
  let [firstRow, entries] = [0, 0];
  for (const page of pages) {
    const offset = writer.offset;
    uncompressed += writePlainPage(
      writer,
      { ...page, nulls: page.entries - page.values.length },
      floatBytes(page.values),
      codec,
    );
    offsetIndex.page_locations.push({
      offset: BigInt(offset),
      compressed_page_size: writer.offset - offset,
      first_row_index: BigInt(firstRow),
    });
    firstRow += page.rows;
    entries += page.entries;
  }
  return {
    chunk: {
      file_offset: BigInt(start),
      meta_data: {
        type: 'FLOAT',
        encodings: ['PLAIN'],
        path_in_schema: [...path],
        codec,
        num_values: BigInt(entries),
        total_compressed_size: BigInt(writer.offset - start),
        total_uncompressed_size: BigInt(uncompressed),
        data_page_offset: BigInt(start),
        ...(statistics && { statistics }),
      },
    },
    offsetIndex,
  };
}

const HOST_IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Little-endian, as the file has them: the same memory where the machine has them so, too. */
export function floatBytes({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  const bytes = Buffer.from(buffer, byteOffset, byteLength);
  return HOST_IS_LITTLE_ENDIAN ? bytes : Buffer.from(bytes).swap32();
}
