/** Pillow's `Image.resize(size, Image.NEAREST)`: `ImagingScaleAffine` in its src/libImaging/Geometry.c. */
import type { Image } from '../pixel-batch.js';
import type { Window } from './window.js';

/** @returns the part `window` of the image resized to `height × width` */
export function nearest(image: Image, height: number, width: number, window: Window): Image {
  const ys = positions(image.height, height, window.top, window.height);
  const xs = positions(image.width, width, window.left, window.width);
  const data = new Uint8Array(window.height * window.width * 3);
  let to = 0;
  for (const y of ys) {
    for (const x of xs) {
      const from = (y * image.width + x) * 3;
      data[to++] = image.data[from]!;
      data[to++] = image.data[from + 1]!;
      data[to++] = image.data[from + 2]!;
    }
  }
  return { height: window.height, width: window.width, data };
}

/** Adds up steps as Pillow does, so that its rounding errors are the same. */
function positions(inSize: number, outSize: number, from: number, count: number): Int32Array {
  const step = inSize / outSize;
  const chosen = new Int32Array(count);
  let at = step * 0.5;
  for (let position = 0; position < from + count; position++, at += step) {
    if (position >= from) chosen[position - from] = Math.min(inSize - 1, Math.trunc(at));
  }
  return chosen;
}
