/**
 * numpy's element types (array interface, "typestr": byte order, kind, bytes an item) and their bytes as JavaScript
 * values. Object arrays are pickles and are never read; structured, complex, datetime and void types are refused.
 */
import { swapItems } from '#platform';
import { DataError } from '../data-error.js';

export type NpyKind = 'bool' | 'uint' | 'int' | 'float' | 'bytes' | 'unicode';

export interface NpyType {
  /** As in the header, e.g. `<f4`. */
  descr: string;
  kind: NpyKind;
  itemBytes: number;
  littleEndian: boolean;
}

/**
 * Decoded elements: bool (0 and 1, as numpy reads other bytes too) and u1 as Uint8Array, f2 and f4 as Float32Array,
 * f8 as Float64Array, 64-bit integers as Float64Array (every value within ±(2^53 - 1)), strings as an array of
 * strings.
 */
export type NpyValues =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array
  | string[];

/** Class names and URLs are short; a longer item would be a document. */
const MAX_STRING_BYTES = 65_536;

const HOST_IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

const KINDS: Record<string, { kind: NpyKind; sizes: readonly number[] | 'string' }> = {
  b: { kind: 'bool', sizes: [1] },
  u: { kind: 'uint', sizes: [1, 2, 4, 8] },
  i: { kind: 'int', sizes: [1, 2, 4, 8] },
  f: { kind: 'float', sizes: [2, 4, 8] },
  S: { kind: 'bytes', sizes: 'string' },
  a: { kind: 'bytes', sizes: 'string' },
  U: { kind: 'unicode', sizes: 'string' },
};

/** @throws DataError `NPY_OBJECT_ARRAY`, `NPY_DTYPE` */
export function parseNpyType(descr: string, where: string): NpyType {
  const [, order, code, digits] = /^([<>|=]?)([a-zA-Z?])(\d{0,9})$/.exec(descr) ?? [];
  if (code === 'O') {
    throw new DataError(
      'NPY_OBJECT_ARRAY',
      `${where}: an array of Python objects (dtype ${descr}), which are pickles`,
      { hint: 'Save it with a numeric dtype, e.g. np.stack(images).astype(np.uint8): pickles are never run here.' },
    );
  }
  const known = code === undefined ? undefined : KINDS[code];
  const characters = digits === '' ? Number.NaN : Number(digits);
  const itemBytes = code === 'U' ? characters * 4 : characters;
  const fits =
    known !== undefined &&
    (known.sizes === 'string' ? itemBytes >= 1 && itemBytes <= MAX_STRING_BYTES : known.sizes.includes(itemBytes));
  if (!fits) {
    throw new DataError(
      'NPY_DTYPE',
      `${where}: dtype ${JSON.stringify(descr.slice(0, 40))} is none of bool, u1 to u8, i1 to i8, f2 to f8, S, U`,
      { hint: 'Convert it in numpy with .astype(…) before saving.' },
    );
  }
  const littleEndian = order === '<' || (order !== '>' && HOST_IS_LITTLE_ENDIAN);
  return { descr, kind: known.kind, itemBytes, littleEndian };
}

/**
 * Decodes `bytes`, whole items from a multiple of 8 in memory. May reorder them in place and return a view of them, so
 * the caller must own them and not use them again. @throws DataError `NPY_INTEGER_TOO_LARGE`, `NPY_STRING`
 */
export function decodeNpyValues(type: NpyType, bytes: Uint8Array, where: string): NpyValues {
  if (type.kind === 'bytes') return decodeByteStrings(type, bytes, where);
  if (type.littleEndian !== HOST_IS_LITTLE_ENDIAN) swapItems(bytes, type.kind === 'unicode' ? 4 : type.itemBytes);
  if (type.kind === 'unicode') return decodeUnicode(type, bytes, where);
  const view = [bytes.buffer, bytes.byteOffset, bytes.byteLength / type.itemBytes] as const;
  switch (`${type.kind}${type.itemBytes}`) {
    case 'bool1':
      return bytes.map((byte) => (byte === 0 ? 0 : 1));
    case 'uint1':
      return bytes;
    case 'int1':
      return new Int8Array(...view);
    case 'uint2':
      return new Uint16Array(...view);
    case 'int2':
      return new Int16Array(...view);
    case 'uint4':
      return new Uint32Array(...view);
    case 'int4':
      return new Int32Array(...view);
    case 'uint8':
      return safeNumbers(new BigUint64Array(...view), where);
    case 'int8':
      return safeNumbers(new BigInt64Array(...view), where);
    case 'float2':
      return Float32Array.from(new Uint16Array(...view), float16);
    case 'float4':
      return new Float32Array(...view);
    default:
      return new Float64Array(...view);
  }
}

function safeNumbers(integers: BigInt64Array | BigUint64Array, where: string): Float64Array {
  const numbers = new Float64Array(integers.length);
  for (let i = 0; i < numbers.length; i++) {
    const number = Number(integers[i]);
    if (!Number.isSafeInteger(number)) {
      throw new DataError(
        'NPY_INTEGER_TOO_LARGE',
        `${where}: the integer ${integers[i]} is beyond ±9,007,199,254,740,991`,
      );
    }
    numbers[i] = number;
  }
  return numbers;
}

/** IEEE 754 binary16: 1 sign, 5 exponent (bias 15) and 10 fraction bits. */
function float16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

function decodeByteStrings(type: NpyType, bytes: Uint8Array, where: string): string[] {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const strings: string[] = [];
  for (let start = 0; start < bytes.length; start += type.itemBytes) {
    let end = start + type.itemBytes;
    while (end > start && bytes[end - 1] === 0) end--;
    try {
      strings.push(decoder.decode(bytes.subarray(start, end)));
    } catch {
      throw new DataError('NPY_STRING', `${where}: string ${strings.length} of this part is not UTF-8`);
    }
  }
  return strings;
}

function decodeUnicode(type: NpyType, bytes: Uint8Array, where: string): string[] {
  const codePoints = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  const length = type.itemBytes / 4;
  const strings: string[] = [];
  for (let start = 0; start < codePoints.length; start += length) {
    let end = start + length;
    while (end > start && codePoints[end - 1] === 0) end--;
    let text = '';
    for (let i = start; i < end; i++) {
      const codePoint = codePoints[i]!;
      if (codePoint > 0x10ffff) {
        throw new DataError('NPY_STRING', `${where}: ${codePoint.toLocaleString('en')} is no Unicode code point`);
      }
      text += String.fromCodePoint(codePoint);
    }
    strings.push(text);
  }
  return strings;
}
