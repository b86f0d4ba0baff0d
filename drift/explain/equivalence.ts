/**
 * Whether a baseline that was made again can be told from a window: an equivalence test, since it would say little that
 * no difference was found. They are equivalent if the upper bound of a domain classifier's AUC, which is 0.5 for
 * equals, is below a limit, and MMD does not reject equality.
 */
import { Random } from '../../base/index.js';
import { log } from '../../base/math/index.js';
import { squaredDistance } from '../linear/distance.js';
import type { Matrix64 } from '../linear/matrix.js';
import type { Projection } from '../linear/pca.js';
import { areaVariance } from '../statistics/ranks.js';
import { classifierTest } from '../tests/domain-classifier.js';
import { halfWhitened, MmdReference, mmdTest } from '../tests/maximum-mean-discrepancy.js';

/** Largest upper bound of the AUC that counts as equivalent. It is never more: 0.60 called things equal that cost 8 points. */
export const EQUIVALENCE = 0.55;
/** One-sided 95 %. */
const QUANTILE = 1.645;
/** Folds share rows, so an AUC varies more than by the formula: on clean images 1.3 times at 500 rows, 1.5 at 2,500. */
const [FEW, FEW_FACTOR] = [500, 1.3];
const [MANY, MANY_FACTOR] = [2_500, 1.5];
const DRAWS = 99;
/** The first are enough where many of them reach the value: the p of all would be above the level too. */
const [FEW_MMD_DRAWS, MMD_DRAWS] = [49, 199];
/** Level at which MMD rejects, divided by the number of candidates. */
const LEVEL = 0.05;
const [AREA_STREAM, MMD_STREAM] = [171, 172];

export interface Told {
  auc: number;
  /** Upper bound of the AUC, one-sided 95 %. */
  upper: number;
  /** p of MMD; null where the AUC decided already. */
  p: number | null;
  suffices: boolean;
}

interface TellOptions {
  /** At most `EQUIVALENCE`. */
  limit: number;
  seed: number;
  tests: number;
}

/** @param remade, window `[rows, components]` of the clean baseline @param variances of it along them */
export function tellApart(
  remade: Matrix64,
  window: Matrix64,
  variances: Projection['variances'],
  { limit, seed, tests }: TellOptions,
): Told {
  const options = { draws: DRAWS, maxDraws: DRAWS, seed };
  const area = classifierTest(remade, window, { ...options, stream: AREA_STREAM });
  const rows = Math.min(remade.rows, window.rows);
  const formula = rowFactor(rows) * Math.sqrt(areaVariance(0.5, remade.rows, window.rows));
  const upper = area.value + QUANTILE * Math.max(formula, Math.sqrt(area.variance));
  if (upper >= limit) return { auc: area.value, upper, p: null, suffices: false };
  const [a, b] = [remade, window].map((rows) => halfWhitened(rows, variances));
  const draws = { draws: FEW_MMD_DRAWS, maxDraws: MMD_DRAWS };
  const { p } = mmdTest(new MmdReference(a!), b!, { ...draws, seed, stream: MMD_STREAM });
  return { auc: area.value, upper, p, suffices: p > LEVEL / tests };
}

/** Whether the true cause, whose AUC is 0.5 in the mean, is nearly always shown to suffice with so many rows. */
export function canSuffice(baselineRows: number, windowRows: number, limit: number): boolean {
  const spread = rowFactor(Math.min(baselineRows, windowRows)) * Math.sqrt(areaVariance(0.5, baselineRows, windowRows));
  return 0.5 + (QUANTILE + 1) * spread < limit;
}

function rowFactor(rows: number): number {
  const part = log(rows / FEW) / log(MANY / FEW);
  return FEW_FACTOR + (MANY_FACTOR - FEW_FACTOR) * Math.min(1, Math.max(0, part));
}

/** Rows of which a share is remade, the others clean. The same rows are chosen for the same seed. */
export function mixRows(clean: Matrix64, remade: Matrix64, share: number, seed: number): Matrix64 {
  if (share >= 1) return remade;
  const { rows, columns } = clean;
  const mixed = clean.data.slice();
  for (const row of new Random(seed).sample(rows, Math.round(share * rows))) {
    mixed.set(remade.data.subarray(row * columns, (row + 1) * columns), row * columns);
  }
  return { rows, columns, data: mixed };
}

// Rows of a window that are rows of the baseline: the same image with the same cause has the same embedding but for
// rounding. Where that is so for many, the two are no samples of their own, and the AUC is too low.

/**
 * Share of the usual distance to the nearest row of the baseline within which rows count as the same, and share of
 * the distance to the nearest row of the window: where a cause makes all images nearly equal, any row lies near to
 * any other.
 */
const SAME = 0.2;
const MOST_ROWS = 1_000;

/** Shares of rows that have a nearly equal one in the baseline: those of the window, and the baseline's own. */
export function sharedRows(baseline: Matrix64, window: Matrix64): { window: number; usual: number } {
  const own = evenly(baseline.rows, MOST_ROWS / 4).map((row) => nearestSquare(baseline, row, baseline, true));
  const limit = SAME ** 2 * own.toSorted((a, b) => a - b)[own.length >> 1]!;
  const looked = evenly(window.rows, MOST_ROWS);
  const shared = looked.filter((row) => {
    const square = nearestSquare(window, row, baseline, false);
    return square < limit && square < SAME ** 2 * nearestSquare(window, row, window, true);
  });
  return { window: shared.length / looked.length, usual: own.filter((square) => square < limit).length / own.length };
}

function evenly(rows: number, most: number): number[] {
  const count = Math.min(rows, most);
  return Array.from({ length: count }, (_, i) => Math.floor((i * rows) / count));
}

function nearestSquare(from: Matrix64, row: number, to: Matrix64, isSame: boolean): number {
  const { columns } = to;
  let least = Number.POSITIVE_INFINITY;
  for (let other = 0; other < to.rows; other++) {
    if (isSame && other === row) continue;
    least = Math.min(least, squaredDistance(from.data, row * columns, to.data, other * columns, columns));
  }
  return least;
}

/** For each row the nearest of the other matrix, each once. @param rows of `from`, at most as many as `to` has */
export function matchedRows(from: Matrix64, rows: readonly number[], to: Matrix64): number[] {
  if (rows.length > to.rows) throw new RangeError(`${rows.length} rows to be matched with ${to.rows}`);
  const taken = new Set<number>();
  return rows.map((row) => {
    const nearest = nearestRow(from, row, to, taken);
    taken.add(nearest);
    return nearest;
  });
}

function nearestRow(from: Matrix64, row: number, to: Matrix64, taken: ReadonlySet<number>): number {
  const { columns } = to;
  let [nearest, least] = [-1, Number.POSITIVE_INFINITY];
  for (let other = 0; other < to.rows; other++) {
    if (taken.has(other)) continue;
    const square = squaredDistance(from.data, row * columns, to.data, other * columns, columns);
    if (square < least) [nearest, least] = [other, square];
  }
  return nearest;
}
