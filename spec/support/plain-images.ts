/** What the kernels of images compute, in plain loops. */

import { type Pass, PRECISION_BITS, type Raster, type Taps } from '../../data/images/resize/taps.js';
import {
  type Bracket,
  type PixelKernel,
  type Side,
  type Split,
  squaredBrightness,
  WHITE,
} from '../../data/images/statistics/brightness-percentiles.js';
import { withChannels } from '../../data/index.js';

export const plainPixels: PixelKernel = {
  split(rgb, brackets): Split {
    return { gray: grayOf(rgb), sides: [sideOf(rgb, brackets[0]), sideOf(rgb, brackets[1])] };
  },
  ranked(rgb, ranks) {
    const values = sideOf(rgb, { from: 0, to: WHITE + 1 }).within.sort();
    return { gray: grayOf(rgb), values: ranks.flatMap((rank) => [values[rank]!, values[rank + 1] ?? values[rank]!]) };
  },
};

function grayOf(rgb: Uint8Array): Uint8Array {
  return withChannels({ rows: 1, height: 1, width: rgb.length / 3, data: rgb }, 1, '').data;
}

function sideOf(rgb: Uint8Array, { from, to }: Bracket): Side {
  const within: number[] = [];
  let below = 0;
  for (let at = 0; at < rgb.length; at += 3) {
    const value = squaredBrightness(rgb, at);
    if (value < from) below++;
    else if (value < to) within.push(value);
  }
  return { below, within: Uint32Array.from(within) };
}

const HALF = 2 ** (PRECISION_BITS - 1);

/** Each pass rounds to bytes. */
export function plainPasses(raster: Raster, passes: readonly Pass[]): Raster {
  return passes.reduce((before, { axis, taps }) => (axis === 'columns' ? columns : rows)(before, taps), raster);
}

function columns(source: Raster, taps: Taps): Raster {
  const { height, channels } = source;
  const width = taps.first.length;
  const data = new Uint8Array(height * width * channels);
  for (let y = 0; y < height; y++) {
    const [from, to] = [y * source.width * channels, y * width * channels];
    mixLine(source.data, from, channels, taps, data, to, channels, channels);
  }
  return { height, width, channels, data };
}

function rows({ width, channels, data: source }: Raster, taps: Taps): Raster {
  const height = taps.first.length;
  const row = width * channels;
  const data = new Uint8Array(height * row);
  mixLine(source, 0, row, taps, data, 0, row, row);
  return { height, width, channels, data };
}

/** Mixes along one axis; `lanes` neighbouring values share weights, and steps lead to the next position on the axis. */
function mixLine(
  source: Uint8Array,
  sourceStart: number,
  sourceStep: number,
  taps: Taps,
  target: Uint8Array,
  targetStart: number,
  targetStep: number,
  lanes: number,
): void {
  for (let position = 0; position < taps.first.length; position++) {
    const from = sourceStart + taps.first[position]! * sourceStep;
    const to = targetStart + position * targetStep;
    const weight = position * taps.stride;
    const count = taps.count[position]!;
    for (let lane = 0; lane < lanes; lane++) {
      let sum = HALF;
      for (let tap = 0; tap < count; tap++) {
        sum += source[from + lane + tap * sourceStep]! * taps.weights[weight + tap]!;
      }
      target[to + lane] = Math.max(0, Math.min(255, sum >> PRECISION_BITS));
    }
  }
}
