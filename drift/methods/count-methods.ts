/** Shared by the methods that compare counts with those of the baseline. */
import { Random } from '../../base/index.js';
import { TAIL } from '../null/interval.js';
import type { Profile } from '../profile/profile.js';
import { baselineTest } from '../tests/permutation-test.js';
import { type EffectiveSides, effectiveBaselineRows, occupiedBins } from '../windows/effective-rows.js';
import type { MethodContext, MethodResult } from './method.js';

/** Effective baseline rows for each bin. With fewer, the bins' shares are too uncertain for a promise. */
export const LEAST_ROWS_PER_BIN = 10;

/** False if the baseline is too small for its bins; there is then a value without a test. */
export function isLargeEnough(profile: Pick<Profile, 'rows' | 'groups' | 'centroids' | 'reference'>): boolean {
  return effectiveBaselineRows(profile) >= LEAST_ROWS_PER_BIN * profile.centroids.rows;
}

/** Random numbers for the test. No method's result depends on which other methods run. */
export function testRandom({ seed }: MethodContext): Random {
  return Random.stream(seed, 1);
}

interface CountTest {
  p: number;
  /** Upper end of the band. */
  band: number;
  /** The same at the level of the interval. */
  cut: { cut: number; level: number };
}

/**
 * Tests a divergence of the bins.
 * @param statistic of the window's counts
 * @param power 1 for a distance, 2 for the square of one
 */
export function clusterTest(
  sides: EffectiveSides,
  statistic: (window: readonly number[]) => number,
  power: 1 | 2,
  context: MethodContext,
): CountTest {
  return testOf(sides, statistic, { df: occupiedBins(sides) - 1, power }, context);
}

/** Tests a single number, such as a share or the largest difference of two. */
export function numberTest(
  sides: EffectiveSides,
  statistic: (window: readonly number[]) => number,
  context: MethodContext,
): CountTest {
  return testOf(sides, statistic, { df: 1, power: 1 }, context);
}

function testOf(
  sides: EffectiveSides,
  statistic: (window: readonly number[]) => number,
  kind: { df: number; power: 1 | 2 },
  context: MethodContext,
): CountTest {
  const { alpha, tests } = context;
  const { p, cutAt } = baselineTest(sides, statistic, testRandom(context), { ...context, ...kind });
  const level = TAIL / tests;
  return { p, band: cutAt(alpha), cut: { cut: cutAt(level), level } };
}

/** A bare value, for a profile without a reference: nothing is known of how it varies. */
export function uncalibrated(value: number): MethodResult {
  return { value, low: null, high: null, band: null, p: null, looked: null };
}
