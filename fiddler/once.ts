/**
 * Creates a named resource exactly once, even if an answer is lost. After an unknown outcome, it looks the resource up
 * before it repeats the request.
 */
import { Conflict, UnknownOutcome } from './fiddler-error.js';
import type { Sender } from './request.js';
import { decide } from './retry-policy.js';

export interface CreateOnce<T> {
  create: () => Promise<T>;
  /** Finds the result of a successful `create`; null if there is none, or only another resource of the same name. */
  find: () => Promise<T | null>;
}

/** @throws Conflict if the resource existed before; UnknownOutcome if the window ends before the outcome is known */
export async function createOnce<T>(sender: Sender, { create, find }: CreateOnce<T>): Promise<T> {
  const began = performance.now();
  let lost: UnknownOutcome | null = null;
  for (let number = 1; ; number++) {
    try {
      return await create();
    } catch (error) {
      if (error instanceof UnknownOutcome) lost = error;
      else if (!(error instanceof Conflict && lost !== null)) throw error;
      const found = await find();
      if (found !== null) return found;
      if (error instanceof Conflict) throw error;
      const elapsedSeconds = (performance.now() - began) / 1000;
      const attempt = { number, elapsedSeconds, repeatable: true, reached: true, random: Math.random() };
      const decision = decide({ kind: 'lost' }, attempt, sender.retry);
      if (decision.next === 'give-up') throw lost ?? error;
      await sender.sleep(decision.seconds);
    }
  }
}
