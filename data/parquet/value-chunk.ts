/** A column chunk of text, numbers or booleans, flat and nullable: encoding, pages and statistics are hyparquet-writer's choice. */
import { bytesOfText, latin1 } from '#platform';
import type { CarriedValue } from '../carried.js';
import {
  ByteWriter,
  getPageBoundaries,
  type SchemaElement,
  useDictionary,
  writePlain,
  writeRleBitPackedHybrid,
} from './hyparquet-writer.js';
import {
  type ChunkMeta,
  encodeLevels,
  floatBytes,
  NO_LEVELS,
  PAGE_BYTES,
  type PlainPage,
  plainAscii,
  type WrittenChunk,
  writePages,
} from './output.js';

type Value = NonNullable<CarriedValue>;
type Type = ChunkMeta['type'];
type Encoding = NonNullable<ChunkMeta['encoding']>;

const MOST_PLAIN_BOOLEANS = 16;

/** @param values strings for a UTF8 column, bigints for one of INT64, numbers for DOUBLE, booleans for BOOLEAN */
export function writeValueChunk(
  writer: ByteWriter,
  { name, type = 'BYTE_ARRAY' }: SchemaElement,
  values: readonly CarriedValue[],
): WrittenChunk {
  const { dictionary, indexes } = useDictionary(values as CarriedValue[], type, undefined, undefined);
  const isRun = type === 'BOOLEAN' && values.length > MOST_PLAIN_BOOLEANS;
  const encoding = indexes !== undefined ? 'RLE_DICTIONARY' : isRun ? 'RLE' : 'PLAIN';
  // A dictionary has no place for null, and leaves it out of its indexes.
  const stored = (indexes ?? values) as (Value | null | undefined)[];
  const boundaries = getPageBoundaries(stored as CarriedValue[], indexes ? 'INT32' : type, undefined, PAGE_BYTES);
  const pages = boundaries.map(({ start, end }) => pageOf(stored.slice(start, end), type, encoding));
  const encoding_stats: NonNullable<ChunkMeta['encoding_stats']> = [
    { page_type: 'DATA_PAGE_V2', encoding, count: pages.length },
  ];
  if (dictionary !== undefined) encoding_stats.unshift({ page_type: 'DICTIONARY_PAGE', encoding: 'PLAIN', count: 1 });
  const meta: ChunkMeta = {
    ...{ type, path_in_schema: [name], codec: 'SNAPPY', encoding, encoding_stats },
    statistics: statisticsOf(values, dictionary ?? values, type),
  };
  const kept = dictionary && { values: plainBytes(dictionary, type), count: dictionary.length };
  return writePages(writer, meta, pages, kept);
}

/** @param different values, each at least once */
function statisticsOf(values: readonly CarriedValue[], different: readonly CarriedValue[], type: Type) {
  const count = (isSuch: (value: CarriedValue) => boolean) => BigInt(values.filter(isSuch).length);
  return {
    ...boundsOf(different),
    null_count: count((value) => value === null),
    ...(type === 'DOUBLE' && { nan_count: count((value) => Number.isNaN(value)) }),
  };
}

function pageOf(values: readonly (Value | null | undefined)[], type: Type, encoding: Encoding): PlainPage<Uint8Array> {
  const rows = values.length;
  const levels = new Uint8Array(rows);
  for (let i = 0; i < rows; i++) levels[i] = (values[i] ?? null) === null ? 0 : 1;
  const nulls = rows - levels.reduce((sum, level) => sum + level, 0);
  const present = (nulls === 0 ? values : values.filter((_, i) => levels[i] === 1)) as readonly Value[];
  return {
    rows,
    entries: rows,
    nulls,
    values: encoding === 'PLAIN' ? plainBytes(present, type) : runsOf(present as readonly number[], encoding),
    repetition: NO_LEVELS,
    definition: encodeLevels(levels, 1),
  };
}

function plainBytes(values: readonly Value[], type: Type): Uint8Array {
  if (type === 'DOUBLE') return floatBytes(Float64Array.from(values as readonly number[]));
  const ascii = type === 'BYTE_ARRAY' ? plainAscii(values) : null;
  if (ascii !== null) return ascii;
  const wide = type === 'INT64' ? values.find((value) => BigInt.asIntN(64, value as bigint) !== value) : undefined;
  if (wide !== undefined) throw new RangeError(`${wide} is no integer of 64 bits`);
  const writer = new ByteWriter();
  writePlain(writer, values as Value[], type, undefined);
  return writer.getBytes();
}

/** Booleans after their length, places in a dictionary after their bits. */
function runsOf(values: readonly number[], encoding: Encoding): Uint8Array {
  const writer = new ByteWriter();
  if (encoding === 'RLE') {
    const runs = encodeLevels(Uint8Array.from(values), 1);
    writer.appendUint32(runs.length);
    writer.appendBytes(runs);
  } else {
    const bits = 32 - Math.clz32(values.reduce((most, value) => Math.max(most, value), 0));
    writer.appendUint8(bits);
    writeRleBitPackedHybrid(writer, values as number[], bits);
  }
  return writer.getBytes();
}

/** From surrogates on, the order of UTF-16 is another than that of UTF-8, which counts. */
const OF_OTHER_ORDER = /[\ud800-\uffff]/;

/** Without null and NaN. The sign of a zero does not count, so bounds include both (parquet.thrift, ColumnOrder). */
function boundsOf(values: readonly CarriedValue[]): { min_value?: Value; max_value?: Value } {
  const isOther = values.some((value) => typeof value === 'string' && OF_OTHER_ORDER.test(value));
  const isLess = isOther ? (a: Value, b: Value) => inBytes(a) < inBytes(b) : (a: Value, b: Value) => a < b;
  let [smallest, largest]: (Value | undefined)[] = [];
  for (const value of values) {
    if (value === null || Number.isNaN(value)) continue;
    if (smallest === undefined || isLess(value, smallest)) smallest = value;
    if (largest === undefined || isLess(largest, value)) largest = value;
  }
  if (smallest === undefined || largest === undefined) return {};
  return { min_value: smallest === 0 ? -0 : smallest, max_value: largest === 0 ? 0 : largest };
}

function inBytes(text: Value): string {
  return latin1(bytesOfText(String(text)));
}
