/**
 * A camera that hangs askew: turned about the middle. `mirror` is scikit-image's `transform.rotate(…, order=1,
 * mode='reflect')`: no black corners give it away. `black` is the same with `mode='constant'`, `cut` is Pillow's `rotate`
 * with `BILINEAR`. ImageNet-C has nothing like it.
 */
import type { Image } from '../pixel-batch.js';
import { type Edge, type Places, warpBilinear, warpNearest } from './warp.js';

/** @param degrees counter-clockwise */
export function rotate(image: Image, degrees: number, edge: Edge = 'mirror'): Image {
  return warpBilinear(image, turned(image, degrees), edge);
}

/** As Pillow's `rotate` with its defaults: the nearest pixel, and black corners. */
export function rotateNearest(image: Image, degrees: number): Image {
  return warpNearest(image, turned(image, degrees));
}

function turned({ height, width }: Image, degrees: number): Places {
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  const [middleY, middleX] = [(height - 1) / 2, (width - 1) / 2];
  return (x, y, place) => {
    place.x = middleX + (x - middleX) * cos - (y - middleY) * sin;
    place.y = middleY + (x - middleX) * sin + (y - middleY) * cos;
  };
}
