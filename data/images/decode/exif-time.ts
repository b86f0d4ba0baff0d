/**
 * When a photograph was taken, as its camera wrote it into EXIF (CIPA DC-008, 4.6.5 and 4.6.6): `DateTimeOriginal`, else
 * `DateTimeDigitized`, else `DateTime`, each with its fraction and its offset from UTC where they are there.
 */
import { DataError } from '../../data-error.js';
import { isoMilliseconds } from '../../rows/timestamp.js';
import { exifBlock } from './exif.js';
import { asBuffer, readHeader } from './image-header.js';
import { TIFF_TYPES, type TiffBlock, tiffEntries, tiffIntegers, tiffValues } from './tiff-directory.js';

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
 * @param bytes an image file
 * @returns milliseconds since 1970; null where the file has no such time, or is not an image. A time without an offset is
 *   taken as UTC
 */
export function exifTime(bytes: Uint8Array): number | null {
  const exif = exifOf(bytes);
  const block = exif === null ? null : exifBlock(exif);
  if (block === null) return null;
  const texts = textsOf(block);
  for (const [time, offset, fraction] of TIMES) {
    const found = milliseconds(texts.get(time), texts.get(offset), texts.get(fraction));
    if (found !== null) return found;
  }
  return null;
}

function exifOf(bytes: Uint8Array): Uint8Array | null {
  try {
    return readHeader(asBuffer(bytes), 'an image').exif;
  } catch (error) {
    if (error instanceof DataError) return null;
    throw error;
  }
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
