/** Causes with a place in the images, from the mean brightness of 8 × 8 parts. */
import { GRID_PARTS, GRID_SIDE, type GridCounts } from '../images/image-tally.js';
import { chiSquareCdf } from '../null/chi-square.js';
import { mean } from '../statistics/moments.js';
import { type Cause, percent } from './cause.js';

/** Each member is `[GRID_PARTS]`, on the scale 0 to 1. */
interface Parts {
  before: number[];
  after: number[];
  spread: number[];
  /** Variance over the images of the window, over that of the baseline. */
  variance: number[];
  error: number[];
}

function partsOf(baseline: GridCounts, window: GridCounts, effectiveRows: number): Parts {
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

type Place = (x: number, y: number) => [x: number, y: number];

/** How far the mean image is from the baseline's, turned, in standard errors. */
function turnMisfit({ before, after, error }: Parts, of: Place): number {
  const [from, to] = [centred(before), centred(after)];
  return mean(
    to.map((value, i) => {
      const [x, y] = of(i % GRID_SIDE, Math.floor(i / GRID_SIDE));
      return ((value - from[y * GRID_SIDE + x]!) / error[i]!) ** 2;
    }),
  );
}

/** Square of the distance from the middle, from 0.03 to 1.5. */
function radiusOf(part: number): number {
  const [x, y] = [part % GRID_SIDE, Math.floor(part / GRID_SIDE)].map((i) => (2 * i + 1) / GRID_SIDE - 1);
  return x! ** 2 + y! ** 2;
}

function centred(values: readonly number[]): number[] {
  const middle = mean(values);
  return values.map((value) => value - middle);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const [x, y] = [centred(a), centred(b)];
  const product = (p: readonly number[], q: readonly number[]) => p.reduce((sum, value, i) => sum + value * q[i]!, 0);
  return product(x, y) / Math.sqrt(product(x, x) * product(y, y) || 1);
}

export interface Grids {
  baseline: GridCounts;
  window: GridCounts;
  effectiveRows?: number | undefined;
}

/** Fewer images have no mean that tells anything. */
const LEAST_IMAGES = 20;

/** The cause that has a place; null if there is none, or if the parts are not known. */
export function placeCause({ baseline, window, effectiveRows }: Grids, alpha: number): Cause | null {
  if (baseline.rows < LEAST_IMAGES || Math.min(window.rows, effectiveRows ?? window.rows) < LEAST_IMAGES) return null;
  const parts = partsOf(baseline, window, effectiveRows ?? window.rows);
  return turned(parts, alpha) ?? standsStill(parts, alpha) ?? darkEdges(parts, alpha);
}

/** A few parts moved far, and the many others did not: no shift of light, which moves all. */
function standsStill({ before, after, spread, variance, error }: Parts, alpha: number): Cause | null {
  // Where all is black, nothing varies, and any change would be large.
  const unit = spread.map((value) => Math.max(value, 0.5 * median(spread)));
  const shift = before.map((value, i) => (after[i]! - value) / unit[i]!);
  const usual = median(shift);
  const away = shift.map((value) => Math.abs(value - usual));
  const noise = Math.max(median(away), median(error.map((value, i) => value / unit[i]!)));
  const most = Math.max(...away);
  const moved = away.flatMap((value, i) => (value > 0.5 * most ? [i] : []));
  const [place] = moved.sort((a, b) => away[b]! - away[a]!) as [number];
  if (most < 0.25 || most < 6 * noise || moved.length > GRID_PARTS / 3) return null;
  // Light that changed everywhere is another cause, and this one would be half of the truth.
  if (Math.abs(usual) > Math.max(0.15, 0.1 * most)) return null;
  // All that is lit: light changed, and black stayed black.
  const lit = before.flatMap((value, i) => (value > 0.3 * Math.max(...before) ? [i] : []));
  if (lit.filter((i) => moved.includes(i)).length > lit.length / 2) return null;
  if (boxAround(moved) > 3 * moved.length) return null;
  // What is pasted at one place covers what varies there. Light that falls there keeps it.
  const isLively = median(moved.map((i) => spread[i]!)) > 0.5 * median(spread);
  const rest = Math.max(median(variance), isLively ? 0 : (median(spread) / median(moved.map((i) => unit[i]!))) ** 2);
  if (median(moved.map((i) => variance[i]!)) > 0.85 * rest) return null;
  const p = tail((most * unit[place]!) / error[place]!);
  if (p > alpha) return null;
  const words = `at the ${placeName(moved)}, in ${moved.length} of ${GRID_PARTS} parts`;
  return { ...cause('something stands still', words, before[place]!, after[place]!, p), effect: Math.min(1, most) };
}

/** How much light is left, falls from the middle to the corners. */
function darkEdges({ before, after, spread, error }: Parts, alpha: number): Cause | null {
  const ratio = before.map((value, i) => (after[i]! + 0.01) / (value + 0.01));
  // Where the baseline is black, there is nothing to darken.
  const lit = before.flatMap((value, i) => (value > 0.08 && spread[i]! > 0.02 ? [i] : []));
  if (lit.length < GRID_PARTS / 3) return null;
  lit.sort((a, b) => radiusOf(a) - radiusOf(b));
  const quarter = Math.floor(lit.length / 4);
  const [middle, corners] = [lit.slice(0, quarter), lit.slice(-quarter)];
  const [inner, outer] = [mean(middle.map((i) => ratio[i]!)), mean(corners.map((i) => ratio[i]!))];
  const along = correlation(
    lit.map((i) => ratio[i]!),
    lit.map(radiusOf),
  );
  if (outer > 0.92 * inner || along > -0.9) return null;
  // A light in the middle leaves the corners as they were.
  if (outer > 0.96 || inner > 1.1) return null;
  const z = mean(corners.map((i) => (before[i]! * (inner - ratio[i]!)) / error[i]!));
  const p = tail(z);
  if (p > alpha) return null;
  const words = `${percent(outer)} of the light is left in the corners, ${percent(inner)} in the middle`;
  const change = { before: mean(corners.map((i) => before[i]!)), after: mean(corners.map((i) => after[i]!)) };
  return cause('darker at the edges', words, change.before, change.after, p);
}

function boxAround(parts: readonly number[]): number {
  const length = (of: (part: number) => number) => Math.max(...parts.map(of)) - Math.min(...parts.map(of)) + 1;
  return length((part) => part % GRID_SIDE) * length((part) => Math.floor(part / GRID_SIDE));
}

const LAST = GRID_SIDE - 1;
/** Where a part of a changed image was before. */
const TURNS: readonly [kind: string, from: Place][] = [
  ['upside down', (x, y) => [x, LAST - y]],
  ['upside down', (x, y) => [LAST - x, LAST - y]],
  ['mirrored', (x, y) => [LAST - x, y]],
  ['turned by a quarter', (x, y) => [y, LAST - x]],
  ['turned by a quarter', (x, y) => [LAST - y, x]],
];

/** The mean image is not where it was, and is where it would be if all images were turned. */
function turned(parts: Parts, alpha: number): Cause | null {
  const { before, after } = parts;
  const asItWas = turnMisfit(parts, (x, y) => [x, y]);
  const turns = TURNS.map(([kind, of]) => ({ kind, misfit: turnMisfit(parts, of) }));
  const best = turns.reduce((a, b) => (b.misfit < a.misfit ? b : a));
  if (asItWas < 3 || best.misfit > asItWas / 3) return null;
  const p = tail(Math.sqrt(asItWas * 3));
  if (p > alpha) return null;
  const brother = Math.min(...turns.filter(({ kind }) => kind !== best.kind).map((one) => one.misfit));
  if (brother < 1.5 * best.misfit) return null;
  return cause(best.kind, `the mean image is that of the baseline, turned`, mean(before), mean(after), p);
}

function cause(kind: string, words: string, baseline: number, window: number, p: number): Cause {
  return { kind, words: `${kind}: ${words}`, statistic: 'image_grid', baseline, window, effect: 1, p };
}

/** Two-sided, of a normal deviate, for any of all parts. */
function tail(z: number): number {
  return Math.min(1, GRID_PARTS * (1 - chiSquareCdf(z * z, 1)));
}

const ROWS = ['top', 'middle', 'bottom'];
const COLUMNS = ['left', 'centre', 'right'];

function placeName(parts: readonly number[]): string {
  const third = (of: (part: number) => number) =>
    Math.min(2, Math.floor((3 * (mean(parts.map(of)) + 0.5)) / GRID_SIDE));
  const row = ROWS[third((part) => Math.floor(part / GRID_SIDE))]!;
  const column = COLUMNS[third((part) => part % GRID_SIDE)]!;
  return `${row} ${column}`;
}
