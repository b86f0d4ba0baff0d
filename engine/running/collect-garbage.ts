/** Gives back memory that is known to be garbage, where V8 would keep it for long. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Runs V8's garbage collector once, some ten milliseconds. For the moment after weights have been folded: the tensors
 * as they were read are as large as all that follows, but lie outside of the heap, where V8 hardly counts them.
 *
 * The flag makes `gc` visible in contexts made after it, so in none but this one.
 */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  setFlagsFromString('--no-expose-gc');
  collect();
}
