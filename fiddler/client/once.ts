/** Creating and deleting something once, although an answer may be lost. */
import { Conflict, NotFound, UnknownOutcome } from './fiddler-error.js';
import type { Sender } from './request.js';
import { decide } from './retry-policy.js';

export interface CreateOnce<T> {
  create: () => Promise<T>;
  /** What a successful `create` made: null where there is none, or only another of the same name. */
  find: () => Promise<T | null>;
}

/**
 * Creates something that has a name: after an unknown outcome it is looked up before the request is repeated.
 * @throws Conflict when it was there before; UnknownOutcome when the window ends without knowing
 */
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

/**
 * Deletes; the answer's body says nothing that is needed.
 * @throws NotFound when it was not there; but not on a later try, when an earlier one whose answer was lost did it
 */
export async function deleteOnce(sender: Sender, path: string): Promise<void> {
  try {
    await sender.send({ method: 'DELETE', path, repeatable: true });
  } catch (error) {
    if (!(error instanceof NotFound && error.attempts > 1)) throw error;
  }
}
