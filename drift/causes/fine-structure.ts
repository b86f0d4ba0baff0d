/**
 * Tells noise and sharpening from each other, and from bent and doubled edges, scratches, pasted objects.
 *
 * White noise of variance v adds 20 v to the variance of the Laplacian (the sum of the kernel's squares), and v to the
 * square of the noise estimate, so the ratio of the two increases, over 20, is 1. A sharpening filter multiplies both
 * alike: the ratio is that of the images, above 1. Noise leaves no two neighbours equal, and sharpening changes all
 * directions alike; edges that moved do neither.
 */
import { type Change, type Changes, effectOf, largestEffect } from './cause.js';

/** Variance of the Laplacian of white noise of variance 1. */
const LAPLACIAN_OF_NOISE = 20;
/** Ratios of white noise that is clipped, coarse-grained or in half of the images. */
const NOISE_RATIOS = [0.4, 2.5] as const;
/** Ratios of sharpened images, over that of the baseline. */
const SHARPENED_RATIOS = [0.4, 1.5] as const;
/** Effect on equal neighbours that noise has at least, in half of the images. */
const LEAST_ON_FLAT = 0.44;
/** Share of an increase at which the noise is so even over the images that nothing else can be its source. */
const EVEN = 0.3;
/** Noise that is the same in all channels leaves more neighbours equal; it is as even, and nothing stays smooth. */
const [LEAST_ON_SMOOTH, RATHER_EVEN] = [0.45, 0.65];
/** Smallest fall of smoothness that noise makes, and spread of noise in images that are mostly black. */
const [ROUGHER, LESS_EVEN] = [0.1, 0.75];
/** A change of sharpness below this share of itself gives no ratio. */
const WEAK = 0.5;
/** Smallest effect of sharpening on equal neighbours. */
const LESS_FLAT = 0.1;
/** Largest effects of sharpening: on upright and on slanted edges, how much less and more rows and columns differ, fewer levels. */
const [UPRIGHT, SLANTED, LESS_STRIPED, MORE_STRIPED, FEWER_LEVELS] = [0.2, 0.5, -0.35, 0.2, -0.5];

export function fineStructure(changes: Changes): 'noise' | 'sharpened' | 'other' {
  const [sharpness, noise] = [changes.get('sharpness'), changes.get('noise')];
  if (sharpness === undefined || noise === undefined) return 'other';
  const increase = square(noise, 1) - square(noise, 0);
  const ratio = (sharpness.window - sharpness.baseline) / (LAPLACIAN_OF_NOISE * increase);
  const own = sharpness.baseline / (LAPLACIAN_OF_NOISE * square(noise, 0));
  const isWeak = sharpness.window - sharpness.baseline < WEAK * sharpness.baseline;
  const isNoise = isWeak || within(ratio, NOISE_RATIOS);
  if (isNoise && isRough(changes, noise)) return 'noise';
  return within(ratio / own, SHARPENED_RATIOS) && isAlikeInAllDirections(changes) ? 'sharpened' : 'other';
}

function square({ baseline, window, deviations }: Change, side: 0 | 1): number {
  return (side === 0 ? baseline : window) ** 2 + deviations[side] ** 2;
}

function isRough(changes: Changes, noise: Change): boolean {
  const { baseline, window, deviations } = noise;
  const spread = deviations[1] / deviations[0] / (window / baseline);
  if (!changes.has('flat')) return true;
  if (effectOf(changes, 'smooth') > -ROUGHER) return false;
  if (isBlackKept(changes) && spread > LESS_EVEN) return false;
  if (effectOf(changes, 'flat') <= -LEAST_ON_FLAT || spread <= EVEN) return true;
  return effectOf(changes, 'smooth') <= -LEAST_ON_SMOOTH && spread <= RATHER_EVEN && !isBlackKept(changes);
}

/** Noise lightens black, unless it grows with light; bent edges do not. */
function isBlackKept(changes: Changes): boolean {
  const black = changes.get('clipped_dark');
  return black !== undefined && black.baseline > 0.3 && black.effect > -0.5;
}

function isAlikeInAllDirections(changes: Changes): boolean {
  if (largestEffect(changes, ['upright']) > UPRIGHT || largestEffect(changes, ['diagonal']) > SLANTED) return false;
  const stripes = ['row_stripes', 'column_stripes'].map((name) => effectOf(changes, name));
  if (!stripes.every((effect) => within(effect, [LESS_STRIPED, MORE_STRIPED]))) return false;
  if (!changes.has('flat')) return true;
  return effectOf(changes, 'levels') >= FEWER_LEVELS && effectOf(changes, 'flat') <= -LESS_FLAT;
}

function within(value: number, [least, most]: readonly [number, number]): boolean {
  return value >= least && value <= most;
}
