/** What is said of many windows or files in the same words is said once, so that 400 of them do not fill the screen. */
import { printable } from '../base/index.js';

/** Names that a line has in full. */
const NAMED = 3;

export interface Said {
  name: string;
  /** What follows the name. */
  rest: string;
}

/** One line for each different text, in the order of the first of its names: `week_1, week_2, week_3 and 397 more: …`. */
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
