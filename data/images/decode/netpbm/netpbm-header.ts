/** The header of PBM, PGM and PPM files, read as Pillow's `PpmImagePlugin` reads it. */
import { ByteReader } from '../byte-reader.js';
import { broken, type ImagePlace, truncated } from '../image-error.js';

export interface NetpbmHeader {
  width: number;
  height: number;
  orientation: 1;
  kind: 'bitmap' | 'gray' | 'rgb';
  /** Pixels as text, P1 to P3, or as bytes, P4 to P6. */
  plain: boolean;
  /** The largest value of a sample; 1 for a bitmap. */
  most: number;
  /** Where the pixels begin. */
  start: number;
}

const KINDS = ['bitmap', 'gray', 'rgb'] as const;
const LONGEST_TOKEN = 10;
const HASH = 0x23;
const MOST_VALUE = 65_535;

/** @throws DataError `IMAGE_BROKEN`, `IMAGE_TRUNCATED` */
export function netpbmHeader(bytes: Buffer, place: ImagePlace): NetpbmHeader {
  const type = bytes[1]! - 0x30;
  const kind = KINDS[(type - 1) % 3]!;
  const reader = new ByteReader(bytes, 3);
  const [width, height] = [numberOf(reader, place), numberOf(reader, place)];
  const most = kind === 'bitmap' ? 1 : numberOf(reader, place);
  if (width === 0 || height === 0) throw broken(place, `${width}×${height} pixels`);
  if (most === 0 || most > MOST_VALUE) throw broken(place, `a largest value of ${most}, not 1 to 65,535`);
  return { width, height, orientation: 1, kind, plain: type <= 3, most, start: reader.at };
}

export function isSpace(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
}

export function isLineEnd(byte: number): boolean {
  return byte === 0x0a || byte === 0x0d;
}

/** The next number, and the white space after it. A comment does not end a number. */
function numberOf(reader: ByteReader, place: ImagePlace): number {
  let token = '';
  while (token.length <= LONGEST_TOKEN) {
    const byte = reader.byte();
    if (byte === -1) break;
    if (byte === HASH) skipComment(reader);
    else if (!isSpace(byte)) token += String.fromCharCode(byte);
    else if (token !== '') break;
  }
  if (token === '') throw truncated(place, 'the file ends in its header');
  if (!/^\d{1,10}$/.test(token)) throw broken(place, 'the header has something other than a number');
  return Number(token);
}

export function skipComment(reader: ByteReader): void {
  for (let byte = reader.byte(); byte !== -1 && !isLineEnd(byte); byte = reader.byte());
}
