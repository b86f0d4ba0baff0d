/**
 * Which levels a verdict can have. A p-value comes from at most 100,000 resamples and is corrected for several methods, so
 * none is far below 0.0001: with a lower level nothing would ever be called drift, whatever the bands look like. Above
 * 0.5, most windows without drift would be.
 */
export const ALPHA_RANGE = 'from 0.0001 to 0.5';

export function isAlpha(alpha: number): boolean {
  return alpha >= 0.0001 && alpha <= 0.5;
}
