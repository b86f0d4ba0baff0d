/**
 * A camera that hangs askew: turned about the middle, bilinear, what comes in from outside is the image mirrored at its
 * border (the edge pixel is not repeated), so that no black corners give it away. As scikit-image's
 * `transform.rotate(…, order=1, mode='reflect')`. ImageNet-C has nothing like it.
 */
import type { Image } from '../pixel-batch.js';
import { toPixels } from './to-pixels.js';

/** @param degrees counter-clockwise */
export function rotate(image: Image, degrees: number): Image {
  const { height, width, data } = image;
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  const [middleY, middleX] = [(height - 1) / 2, (width - 1) / 2];
  const turned = new Float64Array(data.length);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const fromX = mirror(middleX + (x - middleX) * cos - (y - middleY) * sin, width - 1);
      const fromY = mirror(middleY + (x - middleX) * sin + (y - middleY) * cos, height - 1);
      const [left, top] = [Math.floor(fromX), Math.floor(fromY)];
      const [partX, partY] = [fromX - left, fromY - top];
      const here = (top * width + left) * 3;
      const right = left + 1 < width ? here + 3 : here;
      const down = top + 1 < height ? width * 3 : 0;
      for (let c = 0; c < 3; c++, to++) {
        const upper = data[here + c]! * (1 - partX) + data[right + c]! * partX;
        const lower = data[here + down + c]! * (1 - partX) + data[right + down + c]! * partX;
        turned[to] = upper * (1 - partY) + lower * partY;
      }
    }
  }
  return { ...image, data: toPixels(turned) };
}

/** A position on a line mirrored at 0 and at `last`, however often. */
function mirror(position: number, last: number): number {
  if (last === 0) return 0;
  const folded = Math.abs(position) % (2 * last);
  return folded <= last ? folded : 2 * last - folded;
}
