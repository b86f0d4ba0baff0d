/** Programs in JavaScript may pass what `Embedder.load` takes instead of what it gives. */
import { CodedError, shownValue } from '../../base/index.js';

/**
 * @param name of the function that was called
 * @throws CodedError `BAD_OPTION` for a path, a promise and whatever else is no embedder
 */
export function checkEmbedder(name: string, embedder: unknown): void {
  if (typeof (embedder as { run?: unknown } | null | undefined)?.run === 'function') return;
  const found = embedder instanceof Promise ? 'a promise' : shownValue(embedder);
  throw new CodedError('BAD_OPTION', `${name}: its embedder is ${found}, not an Embedder`, {
    hint: 'Pass what `await Embedder.load(folder)` gives.',
  });
}
