import { shownValue } from '../../base/index.js';
import { exp, log, log1p } from '../../base/math/index.js';
import { DriftError } from '../drift-error.js';
import { totalOf } from './counts.js';

/** The largest difference of cumulative shares, 0 to 1, at the edges: never larger than that of the rows themselves. */
export function kolmogorovSmirnovDistance(a: readonly number[], b: readonly number[]): number {
  return Math.abs(signedKolmogorovSmirnovDistance(a, b));
}

/** The same distance with a sign: positive where the values of b lie higher. */
export function signedKolmogorovSmirnovDistance(a: readonly number[], b: readonly number[]): number {
  const m = totalOf(a);
  const n = totalOf(b);
  let [belowA, belowB, largest] = [0, 0, 0];
  for (const [i, count] of a.entries()) {
    belowA += count;
    belowB += b[i]!;
    const difference = belowA * n - belowB * m;
    if (Math.abs(difference) > Math.abs(largest)) largest = difference;
  }
  return largest / (m * n);
}

/**
 * Two-sided p-value from Kolmogorov's limiting distribution, `2 Σ (−1)^(j−1) exp(−2 j² λ²)`, with Stephens' correction
 * for finite numbers: λ = (√N + 0.12 + 0.11 / √N) · D, N = m n / (m + n) (M. A. Stephens, J. R. Stat. Soc. B 32, 1970).
 * Binned values never have a larger distance, so p errs on the safe side.
 * @param m,n rows of the two; need not be whole
 */
export function kolmogorovP(distance: number, m: number, n: number): number {
  const root = Math.sqrt((m * n) / (m + n));
  return kolmogorovTail((root + 0.12 + 0.11 / root) * Math.abs(distance));
}

/** P(K > λ) for Kolmogorov's distribution. */
export function kolmogorovTail(lambda: number): number {
  // Below 0.2 the probability is 1 to the last digit, and the series converges slowly.
  if (lambda < 0.2) return 1;
  let sum = 0;
  for (let j = 1; j <= 100; j++) {
    const term = exp(-2 * j * j * lambda * lambda);
    sum += j % 2 === 1 ? term : -term;
    if (term < 1e-17 * sum) break;
  }
  return Math.min(1, Math.max(0, 2 * sum));
}

/**
 * Population stability index (PSI) of two histograms: Σ (p - q) ln(p / q), natural logarithm. One row is added to every
 * bin of both sides, as Fiddler does, so that empty bins do not make it infinite. It is symmetric, 0 for equal shares,
 * and has no upper bound. Few rows in many bins give large values without drift, so a fixed threshold (0.1, 0.25)
 * misleads. Sources: S. Kullback, Information Theory and Statistics (1959), the divergence J; B. Yurdakul and J.
 * Naranjo, "Statistical properties of the population stability index", Journal of Risk Model Validation 14 (2020).
 * @throws DriftError `HISTOGRAM_LENGTHS_DIFFER`
 */
export function populationStabilityIndex(baseline: readonly number[], window: readonly number[]): number {
  if (baseline.length !== window.length) {
    throw new DriftError('HISTOGRAM_LENGTHS_DIFFER', `PSI: ${baseline.length} bins against ${window.length}`);
  }
  const p = smoothedShares(baseline);
  const q = smoothedShares(window);
  return p.reduce((sum, share, i) => sum + (share - q[i]!) * log(share / q[i]!), 0);
}

/** Shares of the counts after one row is added to every bin. */
export function smoothedShares(counts: readonly number[]): number[] {
  const total = totalOf(counts) + counts.length;
  return counts.map((count) => (count + 1) / total);
}

/**
 * Pearson's chi-square statistic of two histograms, without correction for continuity (`scipy.stats.chi2_contingency(…,
 * correction=False)`). Bins that are empty on both sides add nothing.
 */
export function chiSquareStatistic(baseline: readonly number[], window: readonly number[]): number {
  const m = totalOf(baseline);
  const n = totalOf(window);
  let statistic = 0;
  for (const [i, count] of baseline.entries()) {
    const both = count + window[i]!;
    if (both > 0) statistic += (count * n - window[i]! * m) ** 2 / both;
  }
  return statistic / (m * n);
}

// Jensen-Shannon distance, JS(p, q) = sqrt( (KL(p ‖ m) + KL(q ‖ m)) / 2 ) with m = (p + q) / 2, as
// `scipy.spatial.distance.jensenshannon` has it (J. Lin, IEEE Trans. Inf. Theory 37, 1991; a metric by Endres and
// Schindelin, ibid. 49, 2003), to which Fiddler's documentation links. No smoothing: empty bins add 0.
//
// With δ = (p - q) / (p + q), a bin adds m · ((1 + δ) ln(1 + δ) + (1 - δ) ln(1 - δ)), which is never negative: unlike
// the textbook sum it does not cancel, so equal histograms give exactly 0 and tiny distances keep their digits.

/** The distance is at most 1 with base 2, and sqrt(ln 2) = 0.8326 with base e (Fiddler's and scipy's default). */
export type LogBase = 'e' | 2;

/** The distance of two histograms that share no bin: 1 for base 2, 0.8326 for base e. */
export function maximumJensenShannonDistance(base: LogBase): number {
  return base === 2 ? 1 : Math.sqrt(Math.LN2);
}

/**
 * Jensen-Shannon distance of two histograms, as `scipy.spatial.distance.jensenshannon` computes it. Equal shares give
 * exactly 0.
 * @param p counts or shares, one for each bin; scaled to sum to 1
 * @param q the same bins of the other side. Exchanging `p` and `q` changes nothing.
 * @param options base of the logarithm: `2`, or `'e'` as in Fiddler
 * @returns from 0 to 1 for base 2, from 0 to 0.8326 for base e
 * @throws DriftError `HISTOGRAM_LENGTHS_DIFFER`, `HISTOGRAM_VALUE_INVALID`, `HISTOGRAM_EMPTY`, `OPTION_OUT_OF_RANGE`
 *
 * @example
 * ```ts
 * import { jensenShannonDistance } from 'image-drift';
 *
 * console.log(jensenShannonDistance([10, 20, 30], [1, 2, 3], { base: 'e' })); // 0
 * console.log(jensenShannonDistance([1, 0], [0, 1], { base: 2 })); // 1
 * ```
 */
export function jensenShannonDistance(p: ArrayLike<number>, q: ArrayLike<number>, options: { base: LogBase }): number {
  if (options.base !== 2 && options.base !== 'e') {
    const { base } = options as { base: unknown };
    throw new DriftError('OPTION_OUT_OF_RANGE', `Jensen-Shannon: base is ${shownValue(base)}, 2 or "e" is possible`);
  }
  if (p.length !== q.length) {
    throw new DriftError('HISTOGRAM_LENGTHS_DIFFER', `Jensen-Shannon: ${p.length} bins against ${q.length}`);
  }
  const pTotal = total(p, 'first');
  const qTotal = total(q, 'second');
  let divergence = 0;
  for (let i = 0; i < p.length; i++) {
    // Each side is multiplied by the other's total. Counts stay exact, so proportional histograms have δ = 0 exactly.
    const a = p[i]! * qTotal;
    const b = q[i]! * pTotal;
    if (a + b === 0) continue;
    const delta = (a - b) / (a + b);
    divergence += ((a + b) / (2 * pTotal * qTotal)) * Math.max(0, plusLogPlus(delta) + plusLogPlus(-delta));
  }
  const maximum = maximumJensenShannonDistance(options.base);
  const scale = options.base === 2 ? Math.LN2 : 1;
  return Math.min(maximum, Math.sqrt(divergence / (2 * scale)));
}

/** (1 + x) ln(1 + x), 0 at x = -1. */
function plusLogPlus(x: number): number {
  return x === -1 ? 0 : (1 + x) * log1p(x);
}

/** Limit for totals: a product of two neither overflows nor vanishes. Real counts and shares are far from it. */
const MAX_TOTAL = 1e100;
const MIN_TOTAL = 1e-100;

function total(histogram: ArrayLike<number>, which: string): number {
  let sum = 0;
  for (let i = 0; i < histogram.length; i++) {
    const value = histogram[i]!;
    if (!(value >= 0 && value <= MAX_TOTAL)) {
      throw new DriftError(
        'HISTOGRAM_VALUE_INVALID',
        `Jensen-Shannon: bin ${i} of the ${which} histogram is ${value}, 0 to ${MAX_TOTAL} is possible`,
      );
    }
    sum += value;
  }
  if (sum >= MIN_TOTAL) return sum;
  throw new DriftError(
    'HISTOGRAM_EMPTY',
    `Jensen-Shannon: the ${histogram.length} bins of the ${which} histogram sum to ${sum}, more than 0 is needed`,
  );
}
