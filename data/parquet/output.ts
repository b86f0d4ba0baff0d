/**
 * A parquet file as it is written: row groups of column chunks, then page indexes and footer by hyparquet-writer.
 * Follows https://github.com/apache/parquet-format, version 2. Chunks of PLAIN pages (its Encodings.md) are made here:
 * of floats, made of typed arrays, as a JavaScript value a number would cost a table of embeddings more time than
 * anything else; and of texts that differ from row to row, such as ids and URLs, of which a dictionary would only hold
 * everything once more. `value-chunk.ts` makes the others.
 */
import { roomFor, swapItems } from '#platform';
import type { CarriedValue } from '../carried.js';
import { pageChecksum } from './codecs.js';
import {
  ByteWriter,
  type KeyValue,
  type SchemaElement,
  type writeColumn,
  writeIndexes,
  writeMetadata,
  writePageHeader,
  writeRleBitPackedHybrid,
} from './hyparquet-writer.js';
import { snappyCompress } from './snappy.js';

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

  /** What has been written since the last time. It is valid until the next group. */
  take(): Uint8Array {
    const taken = this.#bytes.getBytes();
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

export type Codec = 'SNAPPY' | 'UNCOMPRESSED';

/** Levels are made by `encodeLevels` and its like; there are none where the column has no lists. */
export interface PlainPage<Values> {
  /** Rows of the table; a row never spans pages. */
  rows: number;
  /** Values and nulls. */
  entries: number;
  values: Values;
  nulls: number;
  repetition: Uint8Array;
  definition: Uint8Array;
}

export type FloatPage = PlainPage<Float32Array>;

/** The bounds of a whole chunk. Readers skip row groups by them. They are absent where every value is null. */
type FullMeta = NonNullable<WrittenChunk['chunk']['meta_data']>;
type ChunkStatistics = NonNullable<FullMeta['statistics']>;

/** Enough to tell whether values can be compressed. */
const SAMPLE_BYTES = 2 ** 12;
/** A smaller part than this is not worth the time of every reader. */
const LEAST_SAVED = 1 / 8;

/** Embeddings, softmax and hashes are noise to snappy; rectified embeddings, with many a zero, are not. */
export function chooseCodec(bytes: Uint8Array): Codec {
  const sample = bytes.subarray(0, SAMPLE_BYTES);
  return snappyCompress(sample).length <= sample.length * (1 - LEAST_SAVED) ? 'SNAPPY' : 'UNCOMPRESSED';
}

/** `path`: names from the column to its leaf; `pages`: at least one, without NaN. */
export function writeFloatChunk(
  writer: ByteWriter,
  path: readonly string[],
  pages: readonly FloatPage[],
  codec: Codec,
  statistics?: ChunkStatistics,
): WrittenChunk {
  const bytes = pages.map((page) => ({ ...page, values: floatBytes(page.values) }));
  return writePages(writer, { type: 'FLOAT', path_in_schema: [...path], codec, statistics }, bytes);
}

const HOST_IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Little-endian, as the file has them: the same memory where the machine has them so, too. */
export function floatBytes(values: Float32Array | Float64Array): Uint8Array {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  if (HOST_IS_LITTLE_ENDIAN) return bytes;
  const turned = bytes.slice();
  swapItems(turned, values.BYTES_PER_ELEMENT);
  return turned;
}

const LENGTH_BYTES = 4;
/** The most bytes that a character takes in UTF-8. */
const LONGEST = 4;

/** For ASCII without nulls, as an optional UTF8; null for the rest, which `writeValueChunk`, slower, takes. */
export function writeTextChunk(
  writer: ByteWriter,
  element: SchemaElement,
  values: readonly (string | null)[],
): WrittenChunk | null {
  const bytes = plainAscii(values);
  if (bytes === null) return null;
  const texts = values as readonly string[];
  const rows = texts.length;
  const definition = encodeEqualLevels(1, rows);
  const page = { rows, entries: rows, nulls: 0, values: bytes, repetition: NO_LEVELS, definition };
  const statistics = { ...bounds(texts), null_count: 0n };
  const codec = chooseCodec(bytes);
  return writePages(writer, { type: 'BYTE_ARRAY', path_in_schema: [element.name], codec, statistics }, [page]);
}

/** Each text after its length (uint32); null where one is missing, is not ASCII, or all do not fit a page. */
export function plainAscii(values: readonly CarriedValue[]): Uint8Array | null {
  let size = 0;
  for (const value of values) {
    if (typeof value !== 'string') return null;
    size += LENGTH_BYTES + value.length;
  }
  if (size > PAGE_BYTES) return null;
  // Room behind the last text, so that one that is not ASCII is seen to take more bytes than it has characters.
  const bytes = roomFor(size + LONGEST);
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

export interface ChunkMeta extends Pick<FullMeta, 'type' | 'path_in_schema' | 'encoding_stats'> {
  codec: Codec;
  statistics: ChunkStatistics | undefined;
  /** How the pages' values are written; default: PLAIN. */
  encoding?: FullMeta['encodings'][number];
}

/** @param dictionary its values, if pages have places in it */
export function writePages(
  writer: ByteWriter,
  meta: ChunkMeta,
  pages: readonly PlainPage<Uint8Array>[],
  dictionary?: { values: Uint8Array; count: number },
): WrittenChunk {
  const { type, path_in_schema, codec, statistics, encoding = 'PLAIN', encoding_stats } = meta;
  const start = writer.offset;
  const offsetIndex: NonNullable<WrittenChunk['offsetIndex']> = { page_locations: [] };
  let uncompressed = dictionary === undefined ? 0 : writeDictionary(writer, dictionary.values, dictionary.count);
  const data = writer.offset;
  let [firstRow, entries] = [0, 0];
  for (const page of pages) {
    const offset = writer.offset;
    uncompressed += writePage(writer, page, codec, encoding);
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
        ...{ type, encodings: dictionary ? ['PLAIN', encoding] : [encoding], path_in_schema, codec },
        num_values: BigInt(entries),
        total_compressed_size: BigInt(writer.offset - start),
        total_uncompressed_size: BigInt(uncompressed),
        data_page_offset: BigInt(data),
        ...(dictionary && { dictionary_page_offset: BigInt(start) }),
        ...(statistics && { statistics }),
        ...(encoding_stats && { encoding_stats }),
      },
    },
    offsetIndex,
  };
}

/** @returns as `writePage` */
function writeDictionary(writer: ByteWriter, values: Uint8Array, count: number): number {
  const stored = snappyCompress(values);
  const start = writer.offset;
  writePageHeader(writer, {
    type: 'DICTIONARY_PAGE',
    uncompressed_page_size: values.length,
    compressed_page_size: stored.length,
    crc: pageChecksum(stored),
    dictionary_page_header: { num_values: count, encoding: 'PLAIN' },
  });
  const header = writer.offset - start;
  writer.appendBytes(stored);
  return header + values.length;
}

/** @returns the page's bytes before compression, with the header */
function writePage(
  writer: ByteWriter,
  page: PlainPage<Uint8Array>,
  codec: Codec,
  encoding: NonNullable<ChunkMeta['encoding']>,
): number {
  const { rows, entries, nulls, values, repetition, definition } = page;
  const stored = codec === 'SNAPPY' ? snappyCompress(values) : values;
  const levels = repetition.length + definition.length;
  const start = writer.offset;
  writePageHeader(writer, {
    type: 'DATA_PAGE_V2',
    uncompressed_page_size: levels + values.length,
    compressed_page_size: levels + stored.length,
    crc: pageChecksum(repetition, definition, stored),
    data_page_header_v2: {
      num_values: entries,
      num_nulls: nulls,
      num_rows: rows,
      encoding,
      definition_levels_byte_length: definition.length,
      repetition_levels_byte_length: repetition.length,
      is_compressed: codec === 'SNAPPY',
    },
  });
  const header = writer.offset - start;
  for (const bytes of [repetition, definition, stored]) writer.appendBytes(bytes);
  return header + levels + values.length;
}

export const NO_LEVELS = new Uint8Array(0);

const GROUP = 8;
/** Header of a run of one group of packed bits. */
const ONE_GROUP = (1 << 1) | 1;

/** Repetition or definition levels as pages of version 2 have them, without a length before; any up to `most`. */
export function encodeLevels(levels: Uint8Array, most: number): Uint8Array {
  const writer = new ByteWriter();
  writeRleBitPackedHybrid(writer, levels, 32 - Math.clz32(most));
  return writer.getBytes();
}

/** The same level of at most 255 in every place. */
export function encodeEqualLevels(level: number, count: number): Uint8Array {
  const writer = new ByteWriter();
  appendRun(writer, level, count);
  return writer.getBytes();
}

/** Repetition levels of lists that all have `length` values: 0, then ones. */
export function encodeListStarts(lists: number, length: number): Uint8Array {
  if (length <= GROUP) {
    const levels = new Uint8Array(lists * length).fill(1);
    for (let i = 0; i < levels.length; i += length) levels[i] = 0;
    return encodeLevels(levels, 1);
  }
  const writer = new ByteWriter();
  for (let list = 0; list < lists; list++) {
    writer.appendUint8(ONE_GROUP);
    writer.appendUint8(0b1111_1110);
    appendRun(writer, 1, length - GROUP);
  }
  return writer.getBytes();
}

function appendRun(writer: ByteWriter, level: number, count: number): void {
  writer.appendVarInt(count << 1);
  writer.appendUint8(level);
}
