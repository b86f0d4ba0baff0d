/** Fewer pixels: the image is made smaller and as large as before again, by Pillow's resize. */
import type { Image } from '../pixel-batch.js';
import type { Interpolation } from '../resize/filters.js';
import { resizeImage } from '../resize/resize.js';

/**
 * @param share of each side that is left, above 0 to 1; rounded to whole pixels
 * @param down how it is made smaller, and `up` how larger
 */
export function coarsen(image: Image, share: number, down: Interpolation, up: Interpolation): Image {
  const { height, width } = image;
  const [rows, columns] = [height, width].map((side) => Math.max(1, Math.round(share * side))) as [number, number];
  const small = resizeImage(image, rows, columns, { interpolation: down });
  const { data } = resizeImage(small, height, width, { interpolation: up });
  return { ...image, data: data === image.data ? new Uint8Array(data) : data };
}
