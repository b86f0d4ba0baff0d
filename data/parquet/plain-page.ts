/** A data page of version 2 whose values are PLAIN, and whether it is worth compressing. */

import { type ByteWriter, snappyCompress, writePageHeader } from './hyparquet-writer.js';
import { pageChecksum } from './page-checksum.js';

/** How the pages of a column are compressed, in all row groups alike. */
export type Codec = 'SNAPPY' | 'UNCOMPRESSED';

export interface PageShape {
  rows: number;
  /** Values and nulls. */
  entries: number;
  nulls: number;
  /** From `levels-out.ts`. */
  repetition: Uint8Array;
  definition: Uint8Array;
}

/** Enough to tell whether values can be compressed. */
const SAMPLE_BYTES = 2 ** 12;
/** A smaller part than this is not worth the time of every reader. */
const LEAST_SAVED = 1 / 8;

/** Embeddings, softmax and hashes are noise to snappy; rectified embeddings, with many a zero, are not. */
export function chooseCodec(bytes: Uint8Array): Codec {
  const sample = bytes.subarray(0, SAMPLE_BYTES);
  return snappyCompress(sample).length <= sample.length * (1 - LEAST_SAVED) ? 'SNAPPY' : 'UNCOMPRESSED';
}

/**
 * @param bytes the values that are not null
 * @returns the page's bytes before compression, with the header
 */
export function writePlainPage(writer: ByteWriter, page: PageShape, bytes: Uint8Array, codec: Codec): number {
  const { rows, entries, nulls, repetition, definition } = page;
  const stored = codec === 'SNAPPY' ? snappyCompress(bytes) : bytes;
  const levels = repetition.length + definition.length;
  const start = writer.offset;
  writePageHeader(writer, {
    type: 'DATA_PAGE_V2',
    uncompressed_page_size: levels + bytes.length,
    compressed_page_size: levels + stored.length,
    crc: pageChecksum(repetition, definition, stored),
    data_page_header_v2: {
      num_values: entries,
      num_nulls: nulls,
      num_rows: rows,
      encoding: 'PLAIN',
      definition_levels_byte_length: definition.length,
      repetition_levels_byte_length: repetition.length,
      is_compressed: codec === 'SNAPPY',
    },
  });
  const header = writer.offset - start;
  writer.appendBytes(repetition);
  writer.appendBytes(definition);
  writer.appendBytes(stored);
  return header + levels + bytes.length;
}
