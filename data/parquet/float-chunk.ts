/**
 * A column chunk of FLOAT that is made of typed arrays: no JavaScript value a number, which is what a table of
 * embeddings would otherwise cost more time with than with anything else.
 *
 * Data pages of version 2, PLAIN, https://github.com/apache/parquet-format/blob/master/Encodings.md. Embeddings and
 * softmax are noise to a dictionary and mostly to snappy, too: a chunk is compressed only where that saves something.
 */
import { ByteWriter } from 'hyparquet-writer';
import { writePageHeader } from 'hyparquet-writer/src/datapage.js';
import { writeRleBitPackedHybrid } from 'hyparquet-writer/src/encoding.js';
import { snappyCompress } from 'hyparquet-writer/src/snappy.js';
import type { WrittenChunk } from './output.js';

export interface FloatPage {
  /** Rows of the table; a row never spans pages. */
  rows: number;
  /** Values and nulls. */
  entries: number;
  /** Those that are not null. */
  values: Float32Array;
  /** From `encodeLevels`; nothing where the column has no lists. */
  repetition: Uint8Array;
  definition: Uint8Array;
}

/** Of a whole chunk, as readers skip row groups by it. */
export interface FloatStatistics {
  /** Absent where every value is null. */
  min_value?: number;
  max_value?: number;
  null_count: bigint;
  nan_count: bigint;
}

/** Enough to tell whether a chunk can be compressed. */
const SAMPLE_BYTES = 2 ** 14;
/** A smaller part than this is not worth the time of every reader. */
const LEAST_SAVED = 1 / 16;

/**
 * @param path names in the schema from the column to its leaf
 * @param pages at least one; none of their values is NaN
 */
export function writeFloatChunk(
  writer: ByteWriter,
  path: readonly string[],
  pages: readonly FloatPage[],
  statistics?: FloatStatistics,
): WrittenChunk {
  const start = writer.offset;
  const isCompressed = isCompressible(pages);
  const offsetIndex: NonNullable<WrittenChunk['offsetIndex']> = { page_locations: [] };
  let uncompressed = 0;
  let [firstRow, entries] = [0, 0];
  for (const page of pages) {
    const offset = writer.offset;
    uncompressed += writePage(writer, page, isCompressed);
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
        codec: isCompressed ? 'SNAPPY' : 'UNCOMPRESSED',
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

/** @returns its bytes before compression, with the header */
function writePage(writer: ByteWriter, page: FloatPage, isCompressed: boolean): number {
  const { rows, entries, values, repetition, definition } = page;
  const bytes = bytesOf(values);
  const stored = isCompressed ? snappyCompress(bytes) : bytes;
  const levels = repetition.length + definition.length;
  const start = writer.offset;
  writePageHeader(writer, {
    type: 'DATA_PAGE_V2',
    uncompressed_page_size: levels + bytes.length,
    compressed_page_size: levels + stored.length,
    data_page_header_v2: {
      num_values: entries,
      num_nulls: entries - values.length,
      num_rows: rows,
      encoding: 'PLAIN',
      definition_levels_byte_length: definition.length,
      repetition_levels_byte_length: repetition.length,
      is_compressed: isCompressed,
    },
  });
  const header = writer.offset - start;
  writer.appendBytes(repetition);
  writer.appendBytes(definition);
  writer.appendBytes(stored);
  return header + levels + bytes.length;
}

function isCompressible(pages: readonly FloatPage[]): boolean {
  const [largest] = pages.toSorted((a, b) => b.values.length - a.values.length);
  const sample = bytesOf(largest!.values).subarray(0, SAMPLE_BYTES);
  return snappyCompress(sample).length <= sample.length * (1 - LEAST_SAVED);
}

/** Levels as data pages have them: runs and packed bits, without a length before. @param most the largest possible one */
export function encodeLevels(levels: Uint8Array, most: number): Uint8Array {
  const writer = new ByteWriter();
  writeRleBitPackedHybrid(writer, levels, Math.ceil(Math.log2(most + 1)));
  return writer.getBytes();
}

const HOST_IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Little-endian, as the file has them: the same memory where the machine has them so, too. */
function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  const bytes = Buffer.from(buffer, byteOffset, byteLength);
  return HOST_IS_LITTLE_ENDIAN ? bytes : Buffer.from(bytes).swap32();
}
