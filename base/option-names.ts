/**
 * The options of a public function, by their names. The compiler refuses an option that does not exist only where a program
 * is TypeScript and writes the options in place: in any other, `treads: 4` would leave the threads as they are, in silence.
 */

import { distance } from 'fastest-levenshtein';
import { CodedError } from './coded-error.js';
import { shown, shownValue } from './printable.js';

/** Every member of a type of options. The compiler sees to it that none is missing, and none is too many. */
export type OptionNames<T> = Readonly<Record<keyof T, true>>;

/**
 * Members that are undefined are as if left out.
 *
 * @param call what the message calls the function: `Embedder.load`
 * @throws CodedError `OPTION_UNKNOWN` naming the option and the nearest known one
 */
export function checkOptionNames<T extends object>(call: string, options: T, names: OptionNames<T>): void {
  const given: unknown = options;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new CodedError('BAD_OPTION', `${call}: options are an object, not ${shownValue(given)}`);
  }
  const unknown = Object.entries(given).find(([name, value]) => value !== undefined && !Object.hasOwn(names, name));
  if (unknown === undefined) return;
  const known = Object.keys(names);
  const meant = nearest(unknown[0], known);
  throw new CodedError('OPTION_UNKNOWN', `${call}: there is no option ${shown(unknown[0])}`, {
    hint: meant === null ? `There are ${known.join(', ')}.` : `Did you mean ${meant}?`,
  });
}

/**
 * The known name closest to a mistyped one, for "did you mean" hints, or null when none is close.
 *
 * A name is close if at most a third of the typed letters are wrong. One wrong letter is always allowed, and so are two
 * neighbours that have changed places.
 */
export function nearest(typed: string, known: Iterable<string>): string | null {
  const limit = Math.max(1, Math.floor(typed.length / 3));
  const lower = typed.toLowerCase();
  let best: string | null = null;
  let bestDistance = limit + 1;
  for (const name of known) {
    const d = isSwapped(lower, name.toLowerCase()) ? 1 : distance(lower, name.toLowerCase());
    if (d < bestDistance) {
      best = name;
      bestDistance = d;
    }
  }
  return best;
}

/** `aplha` for `alpha`: the slip of a fast hand, though two letters are wrong. */
function isSwapped(typed: string, name: string): boolean {
  if (typed.length !== name.length || typed === name) return false;
  let at = 0;
  while (typed[at] === name[at]) at++;
  return typed[at] === name[at + 1] && typed[at + 1] === name[at] && typed.slice(at + 2) === name.slice(at + 2);
}
