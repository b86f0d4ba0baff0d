/**
 * Shared by the methods that compare counts. Test and band draw from separate random streams, so that no method's
 * result depends on which other methods run.
 */
import { Random } from '../../random/index.js';
import type { MethodContext, MethodResult } from './method.js';

/** Random numbers for the test against the reference rows. */
export function testRandom({ seed }: MethodContext): Random {
  return Random.stream(seed, 1);
}

/** Random numbers for the band of the value. */
export function bandRandom({ seed }: MethodContext): Random {
  return Random.stream(seed, 2);
}

/** A bare value, for a profile without a reference: nothing is known of how it varies. */
export function uncalibrated(value: number): MethodResult {
  return { value, low: null, high: null, band: null, p: null, sensitivity: null };
}
