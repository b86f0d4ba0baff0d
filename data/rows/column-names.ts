/** Names of a table's columns: how many there may be, none twice, and how messages list them. */
import { DataError } from '../data-error.js';

/** ImageNet-21k has 21,841 classes; a table with more columns than this is not an event table. */
export const MAX_COLUMNS = 65_536;

export function tooManyColumns(path: string, count: number): DataError {
  return new DataError(
    'EVENTS_TOO_MANY_COLUMNS',
    `${path}: ${count.toLocaleString('en')} columns, at most ${MAX_COLUMNS.toLocaleString('en')} are read`,
  );
}

/** @throws DataError `EVENTS_COLUMN_TWICE` */
export function checkColumnsOnce(path: string, columns: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of columns) {
    if (seen.has(name)) throw new DataError('EVENTS_COLUMN_TWICE', `${path}: two columns are named "${name}"`);
    seen.add(name);
  }
}

export function namesTold(names: readonly string[]): string {
  const told = names.slice(0, 20).map((name) => `"${name.slice(0, 80)}"`);
  if (names.length > told.length) told.push(`${(names.length - told.length).toLocaleString('en')} more`);
  return told.length === 0 ? 'its columns (there are none)' : told.join(', ');
}
