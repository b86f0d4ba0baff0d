/** The orientation that EXIF or XMP gives, by the rule of Pillow's `ImageOps.exif_transpose`. */

const ORIENTATION_TAG = 0x112;
/** Bytes of an integer of a TIFF directory, by its type: BYTE, SHORT, LONG. */
const INTEGER_BYTES: Readonly<Record<number, number>> = { 1: 1, 3: 2, 4: 4 };
const EXIF_PREFIX = /^(Exif\0\0){1,2}/;
const XMP_ORIENTATION = /tiff:Orientation(?:="|>)([0-9])/;

/**
 * The value of the orientation tag of an EXIF block, which is a TIFF file without pixels.
 *
 * @param exif with or without `Exif\0\0` before it
 * @returns null if the block has no such tag, or is damaged
 */
export function exifOrientation(exif: Uint8Array): number | null {
  const start = Buffer.from(exif.buffer, exif.byteOffset, exif.length);
  const prefix = EXIF_PREFIX.exec(start.toString('latin1', 0, 12))?.[0].length ?? 0;
  const block = start.subarray(prefix);
  const order = block.toString('latin1', 0, 2);
  if (block.length < 8 || (order !== 'II' && order !== 'MM')) return null;
  return directoryOrientation(block, order === 'II');
}

function directoryOrientation(block: Buffer, little: boolean): number | null {
  const view = new DataView(block.buffer, block.byteOffset, block.length);
  const directory = view.getUint32(4, little);
  if (directory + 2 > block.length) return null;
  const entries = view.getUint16(directory, little);
  for (let i = 0, at = directory + 2; i < entries && at + 12 <= block.length; i++, at += 12) {
    if (view.getUint16(at, little) !== ORIENTATION_TAG) continue;
    const bytes = INTEGER_BYTES[view.getUint16(at + 2, little)];
    if (bytes === undefined || view.getUint32(at + 4, little) !== 1) return null;
    if (bytes === 1) return view.getUint8(at + 8);
    return bytes === 2 ? view.getUint16(at + 8, little) : view.getUint32(at + 8, little);
  }
  return null;
}

/** The orientation of an XMP packet; null if it has none. */
export function xmpOrientation(xmp: Uint8Array): number | null {
  const text = Buffer.from(xmp.buffer, xmp.byteOffset, xmp.length).toString('latin1');
  const digit = XMP_ORIENTATION.exec(text)?.[1];
  return digit === undefined ? null : Number(digit);
}

/** 1 to 8: the value of EXIF, else that of XMP, else 1. A value outside of 1 to 8 means nothing. */
export function orientationOf(exif: Uint8Array | null, xmp: Uint8Array | null): number {
  const value = (exif && exifOrientation(exif)) ?? (xmp && xmpOrientation(xmp)) ?? 1;
  return value >= 1 && value <= 8 ? value : 1;
}
