import { type CarriedColumn, IMAGE_FILE_COLUMNS, IMAGE_LOOK_COLUMNS } from '../data/index.js';
import { printable } from '../errors/index.js';

const MOST_NAMES = 12;
const OURS = new Set([...IMAGE_FILE_COLUMNS, ...IMAGE_LOOK_COLUMNS].map(({ name }) => name));

/**
 * Says which columns of a file are no scores, so that nobody takes them for compared. Null if there are none but those that
 * `embed` writes about images.
 *
 * @param used lists of columns, as in `--group` and `--by`, that are looked at after all
 */
export function carriedLine(
  path: string,
  carried: readonly CarriedColumn[],
  used: readonly (string | undefined)[] = [],
): string | null {
  const looked = new Set(used.flatMap((names) => names?.split(',') ?? []).concat('group'));
  const theirs = carried.filter(({ name }) => !OURS.has(name) && !looked.has(name));
  if (theirs.length === 0) return null;
  const names = theirs.slice(0, MOST_NAMES).map(({ name }) => (name === '' ? '""' : name));
  if (theirs.length > MOST_NAMES) names.push(`${(theirs.length - MOST_NAMES).toLocaleString('en')} more`);
  return printable(
    `${path}: not compared, only carried along: ${names.join(', ')}. --scores names columns of class scores.`,
  );
}
