import { NotFound } from './fiddler-error.js';
import type { Sender } from './request.js';

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
