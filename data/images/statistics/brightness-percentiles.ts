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

export interface Ranked {
  gray: Uint8Array;
  /** Squared brightness of each rank, and the next one, itself at the end: two for each. */
  values: ArrayLike<number>;
}

/** What is asked of pixels. @param rgb `[pixels, 3]` @returns arrays that are valid until the next call */
export interface PixelKernel {
  split(rgb: Uint8Array, brackets: readonly [Bracket, Bracket]): Split;
  /** Percentiles of at most `SAMPLE` pixels. @param ranks of at most four pixels, by brightness, from 0 */
  ranked(rgb: Uint8Array, ranks: readonly number[]): Ranked;
}

/** Pixels of the sample. A smaller image needs none. */
const SAMPLE = 4096;
/**
 * Standard deviations of a rank in the sample to both sides. A photograph hardly ever needs a second look, since a
 * sample that is evenly spread tells more than a random one; an image of noise does one time in four.
 */
const DEVIATIONS = 1.5;

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
  kernel: PixelKernel,
): Percentiles {
  const pixels = rgb.length / 3;
  const [a, b] = percents.map((percent) => (percent / 100) * (pixels - 1)) as [number, number];
  if (pixels <= SAMPLE) {
    const { gray, values } = kernel.ranked(rgb, [Math.floor(a), Math.floor(b)]);
    return { values: [atPosition(a, values[0]!, values[1]!), atPosition(b, values[2]!, values[3]!)], gray };
  }
  const brackets = guessed(rgb, percents, kernel);
  const { gray, sides } = kernel.split(rgb, brackets);
  for (;;) {
    const missed = [widened(a, brackets[0], sides[0]), widened(b, brackets[1], sides[1])] as const;
    if (missed[0] === null && missed[1] === null) break;
    for (const [i, bracket] of missed.entries()) if (bracket !== null) brackets[i] = bracket;
    sides.splice(0, 2, ...kernel.split(rgb, brackets).sides);
  }
  return { values: [within(a, sides[0], brackets[0]), within(b, sides[1], brackets[1])], gray };
}

/** Values between which the percentiles probably are: those of a sample, some ranks to both sides. */
function guessed(rgb: Uint8Array, percents: readonly [number, number], kernel: PixelKernel): [Bracket, Bracket] {
  const step = rgb.length / 3 / SAMPLE;
  const sample = new Uint8Array(3 * SAMPLE);
  for (let i = 0; i < SAMPLE; i++) {
    const at = 3 * Math.trunc(i * step);
    for (let channel = 0; channel < 3; channel++) sample[3 * i + channel] = rgb[at + channel]!;
  }
  const ranks = percents.flatMap((percent) => {
    const share = percent / 100;
    const margin = 2 + DEVIATIONS * Math.sqrt(SAMPLE * share * (1 - share));
    return [SAMPLE * share - margin, SAMPLE * share + margin].map(Math.floor) as [number, number];
  });
  const { values } = kernel.ranked(
    sample,
    ranks.map((rank) => Math.max(0, Math.min(SAMPLE - 1, rank))),
  );
  const bracket = (i: 0 | 2): Bracket => ({
    from: ranks[i]! < 0 ? 0 : values[2 * i]!,
    to: ranks[i + 1]! < SAMPLE ? values[2 * i + 2]! + 1 : WHITE + 1,
  });
  return [bracket(0), bracket(2)];
}

/** A bracket that has the pixels next to a position; null where this one has them. */
function widened(position: number, { from, to }: Bracket, { below, within }: Side): Bracket | null {
  const isLow = Math.floor(position) < below;
  const isHigh = Math.ceil(position) >= below + within.length;
  if (!isLow && !isHigh) return null;
  return { from: isLow ? 0 : from, to: isHigh ? WHITE + 1 : to };
}

function within(position: number, side: Side, bracket: Bracket): number {
  return atPosition(position, ...twoOfRank(side.within, Math.floor(position) - side.below, bracket));
}

/** NumPy's `_lerp` of the pixels' brightness. @param squaredLow squared brightness before the position, or there */
function atPosition(position: number, squaredLow: number, squaredHigh: number): number {
  const [low, high] = [brightnessOf(squaredLow), brightnessOf(squaredHigh)];
  const share = position % 1;
  return share < 0.5 ? low + (high - low) * share : high - (high - low) * (1 - share);
}

function brightnessOf(squared: number): number {
  return Math.sqrt(squared / 1000) / 255;
}

/** Half of the bits of the widest bracket. */
const counts = new Uint32Array(2 ** 13);

/**
 * The value of this rank, from 0, and the next one (itself at the end), digit by digit from the highest on, which is
 * faster than sorting: two digits, or three where values are few.
 */
function twoOfRank(values: Uint32Array, rank: number, { from, to }: Bracket): [number, number] {
  const digits = values.length > SAMPLE ? 2 : 3;
  const bits = Math.ceil((32 - Math.clz32(to - from - 1)) / digits);
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
