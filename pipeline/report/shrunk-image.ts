import { type Image, resizeImage } from '../../data/index.js';

/** A copy with at most `side` pixels on its longer side. It shares no memory with the image, so that a batch can be freed. */
export function shrunkImage(image: Image, side: number): Image {
  const scale = Math.min(1, side / Math.max(image.height, image.width));
  const [height, width] = [image.height, image.width].map((length) => Math.max(1, Math.round(length * scale)));
  const small = resizeImage(image, height!, width!);
  return small === image ? { ...image, data: image.data.slice() } : small;
}
