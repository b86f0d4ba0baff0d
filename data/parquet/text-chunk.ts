/**
 * A column chunk of texts that differ from row to row, such as ids and URLs: PLAIN, since a dictionary would only hold
 * everything once more. For ASCII without nulls; everything else is left to `value-chunk.ts`, which is slower.
 */
import type { ByteWriter, SchemaElement } from './hyparquet-writer.js';
import { encodeEqualLevels, NO_LEVELS } from './levels-out.js';
import { PAGE_BYTES, type WrittenChunk } from './output.js';
import { chooseCodec, writePlainPage } from './plain-page.js';
import { writeValueChunk } from './value-chunk.js';

const LENGTH_BYTES = 4;
/** The most bytes that a character takes in UTF-8. */
const LONGEST = 4;

/** @param element of the schema: an optional UTF8 */
export function writeTextChunk(
  writer: ByteWriter,
  element: SchemaElement,
  values: readonly (string | null)[],
): WrittenChunk {
  const bytes = plainAscii(values);
  if (bytes === null) return writeValueChunk(writer, element, values);
  const texts = values as readonly string[];
  const rows = texts.length;
  const codec = chooseCodec(bytes);
  const start = writer.offset;
  const page = { rows, entries: rows, nulls: 0, repetition: NO_LEVELS, definition: encodeEqualLevels(1, rows) };
  const uncompressed = writePlainPage(writer, page, bytes, codec);
  return {
    chunk: {
      file_offset: BigInt(start),
      meta_data: {
        type: 'BYTE_ARRAY',
        encodings: ['PLAIN'],
        path_in_schema: [element.name],
        codec,
        num_values: BigInt(rows),
        total_compressed_size: BigInt(writer.offset - start),
        total_uncompressed_size: BigInt(uncompressed),
        data_page_offset: BigInt(start),
        statistics: { ...bounds(texts), null_count: 0n },
      },
    },
  };
}

/** Each text after its length (uint32); null where one is missing, is not ASCII, or all do not fit a page. */
function plainAscii(values: readonly (string | null)[]): Uint8Array | null {
  let size = 0;
  for (const value of values) {
    if (value === null) return null;
    size += LENGTH_BYTES + value.length;
  }
  if (size > PAGE_BYTES) return null;
  // Room behind the last text, so that one that is not ASCII is seen to take more bytes than it has characters.
  const bytes = Buffer.allocUnsafe(size + LONGEST);
  let at = 0;
  for (const value of values as readonly string[]) {
    bytes.writeUInt32LE(value.length, at);
    at += LENGTH_BYTES;
    const written = bytes.write(value, at, 'utf8');
    at += value.length;
    if (written !== value.length) return null;
  }
  return bytes.subarray(0, size);
}

/** Texts in ASCII have the same order in UTF-16 and in UTF-8. */
function bounds(texts: readonly string[]): { min_value: string; max_value: string } {
  let [smallest, largest] = [texts[0]!, texts[0]!];
  for (const text of texts) {
    if (text < smallest) smallest = text;
    else if (text > largest) largest = text;
  }
  return { min_value: smallest, max_value: largest };
}
