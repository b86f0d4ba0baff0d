/** torchvision's `CenterCrop`: the middle of an image, with black borders where the image is smaller. */
import type { Image } from '../pixel-batch.js';

/** @returns the image itself where it has that size already */
export function centerCrop(image: Image, height: number, width: number): Image {
  if (height === image.height && width === image.width) return image;
  const data = new Uint8Array(height * width * 3);
  const top = cropStart(image.height, height);
  const left = cropStart(image.width, width);
  const [fromX, toX] = [Math.max(0, left), Math.min(image.width, left + width)];
  for (let y = Math.max(0, top); y < Math.min(image.height, top + height); y++) {
    const row = image.data.subarray((y * image.width + fromX) * 3, (y * image.width + toX) * 3);
    data.set(row, ((y - top) * width + fromX - left) * 3);
  }
  return { height, width, data };
}

/**
 * Where the crop begins on an axis; negative: so many black pixels stand before the image.
 * torchvision rounds halves to even when it crops (Python's `round`) and down when it pads (`//`).
 */
function cropStart(size: number, crop: number): number {
  if (crop > size) return -Math.floor((crop - size) / 2);
  const half = (size - crop) / 2;
  return Number.isInteger(half) || Math.floor(half) % 2 === 0 ? Math.floor(half) : Math.ceil(half);
}
