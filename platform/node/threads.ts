import { setImmediate } from 'node:timers/promises';

/** Lets whatever waits on this thread have its turn. */
export function nextTurn(): Promise<void> {
  return setImmediate();
}
