import type { CarriedColumn } from '../data/index.js';
import { printable } from '../errors/index.js';

const MOST_NAMES = 12;

/** Says which columns of a file are no scores, so that nobody takes them for compared. */
export function carriedLine(path: string, carried: readonly CarriedColumn[]): string {
  const names = carried.slice(0, MOST_NAMES).map(({ name }) => name);
  if (carried.length > MOST_NAMES) names.push(`${(carried.length - MOST_NAMES).toLocaleString('en')} more`);
  return printable(
    `${path}: not compared, only carried along: ${names.join(', ')}. --scores names columns of class scores.`,
  );
}
