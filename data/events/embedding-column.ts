/** Which column of a table holds the embeddings: one of vectors, or one for each value, as `e0`, `e1`, … `e511`. */
import { nearest } from '../../base/index.js';
import { DataError } from '../data-error.js';
import { namesTold } from '../rows/row-table.js';
import { EMBEDDINGS } from './event-columns.js';

export interface EmbeddingColumn {
  /** As errors name it. */
  name: string;
  /** One name, or those of a wide table in the order of their numbers. */
  columns: readonly string[];
  isWide: boolean;
}

/** Fewer columns than this with numbers behind one name are hardly a vector, … */
const MIN_HINTED_COLUMNS = 4;
/** … and as many as this are one rather than a column that holds lists. */
const CERTAIN_COLUMNS = 16;

/**
 * @param wanted name of a column, or with one `*` for a whole number those of a wide table: `e*`
 * @param columns all columns of the table
 * @param vectors those that hold vectors, as far as that is known without reading on: for the hint
 * @throws DataError `EVENTS_NO_EMBEDDINGS`; `EVENTS_COLUMN_MISSING` if the numbers of a wide table have a gap
 */
export function embeddingColumn(
  path: string,
  wanted: string = EMBEDDINGS,
  columns: readonly string[] = [],
  vectors: readonly string[] = [],
): EmbeddingColumn {
  if (columns.includes(wanted)) return { name: wanted, columns: [wanted], isWide: false };
  const numbered = wanted.includes('*') ? numberedColumns(wanted, columns) : [];
  if (numbered.length === 0) throw noEmbeddings(path, wanted, columns, vectors);
  for (const [i, { name, number }] of numbered.entries()) {
    const before = numbered[i - 1];
    if (before === undefined || number === before.number + 1) continue;
    const problem =
      number === before.number ? 'have the same number' : `follow each other, ${before.number + 1} is missing`;
    throw new DataError('EVENTS_COLUMN_MISSING', `${path}: "${before.name}" and "${name}" of ${wanted} ${problem}`, {
      hint: 'A wide table needs a column for each value of the embedding, numbered without a gap.',
    });
  }
  return { name: wanted, columns: numbered.map(({ name }) => name), isWide: true };
}

/** In the order of their numbers: `e2` before `e10`. */
function numberedColumns(pattern: string, columns: readonly string[]): { name: string; number: number }[] {
  const [before, after] = splitAtStar(pattern);
  return columns
    .filter((name) => name.length > before.length + after.length && name.startsWith(before) && name.endsWith(after))
    .map((name) => ({ name, digits: name.slice(before.length, name.length - after.length) }))
    .filter(({ digits }) => /^\d{1,9}$/.test(digits))
    .map(({ name, digits }) => ({ name, number: Number(digits) }))
    .sort((a, b) => a.number - b.number);
}

/** Before and behind the first `*`. */
export function splitAtStar(pattern: string): [before: string, after: string] {
  const star = pattern.indexOf('*');
  return [pattern.slice(0, star), pattern.slice(star + 1)];
}

function noEmbeddings(path: string, wanted: string, columns: readonly string[], vectors: readonly string[]): DataError {
  const said = wanted.includes('*') ? `no column named "${wanted}" with a number for *` : `no "${wanted}"`;
  return new DataError('EVENTS_NO_EMBEDDINGS', `${path}: ${said} among ${namesTold(columns)}`, {
    hint:
      wideHint(columns, vectors.length > 0 ? CERTAIN_COLUMNS : MIN_HINTED_COLUMNS) ??
      vectorHint(wanted, columns, vectors),
  });
}

function vectorHint(wanted: string, columns: readonly string[], vectors: readonly string[]): string | undefined {
  const meant = vectors[0] ?? nearest(wanted, columns);
  return meant === null ? undefined : `Did you mean "${meant}"? Say so with --embedding-column ${meant}`;
}

function wideHint(columns: readonly string[], least: number): string | undefined {
  const counts = new Map<string, number>();
  for (const name of columns) {
    const [, before] = /^(.*\D)\d+$/s.exec(name) ?? [];
    if (before !== undefined) counts.set(before, (counts.get(before) ?? 0) + 1);
  }
  const [most] = [...counts].sort(([, a], [, b]) => b - a);
  if (most === undefined || most[1] < least) return undefined;
  const [before, count] = most;
  return `${count.toLocaleString('en')} columns are named "${before}" and a number. If they are one vector: --embedding-column '${before}*'`;
}
