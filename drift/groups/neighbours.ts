/** Correlations of rows that lie some rows apart, within blocks of rows that follow each other. */
import { log, pow } from '../../base/math/index.js';
import type { RunRow } from './row-runs.js';

/** Correlation of a lag, and its standard error where there is none; the error is infinite without pairs. */
export type Correlations = (lag: number) => { r: number; error: number };

/** @returns null where all rows are equal or there are none */
export function ofNumbers(blocks: readonly number[][]): Correlations | null {
  const all = blocks.flat();
  const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
  const variance = all.reduce((sum, value) => sum + (value - mean) ** 2, 0) / all.length;
  if (!(variance > 0)) return null;
  return (lag) => {
    const { pairs, sum } = overPairs(blocks, lag, (a, b) => (a - mean) * (b - mean));
    return { r: sum / (pairs * variance), error: 1 / Math.sqrt(pairs) };
  };
}

/**
 * The correlation that a Kolmogorov-Smirnov distance sees. It compares shares of rows up to a threshold, so what
 * counts is how alike neighbours are in being below it: less alike than the numbers themselves, most so far out. All
 * thresholds together have the covariance ½ (E|x − x′| − E|x − y|) at a lag, where y lies that many rows after x, and
 * x′ is any other row: the sum over t of 1{x ≤ t} · 1{y ≤ t} is that of t ≥ max(x, y), which is (x + y + |x − y|) / 2
 * (the madogram of G. Matheron, 1987). Each threshold so has the weight F (1 − F), its share of the variance of a
 * Brownian bridge.
 *
 * Without correlation, the estimate is a degenerate U-statistic with the variance Σ Γ(s, t)² / (Σ Γ(t, t))² / pairs,
 * where Γ(s, t) = F(s) (1 − F(t)) for s ≤ t (R. J. Serfling, "Approximation Theorems of Mathematical Statistics",
 * 1980, section 5.5).
 *
 * @param blocks whole numbers from 0
 * @returns null where all rows are equal or there are none
 */
export function ofThresholds(blocks: readonly number[][]): Correlations | null {
  const below = cumulativeShares(blocks.flat());
  const variance = below.reduce((sum, share) => sum + share * (1 - share), 0);
  if (!(variance > 0)) return null;
  let squares = 0;
  for (const [t, upper] of below.entries()) {
    for (let s = 0; s <= t; s++) squares += (s === t ? 1 : 2) * (below[s]! * (1 - upper)) ** 2;
  }
  const spread = Math.sqrt(squares) / variance;
  return (lag) => {
    const { pairs, sum } = overPairs(blocks, lag, (a, b) => Math.abs(a - b));
    return { r: 1 - sum / (pairs * 2 * variance), error: spread / Math.sqrt(pairs) };
  };
}

/**
 * The correlation of being of one kind: the covariance of each kind's indicator, all added up, so that each kind has
 * the weight p (1 − p) that it has in the variance of a row. Without correlation it is a degenerate U-statistic, too:
 * its kernel 1{x = y} − p(x) − p(y) + Σ p² has the variance Σ p² − 2 Σ p³ + (Σ p²)².
 * @param blocks the kind of each row
 * @returns null where all rows are of one kind or there are none
 */
export function ofEqualRows(blocks: readonly number[][]): Correlations | null {
  const all = blocks.flat();
  const shares = new Map<number, number>();
  for (const kind of all) shares.set(kind, (shares.get(kind) ?? 0) + 1 / all.length);
  if (shares.size < 2) return null;
  const power = (exponent: number) => [...shares.values()].reduce((sum, share) => sum + pow(share, exponent), 0);
  const [squares, cubes] = [power(2), power(3)];
  const spread = Math.sqrt(squares - 2 * cubes + squares ** 2) / (1 - squares);
  const kernel = (a: number, b: number) => Number(a === b) - shares.get(a)! - shares.get(b)! + squares;
  return (lag) => {
    const { pairs, sum } = overPairs(blocks, lag, kernel);
    return { r: sum / (pairs * (1 - squares)), error: spread / Math.sqrt(pairs) };
  };
}

/** Share of the values up to each whole number that some value exceeds. */
function cumulativeShares(values: readonly number[]): number[] {
  const counts = new Array<number>(Math.max(0, ...values)).fill(0);
  for (const value of values) if (value < counts.length) counts[value]!++;
  let sum = 0;
  return counts.map((count) => {
    sum += count;
    return sum / values.length;
  });
}

/** Number of pairs that lie a lag apart, and the sum of a function of both. */
function overPairs(blocks: readonly number[][], lag: number, of: (a: number, b: number) => number) {
  let pairs = 0;
  let sum = 0;
  for (const block of blocks) {
    for (let i = lag; i < block.length; i++, pairs++) sum += of(block[i]!, block[i - lag]!);
  }
  return { pairs, sum };
}

// Whether a file is sorted by class: a folder after the other. Then neighbours are of one cluster because of how the file was
// made, and what they have in common beyond their class is what counts.
//
// True classes say so themselves. Predicted ones are wrong here and there, so the likeliest sequence of classes behind them is
// looked for (A. J. Viterbi, IEEE Trans. Inf. Theory 13, 1967): a prediction is right in `RIGHT` of the rows, and a class lasts.
// The file is sorted if at least `LEAST_CLASSES` come in one run each. Clips do not: their classes come back.

const RIGHT = 0.7;
/** Natural logarithm of how much less likely a change of class is than none, beside the number of rows. */
const CHANGE = 3;
/** Fewer classes may come in one run by chance, as of three clips. */
const LEAST_CLASSES = 4;

/** The rows of each class, in pieces that lie together; null if the rows are not sorted by class. */
export function classRuns(blocks: readonly RunRow[][]): RunRow[][][] | null {
  const rows = blocks.flat();
  const classes = areTargetsSorted(rows) ? rows.map(({ target }) => target) : sortedPredictions(rows);
  if (classes === null) return null;
  const runs = new Map<number, RunRow[][]>();
  let at = 0;
  for (const block of blocks) {
    for (const [i, row] of block.entries()) {
      const own = classes[at]!;
      const pieces = runs.get(own) ?? [];
      runs.set(own, pieces);
      if (i === 0 || own !== classes[at - 1]) pieces.push([row]);
      else pieces.at(-1)!.push(row);
      at++;
    }
  }
  return [...runs.values()];
}

function areTargetsSorted(rows: readonly RunRow[]): boolean {
  const targets = rows.map(({ target }) => target).filter((target) => target > 0);
  const different = new Set(targets).size;
  return different > 1 && runsIn(targets) <= 2 * different;
}

function sortedPredictions(rows: readonly RunRow[]): number[] | null {
  const predicted = rows.map((row) => row.predicted);
  if (predicted.length === 0 || predicted.includes(0)) return null;
  const classes = likeliestClasses(predicted);
  const different = new Set(classes).size;
  return different >= LEAST_CLASSES && runsIn(classes) === different ? classes : null;
}

function runsIn(classes: readonly number[]): number {
  return classes.filter((own, i) => i === 0 || own !== classes[i - 1]).length;
}

function likeliestClasses(predicted: readonly number[]): number[] {
  const known = [...new Set(predicted)];
  const wrong = log((1 - RIGHT) / Math.max(1, known.length - 1));
  const change = CHANGE + log(predicted.length);
  let scores = known.map(() => 0);
  /** By row and class: where the best sequence comes from. */
  const from: number[][] = [];
  for (const own of predicted) {
    const best = scores.indexOf(Math.max(...scores));
    const stays = scores.map((score) => score >= scores[best]! - change);
    from.push(stays.map((stayed, c) => (stayed ? c : best)));
    scores = scores.map(
      (score, c) => (stays[c] ? score : scores[best]! - change) + (known[c] === own ? log(RIGHT) : wrong),
    );
  }
  let at = scores.indexOf(Math.max(...scores));
  const classes = new Array<number>(predicted.length);
  for (let row = predicted.length - 1; row >= 0; row--) {
    classes[row] = known[at]!;
    at = from[row]![at]!;
  }
  return classes;
}
