/**
 * Images of 10 to 16 bits. A range that is stored with the weights says which values are black and white. All between
 * become one of 256 levels; from there on, such images are as any others. As NumPy has it, bit for bit:
 *
 *     np.rint((np.clip(v, LOW, HIGH).astype(float) - LOW) * 255 / (HIGH - LOW)).astype(np.uint8)
 */
import { DataError } from '../data-error.js';

/** Whole numbers, 0 to 65,535, the first below the second. Values up to the first are black, from the second on white. */
export type DepthRange = readonly [low: number, high: number];

const VALUES = 2 ** 16;
const WHITE = 255;

export interface Ranged {
  /** As many as there are values. */
  levels: Uint8Array;
  /** Pixels of which a colour lies outside of the range. */
  cutOff: number;
}

/**
 * @param values `[pixels, channels]` @param colours how many of the channels the range is for; the others are alpha, of
 *   which the upper 8 bits are kept, as by Pillow
 */
export function ranged(values: Uint16Array, range: DepthRange, channels: number, colours = channels): Ranged {
  const [low, high] = range;
  const table = levelsOf(range);
  const levels = new Uint8Array(values.length);
  let cutOff = 0;
  for (let at = 0; at < values.length; at += channels) {
    let isCut = false;
    for (let i = at; i < at + colours; i++) {
      const value = values[i]!;
      levels[i] = table[value]!;
      isCut ||= value < low || value > high;
    }
    for (let i = at + colours; i < at + channels; i++) levels[i] = values[i]! >> 8;
    if (isCut) cutOff++;
  }
  return { levels, cutOff };
}

/** The last table: a run has one range, and making a table takes as long as a small image. */
let last: { range: DepthRange; table: Uint8Array } | null = null;

function levelsOf(range: DepthRange): Uint8Array {
  const [low, high] = range;
  if (last?.range[0] === low && last.range[1] === high) return last.table;
  const level = (value: number) => roundHalfEven(((Math.min(Math.max(value, low), high) - low) * WHITE) / (high - low));
  last = { range, table: Uint8Array.from({ length: VALUES }, (_, value) => level(value)) };
  return last.table;
}

/** Products and differences are whole, and halves are exact in float64. @param value not negative */
function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}

/** Deep images whose range nobody has said. */
export const RANGE_HINT =
  'Which values are black and white is stored with the weights: convert --range LOW,HIGH, such as 0,4095 for 12 bits.';

/** A file of 16 bits for weights without a range: who decodes it as Pillow does says so. */
export function depthAsked(where: string, format: string): DataError {
  const message = `${where}: ${format} of 16 bits a sample, and the weights do not say which values are black and white`;
  const hint = `${RANGE_HINT} PNG as Pillow's convert('RGB') has it, gray cut off at 255: --depth pillow.`;
  return new DataError('IMAGE_DEPTH', message, { hint });
}

/** @param what of which depth they are: `8 bits a sample` */
export function notDeep(
  where: string,
  what: string,
  range: DepthRange,
  code: 'IMAGE_DEPTH' | 'IMAGES_DEPTH',
): DataError {
  const message = `${where}: ${what}, the weights are for 10 to 16 bits (--range ${range.join(',')})`;
  const hint = "Give the camera's own files, or convert the model again without --range.";
  return new DataError(code, message, { hint });
}
