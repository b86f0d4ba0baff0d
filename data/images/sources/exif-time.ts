/**
 * When a photograph was taken, as its camera wrote it into EXIF (CIPA DC-008, 4.6.5 and 4.6.6): `DateTimeOriginal`, else
 * `DateTimeDigitized`, else `DateTime`, each with its fraction and its offset from UTC where they are there.
 */

const EXIF_IFD = 0x8769;
/** Tags of the time, its offset from UTC, its fraction of a second; in the order in which they are taken. */
const TIMES: readonly (readonly [time: number, offset: number, fraction: number])[] = [
  [0x9003, 0x9011, 0x9291],
  [0x9004, 0x9012, 0x9292],
  [0x0132, 0x9010, 0x9290],
];
const ASCII = 2;
const TIME = /^(\d{4})[:-](\d\d)[:-](\d\d)[ T](\d\d):(\d\d):(\d\d)/;
const OFFSET = /^([+-])(\d\d):(\d\d)/;
const PNG = '\u0089PNG\r\n\u001a\n';

/** @returns milliseconds since 1970; null where the file has no such time. A time without an offset is taken as UTC */
export function exifTime(bytes: Uint8Array): number | null {
  const block = exifBlock(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  if (block === null) return null;
  const tags = textTags(block);
  for (const [time, offset, fraction] of TIMES) {
    const found = milliseconds(tags.get(time), tags.get(offset), tags.get(fraction));
    if (found !== null) return found;
  }
  return null;
}

function milliseconds(time = '', offset = '', fraction = ''): number | null {
  const [, year, month, day, hour, minute, second] = TIME.exec(time) ?? [];
  if (year === undefined) return null;
  const [, sign = '+', hours = '00', minutes = '00'] = OFFSET.exec(offset) ?? [];
  const part = /^\d+/.exec(fraction)?.[0].padEnd(3, '0').slice(0, 3) ?? '000';
  const found = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${part}${sign}${hours}:${minutes}`);
  return Number.isNaN(found) ? null : found;
}

/** The TIFF structure of EXIF in a JPEG or PNG file. */
function exifBlock(file: Buffer): Buffer | null {
  if (file[0] === 0xff && file[1] === 0xd8) return jpegBlock(file);
  return file.toString('latin1', 0, 8) === PNG ? pngBlock(file) : null;
}

function jpegBlock(file: Buffer): Buffer | null {
  for (let at = 2; at + 4 <= file.length && file[at] === 0xff; ) {
    const marker = file[at + 1]!;
    if (marker === 0xff) at++;
    else if (marker === 0xda || marker === 0xd9) return null;
    else {
      const end = at + 2 + file.readUInt16BE(at + 2);
      if (marker === 0xe1 && file.toString('latin1', at + 4, at + 10) === 'Exif\0\0')
        return file.subarray(at + 10, end);
      at = Math.max(end, at + 4);
    }
  }
  return null;
}

function pngBlock(file: Buffer): Buffer | null {
  for (let at = 8; at + 12 <= file.length; at += 12 + file.readUInt32BE(at)) {
    if (file.toString('latin1', at + 4, at + 8) === 'eXIf')
      return file.subarray(at + 8, at + 8 + file.readUInt32BE(at));
  }
  return null;
}

/** Texts of the first directory and of EXIF's own, by tag. What is damaged is left out. */
function textTags(block: Buffer): ReadonlyMap<number, string> {
  const tags = new Map<number, string>();
  const order = block.toString('latin1', 0, 2);
  if (block.length < 8 || (order !== 'II' && order !== 'MM')) return tags;
  const little = order === 'II';
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  const own = directory(block, view, view.getUint32(4, little), little, tags);
  if (own !== null) directory(block, view, own, little, tags);
  return tags;
}

/** @returns where EXIF's own directory is */
function directory(
  block: Buffer,
  view: DataView,
  offset: number,
  little: boolean,
  tags: Map<number, string>,
): number | null {
  if (offset + 2 > block.length) return null;
  let own: number | null = null;
  const entries = view.getUint16(offset, little);
  for (let i = 0, at = offset + 2; i < entries && at + 12 <= block.length; i++, at += 12) {
    const tag = view.getUint16(at, little);
    if (tag === EXIF_IFD) own = view.getUint32(at + 8, little);
    if (view.getUint16(at + 2, little) !== ASCII) continue;
    const length = view.getUint32(at + 4, little);
    const start = length <= 4 ? at + 8 : view.getUint32(at + 8, little);
    if (start + length <= block.length && !tags.has(tag)) {
      tags.set(tag, block.toString('latin1', start, start + length).split('\0', 1)[0]!);
    }
  }
  return own;
}
