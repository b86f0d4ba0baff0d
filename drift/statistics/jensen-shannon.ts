/**
 * Jensen-Shannon distance of two histograms: the square root of the mean divergence of each from their mixture,
 *
 *   JS(p, q) = sqrt( (KL(p ‖ m) + KL(q ‖ m)) / 2 ),  m = (p + q) / 2,
 *
 * as `scipy.spatial.distance.jensenshannon` has it (J. Lin, IEEE Trans. Inf. Theory 37, 1991; a metric by Endres and
 * Schindelin, ibid. 49, 2003). Fiddler's documentation links to that function. No smoothing: empty bins add 0.
 *
 * With δ = (p - q) / (p + q), a bin adds m · ((1 + δ) ln(1 + δ) + (1 - δ) ln(1 - δ)), which is never negative: unlike
 * the textbook sum it does not cancel, so equal histograms give exactly 0 and tiny distances keep their digits.
 */
import { shownValue } from '../../base/index.js';
import { DriftError } from '../drift-error.js';

/**
 * Base of the logarithm. With base 2 the distance is at most 1; with base e (Fiddler's and scipy's default) at most
 * sqrt(ln 2) = 0.8326.
 */
export type LogBase = 'e' | 2;

/** The distance of two histograms that share no bin: 1 for base 2, 0.8326 for base e. */
export function maximumJensenShannonDistance(base: LogBase): number {
  return base === 2 ? 1 : Math.sqrt(Math.LN2);
}

/**
 * Jensen-Shannon distance of two histograms, as `scipy.spatial.distance.jensenshannon` computes it. Equal shares give
 * exactly 0.
 *
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
  return x === -1 ? 0 : (1 + x) * Math.log1p(x);
}

/**
 * Limit for totals, so that a product of two neither overflows nor vanishes. Real counts and shares are far from it.
 */
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
