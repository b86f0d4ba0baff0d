/** Where the image lies in its frame: moved, larger or smaller, between bars, or mirrored. */
import type { Image } from '../pixel-batch.js';
import { type Edge, warpBilinear } from './warp.js';

/** @param share of the side by which it moves, to the right or downwards; any part of a pixel */
export function shift(image: Image, share: number, direction: 'across' | 'down', edge: Edge): Image {
  const [dx, dy] = direction === 'across' ? [share * image.width, 0] : [0, share * image.height];
  return warpBilinear(
    image,
    (x, y, place) => {
      place.x = x - dx;
      place.y = y - dy;
    },
    edge,
  );
}

/** @param factor above 1 larger, about the middle; below 1 smaller */
export function zoom(image: Image, factor: number, edge: Edge): Image {
  const [middleX, middleY] = [(image.width - 1) / 2, (image.height - 1) / 2];
  return warpBilinear(
    image,
    (x, y, place) => {
      place.x = middleX + (x - middleX) / factor;
      place.y = middleY + (y - middleY) / factor;
    },
    edge,
  );
}

/** @param share of the side that each of two black bars hides, above and below, or left and right */
export function addBars(image: Image, share: number, where: 'above' | 'beside'): Image {
  const { height, width } = image;
  const bar = Math.round(share * (where === 'above' ? height : width));
  const data = new Uint8Array(image.data);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [at, last] = where === 'above' ? [y, height] : [x, width];
      if (at < bar || at >= last - bar) data.fill(0, (y * width + x) * 3, (y * width + x + 1) * 3);
    }
  }
  return { ...image, data };
}

export function mirrorSides(image: Image): Image {
  return rearrange(image, (x, y) => [image.width - 1 - x, y]);
}

export function upsideDown(image: Image): Image {
  return rearrange(image, (x, y) => [x, image.height - 1 - y]);
}

function rearrange(image: Image, from: (x: number, y: number) => readonly [number, number]): Image {
  const { height, width } = image;
  const data = new Uint8Array(image.data.length);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++, to += 3) {
      const [fromX, fromY] = from(x, y);
      const start = (fromY * width + fromX) * 3;
      for (let c = 0; c < 3; c++) data[to + c] = image.data[start + c]!;
    }
  }
  return { ...image, data };
}
