/** What `Image.resize` does, as passes over an image; plain loops that carry them out. `kernel/` has them in SIMD. */
import { PRECISION_BITS, type Taps } from './taps.js';

/** One image, `[height, width, channels]`, row-major: RGB or gray. */
export interface Raster {
  height: number;
  width: number;
  channels: 1 | 3;
  data: Uint8Array;
}

/** Mixes along one axis. The result has as many columns, or rows, as `taps` has positions. */
export interface Pass {
  axis: 'columns' | 'rows';
  taps: Taps;
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

/**
 * Mixes along one axis. `lanes` neighbouring values (the channels of a pixel, or all values of a row) share weights;
 * the steps lead from one position on the axis to the next.
 */
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
