/**
 * Exact percentiles of pixels' brightness: a sample brackets them, and only pixels within are looked at one by one.
 * Squared brightness is `(241 R² + 691 G² + 68 B²) / 1000`: in steps of 1/1000 a whole number of 26 bits.
 */

export const WHITE = 255 ** 2 * 1000;

const [RED, GREEN, BLUE] = [241, 691, 68].map((weight) =>
  Int32Array.from({ length: 256 }, (_, value) => weight * value ** 2),
) as [Int32Array, Int32Array, Int32Array];

/** Squared brightness of the first pixel from `at` on. @param rgb `[pixels, 3]` */
export function squaredBrightness(rgb: Uint8Array, at: number): number {
  return RED[rgb[at]!]! + GREEN[rgb[at + 1]!]! + BLUE[rgb[at + 2]!]!;
}

/** Squared brightness from `from` up to, but without, `to`. */
export interface Bracket {
  from: number;
  to: number;
}

export interface Side {
  below: number;
  /** Squared brightness of the pixels within, in their order. */
  within: Uint32Array;
}

export interface Split {
  /** `[pixels]`, as Pillow's `convert('L')` has it. */
  gray: Uint8Array;
  sides: [Side, Side];
}

/** Pixels of the sample; all pixels of a smaller image. */
const SAMPLE = 4096;
/**
 * Standard deviations of a rank in the sample to both sides. A photograph hardly ever needs a second look, since a
 * sample that is evenly spread tells more than a random one; an image of noise does one time in four.
 */
const DEVIATIONS = 1.5;

export type Splitter = (rgb: Uint8Array, brackets: readonly [Bracket, Bracket]) => Split;

export interface Percentiles {
  /** From 0, black, to 1, white; one a percent. */
  values: [number, number];
  /** `[pixels]`, as Pillow's `convert('L')` has it; comes with the first look. */
  gray: Uint8Array;
}

/**
 * NumPy's `percentile`: interpolates between the two nearest pixels. @param rgb `[pixels, 3]` @param percents 0 to 100
 */
export function brightnessPercentiles(
  rgb: Uint8Array,
  percents: readonly [number, number],
  split: Splitter,
): Percentiles {
  const pixels = rgb.length / 3;
  const [a, b] = percents.map((percent) => (percent / 100) * (pixels - 1)) as [number, number];
  const brackets = guessed(rgb, percents);
  const { gray, sides } = split(rgb, brackets);
  for (;;) {
    const missed = [widened(a, brackets[0], sides[0]), widened(b, brackets[1], sides[1])] as const;
    if (missed[0] === null && missed[1] === null) break;
    for (const [i, bracket] of missed.entries()) if (bracket !== null) brackets[i] = bracket;
    sides.splice(0, 2, ...split(rgb, brackets).sides);
  }
  return { values: [atPosition(a, sides[0], brackets[0]), atPosition(b, sides[1], brackets[1])], gray };
}

/** Values between which the percentiles probably are. */
function guessed(rgb: Uint8Array, percents: readonly [number, number]): [Bracket, Bracket] {
  const pixels = rgb.length / 3;
  const sample = Math.min(pixels, SAMPLE);
  const step = pixels / sample;
  const upTo = new Uint16Array(LEVELS);
  for (let i = 0; i < sample; i++) upTo[levelOf(squaredBrightness(rgb, 3 * Math.trunc(i * step)))]!++;
  for (let level = 1; level < LEVELS; level++) upTo[level]! += upTo[level - 1]!;
  return percents.map((percent) => {
    const share = percent / 100;
    const margin = 2 + DEVIATIONS * Math.sqrt(sample * share * (1 - share));
    const [low, high] = [-margin, margin].map((by) => levelOfRank(upTo, sample * share + by)) as [number, number];
    return { from: low < 0 ? 0 : startOf(low), to: high >= LEVELS ? WHITE + 1 : startOf(high + 1) };
  }) as [Bracket, Bracket];
}

/** The level of a rank, from 0; -1 below the first, `LEVELS` behind the last. @param upTo count up to each level */
function levelOfRank(upTo: Uint16Array, rank: number): number {
  if (rank < 0) return -1;
  let [low, high] = [0, LEVELS];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (upTo[middle]! <= rank) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Levels of brightness are 64 from one power of two to the next, so that dark images have many too. */
const LEVEL_BITS = 6;
const LEVELS = levelOf(WHITE) + 1;

function levelOf(value: number): number {
  const zeros = Math.clz32(value + 1);
  const fraction = ((value + 1) << zeros) >>> (31 - LEVEL_BITS);
  return ((30 - zeros) << LEVEL_BITS) + fraction;
}

function startOf(level: number): number {
  const fraction = 1 + (level % 2 ** LEVEL_BITS) / 2 ** LEVEL_BITS;
  return Math.ceil(fraction * 2 ** (level >> LEVEL_BITS)) - 1;
}

/** A bracket that has the pixels next to a position; null where this one has them. */
function widened(position: number, { from, to }: Bracket, { below, within }: Side): Bracket | null {
  const isLow = Math.floor(position) < below;
  const isHigh = Math.ceil(position) >= below + within.length;
  if (!isLow && !isHigh) return null;
  return { from: isLow ? 0 : from, to: isHigh ? WHITE + 1 : to };
}

function atPosition(position: number, { below, within }: Side, bracket: Bracket): number {
  const rank = Math.floor(position) - below;
  const [low, high] = twoOfRank(within, rank, bracket).map((value) => Math.sqrt(value / 1000) / 255) as [
    number,
    number,
  ];
  return between(low, high, position % 1);
}

/** NumPy's `_lerp`. */
function between(low: number, high: number, share: number): number {
  return share < 0.5 ? low + (high - low) * share : high - (high - low) * (1 - share);
}

/** Half of the bits of the widest bracket. */
const counts = new Uint32Array(2 ** 13);

/**
 * The value of this rank, from 0, and the next one (itself at the end), digit by digit from the highest on, which is
 * faster than sorting: two digits, or three where values are few.
 */
function twoOfRank(values: Uint32Array, rank: number, { from, to }: Bracket): [number, number] {
  const digits = values.length > SAMPLE ? 2 : 3;
  const bits = Math.ceil(Math.log2(to - from) / digits);
  let [value, rest, digit] = [from, rank, 0];
  for (let place = digits - 1; place >= 0; place--) {
    countDigits(values, value, bits * place, bits);
    for (digit = 0; rest >= counts[digit]!; digit++) rest -= counts[digit]!;
    value += digit * 2 ** (bits * place);
  }
  return [value, rest + 1 < counts[digit]! ? value : nextAbove(values, value)];
}

/** `counts`: how many values have which digit, among those that have all digits of `start` above it. */
function countDigits(values: Uint32Array, start: number, shift: number, bits: number): void {
  const range = 2 ** (shift + bits);
  counts.fill(0, 0, 2 ** bits);
  for (let i = 0; i < values.length; i++) {
    const above = values[i]! - start;
    if (above >= 0 && above < range) counts[above >>> shift]!++;
  }
}

/** The smallest value above this one; itself where there is none. */
function nextAbove(values: Uint32Array, value: number): number {
  let next = Number.POSITIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    const other = values[i]!;
    if (other > value && other < next) next = other;
  }
  return next === Number.POSITIVE_INFINITY ? value : next;
}
