import { type Bytes, bytesOf } from '#platform';
import { isoMilliseconds } from '../../rows/timestamp.js';

/** Types of values of the directories of TIFF files (TIFF 6.0, section 2), which EXIF blocks have too. */
const TIFF_TYPES = { byte: 1, ascii: 2, short: 3, long: 4 } as const;

export interface TiffEntry {
  tag: number;
  type: number;
  count: number;
  /** Where the entry has its value, or the place of its values. */
  field: number;
}

/** A TIFF file, or an EXIF block without what stands before its byte order. */
export interface TiffBlock {
  bytes: Bytes;
  view: DataView;
  little: boolean;
  /** Where the first directory is said to be; it may lie outside of the block. */
  first: number;
}

const BYTES: Readonly<Record<number, number>> = { 1: 1, 2: 1, 3: 2, 4: 4 };

export function tiffBlock(bytes: Bytes): TiffBlock | null {
  const order = bytes.toString('latin1', 0, 2);
  if (bytes.length < 8 || (order !== 'II' && order !== 'MM')) return null;
  const little = order === 'II';
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return { bytes, view, little, first: view.getUint32(4, little) };
}

export function* tiffEntries({ bytes, view, little }: TiffBlock, at: number): Generator<TiffEntry, void, undefined> {
  if (at + 2 > bytes.length) return;
  const end = at + 2 + 12 * view.getUint16(at, little);
  for (let entry = at + 2; entry < end && entry + 12 <= bytes.length; entry += 12) {
    yield {
      tag: view.getUint16(entry, little),
      type: view.getUint16(entry + 2, little),
      count: view.getUint32(entry + 4, little),
      field: entry + 8,
    };
  }
}

/** Where an entry's values lie; null for types not in `TIFF_TYPES`, and for values past the block's end. */
function tiffValues({ bytes, view, little }: TiffBlock, { type, count, field }: TiffEntry): Bytes | null {
  const size = BYTES[type];
  if (size === undefined) return null;
  const start = size * count <= 4 ? field : view.getUint32(field, little);
  return start + size * count <= bytes.length ? bytes.subarray(start, start + size * count) : null;
}

/** The values of an entry of integers; null as for `tiffValues`, and for text. */
export function tiffIntegers(block: TiffBlock, entry: TiffEntry): number[] | null {
  const values = entry.type === TIFF_TYPES.ascii ? null : tiffValues(block, entry);
  if (values === null) return null;
  const { little } = block;
  return Array.from({ length: entry.count }, (_, i) => {
    if (entry.type === TIFF_TYPES.byte) return values[i]!;
    if (entry.type === TIFF_TYPES.short) return little ? values.readUInt16LE(2 * i) : values.readUInt16BE(2 * i);
    return little ? values.readUInt32LE(4 * i) : values.readUInt32BE(4 * i);
  });
}

const ORIENTATION_TAG = 0x112;
const EXIF_PREFIX = /^(Exif\0\0){1,2}/;
const XMP_ORIENTATION = /tiff:Orientation(?:="|>)([0-9])/;

/** @param exif with or without `Exif\0\0` before it @returns null if the block is damaged at its beginning */
function exifBlock(exif: Uint8Array): TiffBlock | null {
  const start = bytesOf(exif);
  const prefix = EXIF_PREFIX.exec(start.toString('latin1', 0, 12))?.[0].length ?? 0;
  return tiffBlock(start.subarray(prefix));
}

function exifOrientation(exif: Uint8Array): number | null {
  const block = exifBlock(exif);
  if (block === null) return null;
  for (const entry of tiffEntries(block, block.first)) {
    if (entry.tag === ORIENTATION_TAG) return entry.count === 1 ? (tiffIntegers(block, entry)?.[0] ?? null) : null;
  }
  return null;
}

function xmpOrientation(xmp: Uint8Array): number | null {
  const text = bytesOf(xmp).toString('latin1');
  const digit = XMP_ORIENTATION.exec(text)?.[1];
  return digit === undefined ? null : Number(digit);
}

/** 1 to 8: the value of EXIF, else that of XMP, else 1. A value outside of 1 to 8 means nothing. */
export function orientationOf(exif: Uint8Array | null, xmp: Uint8Array | null): number {
  const value = (exif && exifOrientation(exif)) ?? (xmp && xmpOrientation(xmp)) ?? 1;
  return value >= 1 && value <= 8 ? value : 1;
}

/** The entry that says where EXIF's own directory is. */
const EXIF_IFD = 0x8769;
/** Tags of the time, its offset from UTC, its fraction of a second; in the order in which they are taken. */
const TIMES: readonly (readonly [time: number, offset: number, fraction: number])[] = [
  [0x9003, 0x9011, 0x9291],
  [0x9004, 0x9012, 0x9292],
  [0x0132, 0x9010, 0x9290],
];
const TIME = /^(\d{4})[:-](\d\d)[:-](\d\d)[ T](\d\d):(\d\d):(\d\d)/;
const OFFSET = /^([+-])(\d\d):(\d\d)/;

/**
 * When a camera says it took the photograph (CIPA DC-008, 4.6.5 and 4.6.6): `DateTimeOriginal`, else
 * `DateTimeDigitized`, else `DateTime`, with fraction and offset.
 * @returns milliseconds since 1970; null where the block has no such time. A time without an offset is taken as UTC
 */
export function timeTaken(exif: Uint8Array): number | null {
  const block = exifBlock(exif);
  if (block === null) return null;
  const texts = textsOf(block);
  for (const [time, offset, fraction] of TIMES) {
    const found = milliseconds(texts.get(time), texts.get(offset), texts.get(fraction));
    if (found !== null) return found;
  }
  return null;
}

/** Texts of the first directory and of EXIF's own, by tag. What is damaged is left out. */
function textsOf(block: TiffBlock): ReadonlyMap<number, string> {
  const texts = new Map<number, string>();
  const own = addTexts(block, block.first, texts);
  if (own !== null) addTexts(block, own, texts);
  return texts;
}

/** @returns where EXIF's own directory is */
function addTexts(block: TiffBlock, directory: number, texts: Map<number, string>): number | null {
  let own: number | null = null;
  for (const entry of tiffEntries(block, directory)) {
    if (entry.tag === EXIF_IFD) own = tiffIntegers(block, entry)?.[0] ?? null;
    const value = entry.type === TIFF_TYPES.ascii ? tiffValues(block, entry) : null;
    if (value !== null && !texts.has(entry.tag)) texts.set(entry.tag, value.toString('latin1').split('\0', 1)[0]!);
  }
  return own;
}

function milliseconds(time = '', offset = '', fraction = ''): number | null {
  const [, year, month, day, hour, minute, second] = TIME.exec(time) ?? [];
  if (year === undefined) return null;
  const [, sign = '+', hours = '00', minutes = '00'] = OFFSET.exec(offset) ?? [];
  const part = /^\d+/.exec(fraction)?.[0].padEnd(3, '0').slice(0, 3) ?? '000';
  return isoMilliseconds(`${year}-${month}-${day}T${hour}:${minute}:${second}.${part}${sign}${hours}:${minutes}`);
}
