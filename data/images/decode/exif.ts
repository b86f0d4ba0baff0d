/** The orientation that EXIF or XMP gives, by the rule of Pillow's `ImageOps.exif_transpose`. */
import { type TiffBlock, tiffBlock, tiffEntries, tiffIntegers } from './tiff-directory.js';

const ORIENTATION_TAG = 0x112;
const EXIF_PREFIX = /^(Exif\0\0){1,2}/;
const XMP_ORIENTATION = /tiff:Orientation(?:="|>)([0-9])/;

/**
 * An EXIF block as a TIFF file, which it is but for its pixels.
 *
 * @param exif with or without `Exif\0\0` before it
 * @returns null if the block is damaged at its beginning
 */
export function exifBlock(exif: Uint8Array): TiffBlock | null {
  const start = Buffer.from(exif.buffer, exif.byteOffset, exif.length);
  const prefix = EXIF_PREFIX.exec(start.toString('latin1', 0, 12))?.[0].length ?? 0;
  return tiffBlock(start.subarray(prefix));
}

/** The value of the orientation tag of an EXIF block; null if the block has no such tag, or is damaged. */
export function exifOrientation(exif: Uint8Array): number | null {
  const block = exifBlock(exif);
  if (block === null) return null;
  for (const entry of tiffEntries(block, block.first)) {
    if (entry.tag === ORIENTATION_TAG) return entry.count === 1 ? (tiffIntegers(block, entry)?.[0] ?? null) : null;
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
