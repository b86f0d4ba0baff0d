/** The mean brightness of 8 × 8 parts of the images, beside the baseline's, and what files about places have in common. */
import { GRID_SIDE, type GridCounts } from '../images/grid-tally.js';
import { mean } from '../statistics/mean.js';

/** Each member is `[GRID_PARTS]`, on the scale 0 to 1. */
export interface Parts {
  before: number[];
  after: number[];
  /** Standard deviation over the images of the baseline. */
  spread: number[];
  /** Variance over the images of the window, over that of the baseline. */
  variance: number[];
  /** Standard error of the difference of the means. */
  error: number[];
}

export function partsOf(baseline: GridCounts, window: GridCounts, effectiveRows: number): Parts {
  const [a, b] = [moments(baseline), moments(window)];
  const n = Math.min(window.rows, effectiveRows);
  // An image of one colour in all parts would have no spread.
  const least = 1 / 255 ** 2;
  return {
    before: a.mean,
    after: b.mean,
    spread: a.variance.map((value) => Math.sqrt(Math.max(least, value))),
    variance: b.variance.map((value, i) => Math.max(least, value) / Math.max(least, a.variance[i]!)),
    error: a.variance.map((value, i) =>
      Math.sqrt(Math.max(least, value) / baseline.rows + Math.max(least, b.variance[i]!) / n),
    ),
  };
}

function moments({ rows, sums, squares }: GridCounts): { mean: number[]; variance: number[] } {
  const mean = Array.from(sums, (sum) => sum / rows / 255);
  return { mean, variance: Array.from(squares, (sum, i) => Math.max(0, sum / rows / 255 ** 2 - mean[i]! ** 2)) };
}

export type Place = (x: number, y: number) => [x: number, y: number];

/** How far the mean image is from the baseline's, turned, in standard errors. */
export function turnMisfit({ before, after, error }: Parts, of: Place): number {
  const [from, to] = [centred(before), centred(after)];
  return mean(
    to.map((value, i) => {
      const [x, y] = of(i % GRID_SIDE, Math.floor(i / GRID_SIDE));
      return ((value - from[y * GRID_SIDE + x]!) / error[i]!) ** 2;
    }),
  );
}

/** Square of the distance from the middle, from 0.03 to 1.5. */
export function radiusOf(part: number): number {
  const [x, y] = [part % GRID_SIDE, Math.floor(part / GRID_SIDE)].map((i) => (2 * i + 1) / GRID_SIDE - 1);
  return x! ** 2 + y! ** 2;
}

function centred(values: readonly number[]): number[] {
  const middle = mean(values);
  return values.map((value) => value - middle);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}

export function correlation(a: readonly number[], b: readonly number[]): number {
  const [x, y] = [centred(a), centred(b)];
  const product = (p: readonly number[], q: readonly number[]) => p.reduce((sum, value, i) => sum + value * q[i]!, 0);
  return product(x, y) / Math.sqrt(product(x, x) * product(y, y) || 1);
}
