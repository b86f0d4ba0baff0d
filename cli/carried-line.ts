import { printable } from '../base/index.js';
import { type CarriedColumn, isEmbedsColumn } from '../data/index.js';
import { saidOnce } from './same-words.js';

const MOST_NAMES = 12;

export interface CarriedOf {
  path: string;
  carried: readonly CarriedColumn[];
}

/**
 * Says which columns of files are no scores, so that nobody takes them for compared: a line for all files that have the same
 * ones. None for columns that `embed` writes about images.
 *
 * @param used lists of columns, as in `--group` and `--by`, that are looked at after all
 */
export function carriedLines(files: readonly CarriedOf[], used: readonly (string | undefined)[] = []): string[] {
  const said = files.flatMap(({ path, carried }) => {
    const columns = columnsOf(carried, used);
    if (columns === null) return [];
    return [
      { name: path, rest: `not compared, only carried along: ${columns}. --scores names columns of class scores.` },
    ];
  });
  return saidOnce(said);
}

function columnsOf(carried: readonly CarriedColumn[], used: readonly (string | undefined)[]): string | null {
  const looked = new Set(used.flatMap((names) => names?.split(',') ?? []).concat('group'));
  const theirs = carried.filter((column) => !isEmbedsColumn(column) && !looked.has(column.name));
  if (theirs.length === 0) return null;
  const names = theirs.slice(0, MOST_NAMES).map(({ name }) => (name === '' ? '""' : name));
  if (theirs.length > MOST_NAMES) names.push(`${(theirs.length - MOST_NAMES).toLocaleString('en')} more`);
  return names.map(printable).join(', ');
}
