/**
 * Which levels a verdict can have. A p-value comes from a number of resamples, and is corrected for several methods: at a
 * level below the smallest that is possible, nothing would ever be called drift, whatever the bands look like.
 */
import { DriftError } from '../drift-error.js';
import type { Method } from '../methods/method.js';
import { LEAST_SAMPLED_P } from '../methods/row-samples.js';

/** The least is that of 100,000 resamples of counts, for several methods; above the most, half of the quiet windows drift. */
export const ALPHA_RANGE = 'from 0.0001 to 0.5';

export function isAlpha(alpha: number): boolean {
  return alpha >= 0.0001 && alpha <= 0.5;
}

/** Methods whose p-value, corrected for all that vote, cannot be as small as alpha, and the smallest one possible. */
export function blindAt(alpha: number, methods: readonly Method[]): { names: string[]; leastP: number } {
  const leastP = LEAST_SAMPLED_P * methods.length;
  const names = leastP > alpha ? methods.filter(({ needsSample }) => needsSample).map(({ name }) => name) : [];
  return { names, leastP };
}

/**
 * @param methods that are corrected for each other
 * @throws DriftError `OPTION_OUT_OF_RANGE` where one of them would never alarm
 */
export function checkSeeing(alpha: number, methods: readonly Method[]): void {
  const { names, leastP } = blindAt(alpha, methods);
  if (names.length === 0) return;
  const least = Math.ceil(leastP * 10_000) / 10_000;
  const [they, have] = names.length === 1 ? ['it', 'has'] : ['them', 'have'];
  const among = methods.length === 1 ? '' : `, corrected for ${methods.length} methods`;
  throw new DriftError(
    'OPTION_OUT_OF_RANGE',
    `alpha ${alpha}: ${names.join(', ')} ${have} no p-value below ${least}${among}, so nothing would be called drift`,
    { hint: `Compare without ${they}, or with an alpha of at least ${least}.` },
  );
}
