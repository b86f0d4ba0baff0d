/**
 * The pages of one parquet column, one after the other over all row groups, so that memory holds a page and never a
 * row group (pandas writes a million rows in one). Spec: apache/parquet-format, README.md and parquet.thrift.
 */
import { CodedError } from '../../base/index.js';
import { DataError } from '../data-error.js';
import { checkPage, decompress, loadCodec, MAX_PAGE_BYTES } from './codecs.js';
import {
  type ColumnChunk,
  type CompressionCodec,
  type DecodedArray,
  type FileMetaData,
  getMaxDefinitionLevel,
  getMaxRepetitionLevel,
  type PageHeader,
  parquetHeader,
  type SchemaTree,
} from './hyparquet.js';
import { readHybrid } from './levels.js';
import type { PageSource } from './read-ahead.js';
import { endOfThriftStruct } from './thrift-check.js';
import { readDictionary, readValues } from './values.js';

/** Holds all but headers with long statistics, … */
const HEADER_BYTES = 4 * 1024;
/** … which are read again with room for this. */
const MAX_HEADER_BYTES = 1024 * 1024;
/** Entries of a page: 100 MB of float32 are 25 million. A run-length page of a few bytes can promise two billion. */
const MAX_PAGE_ENTRIES = 2 ** 25;
/** A few writers leave a page without values; a chunk of nothing else would be read for ever. */
const MAX_EMPTY_PAGES = 1_000;

/** One data page. Levels are empty where the column has none. */
export interface Page {
  entries: number;
  repetition: Uint8Array;
  definition: Uint8Array;
  /** One for every entry whose definition level is the column's greatest. */
  values: DecodedArray;
}

interface Chunk {
  begin: number;
  end: number;
  entries: number;
  codec: CompressionCodec;
}

export class ParquetColumn {
  readonly name: string;
  readonly maxDefinition: number;
  readonly maxRepetition: number;

  readonly #file: PageSource;
  readonly #metadata: FileMetaData;
  readonly #leaf: readonly SchemaTree[];
  readonly #isBytes: boolean;

  /**
   * @param leaf schema nodes from the root to the column's leaf
   * @param isBytes whether bytes that the schema does not call text are bytes; else they are text, as old writers
   *   mean them
   */
  constructor(file: PageSource, metadata: FileMetaData, leaf: readonly SchemaTree[], isBytes = false) {
    this.#file = file;
    this.#metadata = metadata;
    this.#leaf = leaf;
    this.#isBytes = isBytes;
    this.name = leaf[1]?.element.name ?? '';
    this.maxDefinition = getMaxDefinitionLevel([...leaf]);
    this.maxRepetition = getMaxRepetitionLevel([...leaf]);
  }

  /**
   * @param firstGroup row group to begin with @throws DataError `PARQUET_DAMAGED`, naming the column and the row group
   */
  async *pages(firstGroup = 0): AsyncGenerator<Page, void, undefined> {
    for (const [group, { num_rows: rows }] of this.#metadata.row_groups.entries()) {
      try {
        const chunk = this.#chunk(group);
        if (group >= firstGroup) yield* this.#chunkPages(chunk);
        // Another number would give each row the values of another one.
        else if (this.maxRepetition === 0 && chunk.entries !== Number(rows)) {
          throw new RangeError(`${chunk.entries} values of ${rows} rows`);
        }
      } catch (error) {
        if (error instanceof CodedError) throw error;
        const why = error instanceof Error ? error.message : String(error);
        throw new DataError(
          'PARQUET_DAMAGED',
          `${this.#file.path} column ${this.name}, row group ${group}: the bytes are damaged: ${why}`,
          { cause: error },
        );
      }
    }
  }

  #chunk(group: number): Chunk {
    const path = this.#leaf.slice(1).map(({ element }) => element.name);
    const rowGroup = this.#metadata.row_groups[group];
    const column = rowGroup && chunksOf(rowGroup).get(path.join('\0'));
    const meta = column?.meta_data;
    if (column === undefined || meta === undefined) throw new RangeError('the row group has no such column');
    if (column.file_path) throw new RangeError(`its data is in another file, ${column.file_path}`);
    if (meta.type !== this.#leaf.at(-1)?.element.type) throw new RangeError(`${meta.type}, but not in the schema`);
    const data = Number(meta.data_page_offset);
    const dictionary = Number(meta.dictionary_page_offset ?? 0);
    const begin = dictionary > 0 && dictionary < data ? dictionary : data;
    const end = begin + Number(meta.total_compressed_size);
    const entries = Number(meta.num_values);
    if (!(begin >= 4 && end >= begin && end <= this.#file.size && entries >= 0)) {
      throw new RangeError(`bytes ${begin} to ${end} of a file of ${this.#file.size}, ${entries} values`);
    }
    return { begin, end, entries, codec: meta.codec };
  }

  async *#chunkPages(chunk: Chunk): AsyncGenerator<Page, void, undefined> {
    await loadCodec(chunk.codec);
    let dictionary: DecodedArray | null = null;
    let missing = chunk.entries;
    let at = chunk.begin;
    let empty = 0;
    while (missing > 0) {
      if (empty > MAX_EMPTY_PAGES) throw new RangeError(`${empty} pages without values`);
      const { header, length } = await this.#pageHeader(at, chunk.end);
      const size = header.compressed_page_size;
      if (!(size >= 0 && size <= MAX_PAGE_BYTES && at + length + size <= chunk.end)) {
        throw new RangeError(`a page of ${size} bytes at byte ${at + length} of a chunk that ends at ${chunk.end}`);
      }
      const bytes = await this.#file.read(at + length, size);
      checkPage(bytes, header.crc);
      at += length + size;
      if (header.type === 'DICTIONARY_PAGE') {
        dictionary = this.#dictionary(header, bytes, chunk);
      } else if (header.type === 'DATA_PAGE' || header.type === 'DATA_PAGE_V2') {
        const entries = (header.data_page_header ?? header.data_page_header_v2)?.num_values ?? 0;
        if (!(entries >= 0 && entries <= Math.min(missing, MAX_PAGE_ENTRIES))) {
          throw new RangeError(`a page of ${entries} values, ${missing} are missing of the chunk's`);
        }
        missing -= entries;
        const page =
          header.type === 'DATA_PAGE'
            ? this.#page(header, bytes, chunk, dictionary)
            : this.#pageV2(header, bytes, chunk, dictionary);
        if (entries > 0) yield page;
        else empty++;
      } else {
        empty++;
      }
    }
  }

  async #pageHeader(at: number, end: number): Promise<{ header: PageHeader; length: number }> {
    for (const room of [HEADER_BYTES, MAX_HEADER_BYTES]) {
      const bytes = await this.#file.read(at, Math.max(0, Math.min(room, end - at)));
      try {
        const length = endOfThriftStruct(bytes, 0);
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        return { header: parquetHeader({ view, offset: 0 }), length };
      } catch (error) {
        if (bytes.byteLength < room || room === MAX_HEADER_BYTES) throw error;
      }
    }
    throw new RangeError('page header too long');
  }

  #dictionary(header: PageHeader, bytes: Uint8Array, chunk: Chunk): DecodedArray {
    const page = decompress(chunk.codec, bytes, header.uncompressed_page_size);
    const count = header.dictionary_page_header?.num_values ?? 0;
    if (!(count >= 0 && count <= MAX_PAGE_ENTRIES)) throw new RangeError(`a dictionary of ${count} entries`);
    return count === 0 ? [] : readDictionary(page, count, this.#element, this.#isBytes);
  }

  #page(header: PageHeader, bytes: Uint8Array, chunk: Chunk, dictionary: DecodedArray | null): Page {
    const { num_values: entries = 0, encoding } = header.data_page_header ?? {};
    const page = decompress(chunk.codec, bytes, header.uncompressed_page_size);
    const repetition = this.maxRepetition > 0 ? prefixedLevels(page, 0, this.maxRepetition, entries) : NO_LEVELS;
    const definition =
      this.maxDefinition > 0
        ? prefixedLevels(page, repetition.end, this.maxDefinition, entries)
        : { ...NO_LEVELS, end: repetition.end };
    const count = this.#present(definition.levels, entries);
    const values = readValues(page.subarray(definition.end), encoding, count, this.#element, dictionary, this.#isBytes);
    return { entries, repetition: repetition.levels, definition: definition.levels, values };
  }

  #pageV2(header: PageHeader, bytes: Uint8Array, chunk: Chunk, dictionary: DecodedArray | null): Page {
    const v2 = header.data_page_header_v2;
    if (v2 === undefined) throw new RangeError('a page without its header');
    const repetitionEnd = v2.repetition_levels_byte_length;
    const levelsEnd = repetitionEnd + v2.definition_levels_byte_length;
    if (!(repetitionEnd >= 0 && levelsEnd >= repetitionEnd && levelsEnd <= bytes.byteLength)) {
      throw new RangeError(`levels up to byte ${levelsEnd} of a page of ${bytes.byteLength}`);
    }
    const entries = v2.num_values;
    const repetition = levels(bytes, 0, repetitionEnd, this.maxRepetition, entries);
    const definition = levels(bytes, repetitionEnd, levelsEnd, this.maxDefinition, entries);
    const size = header.uncompressed_page_size - levelsEnd;
    const body = decompress(v2.is_compressed === false ? 'UNCOMPRESSED' : chunk.codec, bytes.subarray(levelsEnd), size);
    const present = this.#present(definition, entries);
    checkCount('nulls', v2.num_nulls, entries - present);
    if (this.maxRepetition > 0) checkCount('rows', v2.num_rows, countZeros(repetition));
    const values = readValues(body, v2.encoding, present, this.#element, dictionary, this.#isBytes);
    return { entries, repetition, definition, values };
  }

  get #element() {
    return (this.#leaf.at(-1) as SchemaTree).element;
  }

  #present(definition: Uint8Array, entries: number): number {
    if (this.maxDefinition === 0) return entries;
    let count = 0;
    for (const level of definition) {
      if (level > this.maxDefinition) throw new RangeError(`definition level ${level} of ${this.maxDefinition}`);
      if (level === this.maxDefinition) count++;
    }
    return count;
  }
}

/** What the header says of the page, beside what its levels say. */
function checkCount(what: string, promised: number, found: number): void {
  if (promised !== found) throw new RangeError(`a page of ${promised} ${what} promised, its levels have ${found}`);
}

function countZeros(levels: Uint8Array): number {
  let zeros = 0;
  for (const level of levels) if (level === 0) zeros++;
  return zeros;
}

const NO_LEVELS = { levels: new Uint8Array(0), end: 0 };

type RowGroup = FileMetaData['row_groups'][number];

const knownChunks = new WeakMap<RowGroup, ReadonlyMap<string, ColumnChunk>>();

/** The chunks of a row group by their paths, the first of equal ones: a search for each of 20,000 columns takes seconds. */
function chunksOf(group: RowGroup): ReadonlyMap<string, ColumnChunk> {
  const known = knownChunks.get(group);
  if (known !== undefined) return known;
  const chunks = new Map<string, ColumnChunk>();
  for (const chunk of group.columns) {
    const path = (chunk.meta_data?.path_in_schema ?? []).join('\0');
    if (!chunks.has(path)) chunks.set(path, chunk);
  }
  knownChunks.set(group, chunks);
  return chunks;
}

/** Version 1 pages put the length of the levels, four bytes, before them. */
function prefixedLevels(page: Uint8Array, begin: number, max: number, entries: number) {
  const length = new DataView(page.buffer, page.byteOffset, page.byteLength).getUint32(begin, true);
  const end = begin + 4 + length;
  return { levels: levels(page, begin + 4, end, max, entries), end };
}

function levels(bytes: Uint8Array, begin: number, end: number, max: number, entries: number): Uint8Array {
  if (max === 0) return NO_LEVELS.levels;
  const output = new Uint8Array(entries);
  const read = readHybrid(bytes, begin, end, 32 - Math.clz32(max), output);
  if (read < end) throw new RangeError(`${end - read} bytes behind the levels of ${entries} values`);
  return output;
}
