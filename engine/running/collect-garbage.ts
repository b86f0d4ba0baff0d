/** Frees memory that is known to be garbage and that V8 would keep for long. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Runs V8's garbage collector once, which takes some ten milliseconds. It is meant for the moment after weights have
 * been folded. The tensors that were read are as large as all that follows, but they lie outside of the heap, where V8
 * hardly counts them.
 *
 * The flag makes `gc` visible only in contexts that are made after it is set. Bun has no such flag; there, nothing happens.
 */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext("typeof gc === 'function' ? gc : null");
  setFlagsFromString('--no-expose-gc');
  if (typeof collect === 'function') collect();
}
