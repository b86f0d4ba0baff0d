import * as elementary from '../../../base/math/index.js';
import type { Image } from '../pixel-batch.js';
import { Scratch, toPixels } from './pixels.js';

/**
 * Beyond the border: `mirror` (the edge pixel is not repeated), `repeat` the edge pixel, `black`: less than a pixel
 * beyond an edge pixel's middle is part black; `cut`: black as in Pillow, edge pixels whole, all beyond black.
 */
export type Edge = 'mirror' | 'repeat' | 'black' | 'cut';

const WARPED = new Scratch();

export interface Place {
  x: number;
  y: number;
}

/** Where the pixel in column `x` and row `y` comes from: put into `place`, as new ones for all pixels cost more. */
export type Places = (x: number, y: number, place: Place) => void;

/** Each pixel of the result is read at a place of the given image, bilinear. */
function warpBilinear(image: Image, places: Places, edge: Edge): Image {
  const { height, width, data } = image;
  const warped = WARPED.take(data.length).fill(0);
  const row = 3 * width;
  const place = { x: 0, y: 0 };
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++, to += 3) {
      places(x, y, place);
      if (edge === 'cut' && isBeyond(place, image)) continue;
      if (edge === 'mirror') {
        place.x = mirror(place.x, width - 1);
        place.y = mirror(place.y, height - 1);
      }
      const [left, top] = [Math.floor(place.x), Math.floor(place.y)];
      const [partX, partY] = [place.x - left, place.y - top];
      if (left >= 0 && top >= 0 && left + 1 < width && top + 1 < height) {
        const from = top * row + 3 * left;
        for (let c = 0; c < 3; c++) {
          const upper = data[from + c]! * (1 - partX) + data[from + c + 3]! * partX;
          const lower = data[from + c + row]! * (1 - partX) + data[from + c + row + 3]! * partX;
          warped[to + c] = upper * (1 - partY) + lower * partY;
        }
        continue;
      }
      const upperLeft = at(left, top, image, edge);
      const upperRight = partX === 0 ? upperLeft : at(left + 1, top, image, edge);
      const lowerLeft = partY === 0 ? upperLeft : at(left, top + 1, image, edge);
      const lowerRight = partX === 0 ? lowerLeft : partY === 0 ? upperRight : at(left + 1, top + 1, image, edge);
      for (let c = 0; c < 3; c++) {
        const upper = valueAt(data, upperLeft, c) * (1 - partX) + valueAt(data, upperRight, c) * partX;
        const lower = valueAt(data, lowerLeft, c) * (1 - partX) + valueAt(data, lowerRight, c) * partX;
        warped[to + c] = upper * (1 - partY) + lower * partY;
      }
    }
  }
  return { ...image, data: toPixels(warped) };
}

/** As Pillow's `transform` with `NEAREST`: the pixel that the place lies in, black beyond the border. */
function warpNearest(image: Image, places: Places): Image {
  const { height, width, data } = image;
  const warped = new Uint8Array(data.length);
  const place = { x: 0, y: 0 };
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++, to += 3) {
      places(x, y, place);
      const from = at(Math.floor(place.x + 0.5), Math.floor(place.y + 0.5), image, 'black');
      if (from === BEYOND) continue;
      warped[to] = data[from]!;
      warped[to + 1] = data[from + 1]!;
      warped[to + 2] = data[from + 2]!;
    }
  }
  return { ...image, data: warped };
}

function isBeyond({ x, y }: Place, { height, width }: Image): boolean {
  return x < -0.5 || y < -0.5 || x >= width - 0.5 || y >= height - 0.5;
}

const BEYOND = -1;

function at(x: number, y: number, { height, width }: Image, edge: Edge): number {
  if (edge === 'black' && (x < 0 || y < 0 || x >= width || y >= height)) return BEYOND;
  return (Math.min(height - 1, Math.max(0, y)) * width + Math.min(width - 1, Math.max(0, x))) * 3;
}

function valueAt(data: Uint8Array, at: number, channel: number): number {
  return at === BEYOND ? 0 : data[at + channel]!;
}

/** A position on a line mirrored at 0 and at `last`, however often. */
function mirror(position: number, last: number): number {
  if (last === 0) return 0;
  const folded = Math.abs(position) % (2 * last);
  return folded <= last ? folded : 2 * last - folded;
}

/** @param share of the side by which it moves, right or down; any part of a pixel */
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

/**
 * Turned about the middle. `mirror` is scikit-image's `transform.rotate(…, order=1, mode='reflect')`: without black
 * corners that give it away. `black` has `mode='constant'`, `cut` is Pillow's `rotate` with `BILINEAR`.
 * @param degrees counter-clockwise
 */
export function rotate(image: Image, degrees: number, edge: Edge = 'mirror'): Image {
  return warpBilinear(image, turned(image, degrees), edge);
}

/** As Pillow's `rotate` with its defaults: the nearest pixel, and black corners. */
export function rotateNearest(image: Image, degrees: number): Image {
  return warpNearest(image, turned(image, degrees));
}

function turned({ height, width }: Image, degrees: number): Places {
  const [cos, sin] = [elementary.cos((degrees * Math.PI) / 180), elementary.sin((degrees * Math.PI) / 180)];
  const [middleY, middleX] = [(height - 1) / 2, (width - 1) / 2];
  return (x, y, place) => {
    place.x = middleX + (x - middleX) * cos - (y - middleY) * sin;
    place.y = middleY + (x - middleX) * sin + (y - middleY) * cos;
  };
}
