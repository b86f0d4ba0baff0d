/**
 * The options of a public function, by their names. The compiler refuses an option that does not exist only where a program
 * is TypeScript and writes the options in place: in any other, `treads: 4` would leave the threads as they are, in silence.
 */
import { CodedError } from './coded-error.js';
import { nearest } from './nearest.js';
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
