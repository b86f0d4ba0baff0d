/** What the methods that compare counts draw from: streams of their own, so that none depends on which others run. */
import { Random } from '../../random/index.js';
import type { MethodContext } from './method.js';

/** For the test of the reference rows. */
export function testRandom({ seed }: MethodContext): Random {
  return Random.stream(seed, 1);
}

/** For the band of the value. */
export function bandRandom({ seed }: MethodContext): Random {
  return Random.stream(seed, 2);
}
