/** What is said of many windows or files in the same words is said once, so that 400 of them do not fill the screen. */
import { printable } from '../base/index.js';
import { type CarriedColumn, isEmbedsColumn } from '../data/index.js';

const NAMED = 3;

interface Said {
  name: string;
  rest: string;
}

/** One line for each different text, in the order of its first name: `week_1, week_2, week_3 and 397 more: …`. */
export function saidOnce(said: readonly Said[]): string[] {
  const texts = new Map<string, string[]>();
  for (const { name, rest } of said) {
    const names = texts.get(rest);
    if (names) names.push(printable(name));
    else texts.set(rest, [printable(name)]);
  }
  return [...texts].map(([rest, names]) => `${enumerated(names)}: ${rest}`);
}

/** One name beyond those is as short as `and 1 more`. */
function enumerated(names: readonly string[]): string {
  const more = names.length - NAMED;
  if (more <= 1) return names.join(', ');
  return `${names.slice(0, NAMED).join(', ')} and ${more.toLocaleString('en')} more`;
}

const MOST_NAMES = 12;

interface CarriedOf {
  path: string;
  carried: readonly CarriedColumn[];
}

/**
 * Names columns that are no scores and so not compared: a line for all files that have the same ones. Those that
 * `embed` writes about images are left out.
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
