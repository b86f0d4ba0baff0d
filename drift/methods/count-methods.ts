/** What the methods that compare counts draw from: streams of their own, so that none depends on which others run. */
import { Random } from '../../random/index.js';
import type { MethodContext, MethodResult } from './method.js';

/** For the test of the reference rows. */
export function testRandom({ seed }: MethodContext): Random {
  return Random.stream(seed, 1);
}

/** For the band of the value. */
export function bandRandom({ seed }: MethodContext): Random {
  return Random.stream(seed, 2);
}

/** A value against a profile that says nothing of how it varies. */
export function uncalibrated(value: number): MethodResult {
  return { value, low: null, high: null, band: null, p: null, sensitivity: null };
}
