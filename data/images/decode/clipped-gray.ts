/**
 * Gray of more than 8 bits: Pillow's `convert('RGB')`, which is followed here, cuts it off at 255, so an image of a 16-bit camera
 * becomes white. RGB and gray with alpha of 16 bits keep their upper 8, TIFF of 16 bits is refused.
 */
import type { ImageFormat } from './image-format.js';
import { asBuffer } from './image-header.js';
import { netpbmHeader } from './netpbm/netpbm-header.js';

/** Where the IHDR chunk, the first of every PNG, has the bits of a sample, and the kind of colour behind them. */
const PNG_DEPTH = 24;
const PNG_GRAY = 0;

/** Whether values above 255 of this file become 255. @param bytes the whole file, which has been decoded */
export function isClippedGray(bytes: Uint8Array, format: string): boolean {
  if (format === ('png' satisfies ImageFormat)) return bytes[PNG_DEPTH] === 16 && bytes[PNG_DEPTH + 1] === PNG_GRAY;
  if (format !== ('ppm' satisfies ImageFormat)) return false;
  const { kind, most } = netpbmHeader(asBuffer(bytes), { where: '', format });
  return kind === 'gray' && most > 255;
}
