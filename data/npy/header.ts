/**
 * The header of an npy file, versions 1.0, 2.0 and 3.0, read and written.
 * Follows numpy/lib/format.py ("Format Version 1.0" to "3.0"). Not for the data after it.
 */
import { bytesOf, bytesOfText } from '#platform';
import { DataError } from '../data-error.js';
import { type NpyType, parseNpyType } from './dtype.js';

export interface NpyHeader {
  type: NpyType;
  /** The first axis varies fastest, instead of the last. */
  fortranOrder: boolean;
  shape: readonly number[];
  /** Where the elements start, bytes from the start of the file. */
  dataOffset: number;
}

/** Magic, version, and the longer of the two length fields: enough to know how long the header is. */
export const NPY_PREFIX_BYTES = 12;
const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/** numpy.load's own limit (`max_header_size`). */
const MAX_HEADER_BYTES = 10_000;
/** numpy's own limit (`NPY_MAXDIMS` of numpy 2). */
const MAX_DIMENSIONS = 64;

/**
 * Where the values begin. @param prefix the first `NPY_PREFIX_BYTES`
 * @throws DataError `NPY_MAGIC`, `NPY_VERSION`, `NPY_TRUNCATED`, `NPY_HEADER_TOO_LONG`
 */
export function npyDataOffset(prefix: Uint8Array, where: string): number {
  if (MAGIC.some((byte, i) => i < prefix.length && prefix[i] !== byte)) {
    const found = Array.from(prefix.subarray(0, 6), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
    throw new DataError('NPY_MAGIC', `${where}: no npy array, it starts with ${found}, not 93 4e 55 4d 50 59`);
  }
  if (prefix.length < NPY_PREFIX_BYTES) {
    throw new DataError('NPY_TRUNCATED', `${where}: ${prefix.length} bytes, an npy header alone has more`);
  }
  const [major, minor] = [prefix[6]!, prefix[7]!];
  if (major < 1 || major > 3 || minor !== 0) {
    throw new DataError('NPY_VERSION', `${where}: npy version ${major}.${minor}, known are 1.0, 2.0 and 3.0`);
  }
  const view = new DataView(prefix.buffer, prefix.byteOffset, prefix.byteLength);
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > MAX_HEADER_BYTES) {
    throw new DataError(
      'NPY_HEADER_TOO_LONG',
      `${where}: a header of ${length.toLocaleString('en')} bytes, at most ${MAX_HEADER_BYTES.toLocaleString('en')} are read`,
    );
  }
  return length + (major === 1 ? 10 : 12);
}

/** @param bytes the file from its start, at least up to its first element @throws DataError `NPY_…` */
export function parseNpyHeader(bytes: Uint8Array, where: string): NpyHeader {
  const dataOffset = npyDataOffset(bytes.subarray(0, NPY_PREFIX_BYTES), where);
  if (bytes.length < dataOffset) {
    throw new DataError(
      'NPY_TRUNCATED',
      `${where}: a header of ${dataOffset} bytes promised, ${bytes.length} in the file`,
    );
  }
  const version = bytes[6]!;
  const text = bytesOf(bytes.subarray(version === 1 ? 10 : 12, dataOffset)).toString(version === 3 ? 'utf8' : 'latin1');
  const fields = parseFields(text, where);
  const type = parseDescr(fields.descr, where);
  const fortranOrder = fields.fortran_order;
  if (typeof fortranOrder !== 'boolean') throw badHeader(where, 'fortran_order is neither True nor False');
  return { type, fortranOrder, shape: parseShape(fields.shape, type, where), dataOffset };
}

/** Elements in one row (everything but the first axis); 1 for arrays of rank 0 and 1. */
export function npyRowLength(header: NpyHeader): number {
  return header.shape.slice(1).reduce((product, size) => product * size, 1);
}

/** Length of the first axis; 1 for a scalar (rank 0). */
export function npyRowCount(header: NpyHeader): number {
  return header.shape[0] ?? 1;
}

/**
 * A version 1.0 header in C order, byte for byte as numpy writes it. Its length is a multiple of 64 and does not depend
 * on `shape[0]`: where the count is known only at the end, write 0 first and overwrite the header.
 */
export function encodeNpyHeader(descr: string, shape: readonly number[]): Uint8Array {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const spare = shape.length === 0 ? '' : ' '.repeat(MAX_ROW_COUNT_DIGITS - String(shape[0]).length);
  const dictionary = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }${spare}`;
  // numpy pads by 64 where nothing would be needed; so do we, to be byte-identical.
  const padding = 64 - ((10 + dictionary.length + 1) % 64);
  const text = `${dictionary}${' '.repeat(padding)}\n`;
  const bytes = new Uint8Array(10 + text.length);
  bytes.set([...MAGIC, 1, 0, text.length & 0xff, text.length >> 8]);
  bytes.set(bytesOfText(text, 'latin1'), 10);
  return bytes;
}

/** numpy's `GROWTH_AXIS_MAX_DIGITS`: `len(repr(8 * 2**64 - 1))`. */
const MAX_ROW_COUNT_DIGITS = 21;

/** What an npy header is made of: strings, integers, True, False, None, tuples, lists and one dictionary. */
type Literal = string | number | boolean | null | Literal[];
const FIELDS = ['descr', 'fortran_order', 'shape'] as const;
type Fields = Record<(typeof FIELDS)[number], Literal>;

function parseFields(text: string, where: string): Fields {
  let fields: unknown;
  try {
    fields = JSON.parse(literalAsJson(text));
  } catch (error) {
    if (error instanceof SyntaxError) throw badHeader(where, error.message);
    throw error;
  }
  const keys = typeof fields === 'object' && fields !== null ? Object.keys(fields).sort() : [];
  if (keys.join() === FIELDS.join()) return fields as Fields;
  throw badHeader(where, `the keys ${FIELDS.join(', ')} expected, ${keys.join(', ').slice(0, 80) || 'none'} found`);
}

/** A string without escapes; an integer, which Python 2 wrote as `10L`; a constant; what stands between. */
const TOKEN = /\s*(?:('[^'\\]*'|"[^"\\]*")|(-?\d{1,20})L?(?![\w.])|(True|False|None)(?!\w)|([{}[\](),:]))\s*/y;
const CONSTANTS: Readonly<Record<string, string>> = { True: 'true', False: 'false', None: 'null' };
const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };
/** A header nests three deep (dictionary, list of fields, field); nested structured types a few more. */
const MAX_DEPTH = 12;

/** Evaluates nothing. @throws SyntaxError with the place of what is not a header's literal */
function literalAsJson(text: string): string {
  const tokens: string[] = [];
  const open: (string | undefined)[] = [];
  for (TOKEN.lastIndex = 0; TOKEN.lastIndex < text.length; ) {
    const at = TOKEN.lastIndex;
    const [, string, integer, constant = '', mark = ''] = TOKEN.exec(text) ?? [];
    const isClosing = ')]}'.includes(mark) && mark !== '';
    if (mark in CLOSING) open.push(CLOSING[mark]);
    // `(3)` is the number three, not a tuple; a key may be there once.
    const isNumber = mark === ')' && tokens.at(-2) === '(' && tokens.at(-1) !== ',';
    const isWrong = (isClosing && open.pop() !== mark) || open.length > MAX_DEPTH || isNumber;
    if (isWrong || TOKEN.lastIndex === 0) {
      throw new SyntaxError(`a literal expected at character ${at}, ${JSON.stringify(text.slice(at, at + 20))} found`);
    }
    if (isClosing && tokens.at(-1) === ',') tokens.pop();
    tokens.push(string === undefined ? (integer ?? CONSTANTS[constant] ?? mark) : JSON.stringify(string.slice(1, -1)));
  }
  if (tokens.filter((token) => token === ':').length > FIELDS.length) throw new SyntaxError('a key twice');
  return tokens.map((token) => (token === '(' ? '[' : token === ')' ? ']' : token)).join('');
}

function parseDescr(descr: Literal, where: string): NpyType {
  if (Array.isArray(descr)) {
    throw new DataError(
      'NPY_STRUCTURED',
      `${where}: a structured array (records with named fields), a plain one is needed`,
      { hint: 'Save each field as an array of its own.' },
    );
  }
  if (typeof descr !== 'string') throw badHeader(where, 'descr is not a string');
  return parseNpyType(descr, where);
}

function parseShape(shape: Literal, type: NpyType, where: string): number[] {
  if (!Array.isArray(shape)) throw badHeader(where, 'shape is not a tuple');
  if (shape.length > MAX_DIMENSIONS) {
    throw new DataError(
      'NPY_SHAPE',
      `${where}: an array of ${shape.length} dimensions, at most ${MAX_DIMENSIONS} are read`,
    );
  }
  // Zero sizes are left out of the product, as numpy does, so that [0, 2^60, 2^60] is refused too.
  let bytes = type.itemBytes;
  return shape.map((size) => {
    if (typeof size !== 'number' || !(size >= 0))
      throw new DataError('NPY_SHAPE', `${where}: ${describe(size)} as size of an axis`);
    bytes *= Math.max(1, size);
    if (!Number.isSafeInteger(bytes)) {
      throw new DataError(
        'NPY_SHAPE',
        `${where}: the shape [${shape.map(describe).join(', ')}] has more bytes than can be counted`,
      );
    }
    return size;
  });
}

function describe(literal: Literal): string {
  return typeof literal === 'object' && literal !== null ? 'a container' : String(literal).slice(0, 40);
}

function badHeader(where: string, problem: string): DataError {
  return new DataError('NPY_HEADER', `${where}: bad npy header: ${problem}`);
}
