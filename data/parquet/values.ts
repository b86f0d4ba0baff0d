/**
 * The values of one parquet page, in the encodings that pyarrow, pandas, DuckDB, polars and Spark write. Decoders are
 * hyparquet's; what they would take on trust (counts, lengths, block sizes) is checked before.
 */
import {
  byteStreamSplit,
  convert,
  type DataReader,
  DEFAULT_PARSERS,
  type DecodedArray,
  deltaBinaryUnpack,
  type Encoding,
  readPlain,
  type SchemaElement,
} from './hyparquet.js';
import { readHybrid } from './levels.js';

/** Bytes of a plain value at least; what a page cannot hold is not allocated. */
const PLAIN_BYTES: Readonly<Record<string, number>> = {
  INT32: 4,
  FLOAT: 4,
  INT64: 8,
  DOUBLE: 8,
  INT96: 12,
  BYTE_ARRAY: 4,
  FIXED_LEN_BYTE_ARRAY: 1,
};
const VARIABLE: readonly string[] = ['BYTE_ARRAY', 'FIXED_LEN_BYTE_ARRAY'];
/** hyparquet's own, but text must be text: its decoder puts U+FFFD for what is not UTF-8, and says nothing. */
const PARSERS = { ...DEFAULT_PARSERS, stringFromBytes: (bytes: Uint8Array | undefined) => bytes && UTF8.decode(bytes) };
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The usual block of delta encoding is 128, parquet-rs writes 256. */
const MAX_DELTA_BLOCK = 65_536;

/**
 * Numbers, bigints, strings, bytes or dates, after the column's logical type.
 * @param bytes the page without its levels, decompressed; `count`: values that are not null
 * @param isBytes whether untyped bytes are bytes; else text, as in old files
 * @throws RangeError and other errors when the page is damaged or its encoding unknown
 */
export function readValues(
  bytes: Uint8Array,
  encoding: Encoding | undefined,
  count: number,
  element: SchemaElement,
  dictionary: DecodedArray | null,
  isBytes = false,
): DecodedArray {
  if (count === 0) return [];
  if (encoding === 'PLAIN_DICTIONARY' || encoding === 'RLE_DICTIONARY') return lookedUp(bytes, count, dictionary);
  return logical(readPhysical(bytes, encoding, count, element), element, isBytes);
}

export function readDictionary(
  bytes: Uint8Array,
  count: number,
  element: SchemaElement,
  isBytes = false,
): DecodedArray {
  return logical(readPhysical(bytes, 'PLAIN', count, element), element, isBytes);
}

function readPhysical(
  bytes: Uint8Array,
  encoding: Encoding | undefined,
  count: number,
  element: SchemaElement,
): DecodedArray {
  const type = element.type ?? 'BYTE_ARRAY';
  const reader: DataReader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
  if (encoding === 'PLAIN' || encoding === 'BYTE_STREAM_SPLIT') {
    const least = count * (PLAIN_BYTES[type] ?? 1 / 8);
    const exact = type in PLAIN_BYTES && !VARIABLE.includes(type);
    if (least > bytes.byteLength || (exact && least !== bytes.byteLength)) {
      throw new RangeError(`${count} values of ${type} in ${bytes.byteLength} bytes`);
    }
    if (encoding === 'BYTE_STREAM_SPLIT') return byteStreamSplit(reader, count, type, element.type_length);
    return readPlain(reader, type, count, element.type_length);
  }
  if (encoding === 'DELTA_BINARY_PACKED') {
    return type === 'INT32' ? deltas(reader, new Int32Array(count)) : deltas(reader, new BigInt64Array(count));
  }
  if (encoding === 'RLE' && type === 'BOOLEAN') return truths(bytes, count);
  if (encoding === 'DELTA_LENGTH_BYTE_ARRAY') return suffixes(reader, count);
  if (encoding === 'DELTA_BYTE_ARRAY') {
    const prefixes = deltas(reader, new Int32Array(count));
    return withPrefixes(prefixes, suffixes(reader, count));
  }
  throw new RangeError(`encoding ${encoding ?? 'of an unknown number'} cannot be read`);
}

function lookedUp(bytes: Uint8Array, count: number, dictionary: DecodedArray | null): DecodedArray {
  if (dictionary === null) throw new RangeError('dictionary indices without a dictionary');
  const indices = new Uint32Array(count);
  readHybrid(bytes, 1, bytes.byteLength, bytes[0] ?? 0, indices);
  const values = dictionary instanceof Float32Array ? new Float32Array(count) : new Array<unknown>(count);
  for (let i = 0; i < count; i++) {
    const index = indices[i] as number;
    if (index >= dictionary.length) throw new RangeError(`entry ${index} of a dictionary of ${dictionary.length}`);
    values[i] = dictionary[index];
  }
  return values;
}

/** hyparquet's decoder loops for ever on a negative block size, so sizes are looked at first. */
function deltas<T extends Int32Array | BigInt64Array>(reader: DataReader, output: T): T {
  const ahead = { view: reader.view, offset: reader.offset };
  const block = varint(ahead);
  const miniblocks = varint(ahead);
  if (block < 1 || block > MAX_DELTA_BLOCK || miniblocks < 1 || block % miniblocks !== 0) {
    throw new RangeError(`delta blocks of ${block} values in ${miniblocks} miniblocks`);
  }
  deltaBinaryUnpack(reader, output.length, output);
  return output;
}

/** Booleans in runs, as pages of the second version have them, behind four bytes of their length. */
function truths(bytes: Uint8Array, count: number): boolean[] {
  const end = 4 + new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0, true);
  if (end > bytes.byteLength) throw new RangeError(`${end} bytes of booleans in ${bytes.byteLength}`);
  const bits = new Uint8Array(count);
  readHybrid(bytes, 4, end, 1, bits);
  return Array.from(bits, (bit) => bit === 1);
}

function varint(reader: DataReader): number {
  let value = 0;
  for (let shift = 0; shift <= 28; shift += 7) {
    const byte = reader.view.getUint8(reader.offset++);
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return value;
  }
  throw new RangeError('integer of more than 32 bits');
}

function suffixes(reader: DataReader, count: number): Uint8Array[] {
  const lengths = deltas(reader, new Int32Array(count));
  const { buffer, byteOffset, byteLength } = reader.view;
  return Array.from(lengths, (length) => {
    if (length < 0 || reader.offset + length > byteLength) throw new RangeError(`text of ${length} bytes`);
    reader.offset += length;
    return new Uint8Array(buffer, byteOffset + reader.offset - length, length);
  });
}

function withPrefixes(prefixes: Int32Array, parts: readonly Uint8Array[]): Uint8Array[] {
  let previous = new Uint8Array(0);
  return parts.map((part, index) => {
    const prefix = prefixes[index] as number;
    if (prefix < 0 || prefix > previous.byteLength) throw new RangeError(`prefix of ${prefix} bytes`);
    const value = new Uint8Array(prefix + part.byteLength);
    value.set(previous.subarray(0, prefix));
    value.set(part, prefix);
    previous = value;
    return value;
  });
}

function logical(values: DecodedArray, element: SchemaElement, isBytes: boolean): DecodedArray {
  if (element.type === 'FLOAT' || element.type === 'DOUBLE') return values;
  return convert(values, {
    pathInSchema: [element.name],
    type: element.type ?? 'BYTE_ARRAY',
    element,
    schemaPath: [],
    codec: 'UNCOMPRESSED',
    parsers: PARSERS,
    utf8: !isBytes,
  });
}
