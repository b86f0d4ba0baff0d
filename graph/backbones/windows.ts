/** Swin's windows on a map, and which pixels see each other (https://arxiv.org/abs/2103.14030, section 3.2). */

import { log } from '../../base/math/index.js';
import { GraphError } from '../graph-error.js';
import type { ModuleScope, Value } from '../operations/layer.js';
import * as nn from '../operations/nn.js';

/** `[height, width]`. */
export type Pair = readonly [number, number];

export interface Windows {
  count: number;
  pixels: number;
  /** Rows and columns that are added at the end of the map, so that windows fill it. */
  added: Pair;
  /** For each pixel of each window, the pixel of the padded map, row by row. */
  taken: number[];
  /** For each pixel of the map, its place in the windows. */
  places: number[];
  /** `[count, pixels, pixels]`, added to the scores: hides what is no neighbour in a shifted window; or null. */
  mask: number[] | null;
}

/** What PyTorch's implementations add to the scores of pixels that must not be seen. */
const UNSEEN = -100;

/** Pairs of pixels that see each other in all windows of a map: as for images of 2,300 pixels a side, windows of 7. */
const MOST_PAIRS = 2 ** 24;

/** @throws GraphError `BAD_IMAGE_SIZE` for a map that is larger than any network's */
export function windowsOf(map: Pair, side: number, shift: boolean): Windows {
  const key = `${map.join()} ${side} ${shift}`;
  const found = known.get(key) ?? cutWindows(map, side, shift);
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(key, found);
  return found;
}

/** A network is laid out several times while it is recognised. */
const known = new Map<string, Windows>();
const MOST_KNOWN = 32;

function cutWindows(map: Pair, side: number, shift: boolean): Windows {
  if (map[0] * map[1] * side ** 2 > MOST_PAIRS || Math.min(...map) < 1) {
    throw new GraphError('BAD_IMAGE_SIZE', `a map of ${map.join('×')} cannot be cut into windows of ${side}×${side}`);
  }
  const padded = map.map((length) => Math.ceil(length / side) * side) as [number, number];
  const moved = padded.map((length) => (shift && length > side ? Math.floor(side / 2) : 0)) as [number, number];
  const taken: number[] = [];
  const parts: number[] = [];
  const places = new Array<number>(map[0] * map[1]).fill(0);
  for (const [row, column] of inWindows(padded, side)) {
    const y = (row + moved[0]) % padded[0];
    const x = (column + moved[1]) % padded[1];
    if (y < map[0] && x < map[1]) places[y * map[1] + x] = taken.length;
    taken.push(y * padded[1] + x);
    parts.push(3 * partOf(row, padded[0], side, moved[0]) + partOf(column, padded[1], side, moved[1]));
  }
  const pixels = side ** 2;
  const mask = Math.max(...moved) === 0 ? null : maskOf(parts, pixels);
  return { count: taken.length / pixels, pixels, added: [padded[0] - map[0], padded[1] - map[1]], taken, places, mask };
}

/** The pixels of a map, window after window. */
function* inWindows([height, width]: Pair, side: number): Generator<Pair> {
  for (let top = 0; top < height; top += side) {
    for (let left = 0; left < width; left += side) {
      for (let i = 0; i < side ** 2; i++) yield [top + Math.floor(i / side), left + (i % side)];
    }
  }
}

/** Which part of the unmoved map a position of the moved one comes from: whole windows, the rest, or the other end. */
function partOf(position: number, length: number, side: number, moved: number): number {
  if (moved === 0 || position < length - side) return 0;
  return position < length - moved ? 1 : 2;
}

function maskOf(parts: readonly number[], pixels: number): number[] {
  const mask = new Array<number>(parts.length * pixels).fill(0);
  for (const [i, part] of parts.entries()) {
    const first = i - (i % pixels);
    for (let j = 0; j < pixels; j++) if (parts[first + j] !== part) mask[i * pixels + j] = UNSEEN;
  }
  return mask;
}

/** The same for every block with windows of that side. */
const positions = new Map<number, readonly number[]>();

/** For each pair of pixels of a window, the row of the table that has their bias: `[pixels, pixels]`. */
function relativePositions(side: number): readonly number[] {
  const found = positions.get(side) ?? positionsIn(side);
  positions.set(side, found);
  return found;
}

function positionsIn(side: number): number[] {
  const pixels = Array.from({ length: side ** 2 }, (_, i) => [Math.floor(i / side), i % side] as const);
  return pixels.flatMap(([row, column]) =>
    pixels.map(([otherRow, otherColumn]) => {
      return (row - otherRow + side - 1) * (2 * side - 1) + (column - otherColumn + side - 1);
    }),
  );
}

/** Swin V2's coordinates of that table's rows, logarithmic, by the trained side: `[(2·side − 1)², 2]`. */
export function logCoordinates(side: number, trained: number): number[] {
  const scaled = (offset: number) => {
    const share = (8 * offset) / Math.max(1, trained - 1);
    return (Math.sign(share) * log(Math.abs(share) + 1)) / (3 * Math.LN2);
  };
  const offsets = Array.from({ length: 2 * side - 1 }, (_, i) => i - (side - 1));
  return offsets.flatMap((row) => offsets.flatMap((column) => [scaled(row), scaled(column)]));
}

// What attention inside windows has in Swin Transformers and MaxViT: heads, and a bias a relative position.

export interface HeadsPlace {
  count: number;
  pixels: number;
  heads: number;
}

/** `[N, windows, pixels, 3·C]` → queries, keys and values, each `[N, windows, heads, pixels, C / heads]`. */
export function headsApart(m: ModuleScope, all: Value, { count, pixels, heads }: HeadsPlace): [Value, Value, Value] {
  const channels = all.channels / 3;
  const part = (i: number) => {
    const own = nn.slice(m, all, { axis: 3, start: i * channels, end: (i + 1) * channels }, { channels });
    return nn.permute(m, nn.reshape(m, own, [count, pixels, heads, channels / heads]), [1, 3, 2, 4]);
  };
  return [part(0), part(1), part(2)];
}

/** `[N, windows, heads, pixels, C / heads]` → the shape that is given, whose last axis has the channels. */
export function headsTogether(m: ModuleScope, seen: Value, shape: readonly number[]): Value {
  return nn.reshape(m, nn.permute(m, seen, [1, 3, 2, 4]), shape, { channels: shape.at(-1)! });
}

/** From a table with a row for each relative position, a tensor of the module: `[1, heads, pixels, pixels]`. */
export function tableBias(m: ModuleScope, side: number, heads: number): Value {
  const rows = (2 * side - 1) ** 2;
  return spread(m, nn.parameter(m, 'relative_position_bias_table', { shape: [rows, heads] }), side, heads);
}

/** `[relative positions, heads]` → `[1, heads, pixels, pixels]`. */
export function spread(m: ModuleScope, table: Value, side: number, heads: number): Value {
  const pairs = nn.gather(m, table, 1, relativePositions(side));
  return nn.reshape(m, nn.permute(m, pairs, [2, 1]), [1, heads, side ** 2, side ** 2]);
}
