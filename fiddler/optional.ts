import { NotFound, Unsupported } from './fiddler-error.js';

/** The server's word for an id that it does not know, other than a route that it does not know. */
const UNKNOWN_ID = 'ObjectNotFound';

/**
 * The answer of a call that not every server offers; null where it does not (404, 405, 501).
 * @throws NotFound when the call is offered, but the thing asked about is not there
 */
export async function ifOffered<T>(call: Promise<T>): Promise<T | null> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof Unsupported) return null;
    if (error instanceof NotFound && error.reasonCode !== UNKNOWN_ID) return null;
    throw error;
  }
}
