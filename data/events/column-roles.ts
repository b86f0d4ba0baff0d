/**
 * Which columns of a table are what. Embeddings: one of vectors, or one for each value, as `e0`, `e1`, … `e511`.
 * Class scores: those that the file's own metadata names, those that someone names, or those that are named like
 * known classes and are a distribution in every row; no other number is ever a score.
 */
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
 * @param vectors known columns of vectors, for the hint
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
  return matchesOf(pattern, columns)
    .filter(({ star }) => /^\d{1,9}$/.test(star))
    .map(({ column, star }) => ({ name: column, number: Number(star) }))
    .sort((a, b) => a.number - b.number);
}

/** The columns that fit a pattern, and what is there for its first `*`: one character at least. */
function matchesOf(pattern: string, columns: readonly string[]): { column: string; star: string }[] {
  const [before, after] = [pattern.slice(0, pattern.indexOf('*')), pattern.slice(pattern.indexOf('*') + 1)];
  return columns
    .filter((name) => name.length > before.length + after.length && name.startsWith(before) && name.endsWith(after))
    .map((column) => ({ column, star: column.slice(before.length, column.length - after.length) }));
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

export interface ScoreColumns {
  /** Names of the columns, in the network's order. */
  columns: readonly string[];
  /** Names of the classes: those of their columns, or what stood for the `*` of a pattern. */
  classes: readonly string[];
  /** True if only the values and known names tell: then every row has to be a distribution. */
  areAssumed: boolean;
  /** One for each class, where several may hold. */
  thresholds?: readonly number[];
}

const NONE: ScoreColumns = { columns: [], classes: [], areAssumed: false };

/** The score from which on a label holds where nobody says. */
const USUAL_THRESHOLD = 0.5;

/**
 * The threshold of each class where several may hold; null where one class of all holds, or nobody says.
 * @param isSaid whether somebody says that several may
 * @param ofFile classes and thresholds in the file's own metadata
 * @throws DataError `EVENTS_ONE_CLASS` if `embed` has written that one class holds
 */
export function labelThresholds(
  path: string,
  classes: readonly string[],
  isSaid: boolean,
  ofFile: { classes: readonly string[]; thresholds?: readonly number[] | undefined } | null,
): readonly number[] | null {
  if (classes.length === 0) return null;
  const written = new Map(ofFile?.classes.map((name, i) => [name, ofFile.thresholds?.[i]]));
  const areOfFile = classes.every((name) => written.has(name));
  if (areOfFile && ofFile!.thresholds !== undefined) return classes.map((name) => written.get(name)!);
  if (!isSaid) return null;
  if (!areOfFile) return classes.map((name) => written.get(name) ?? USUAL_THRESHOLD);
  const message = `${path}: the network gave a softmax, in which one class holds, and --multi-label says that several may`;
  throw new DataError('EVENTS_ONE_CLASS', message, { hint: 'Leave --multi-label out.' });
}

/** Softmax adds up to 1. A score of three decimals may be off by half a thousandth, and there may be many. */
const SUM_TOLERANCE = 0.02;
/** Float16 and rounded text may lie this far outside of 0 and 1. */
const RANGE_TOLERANCE = 1e-3;

/**
 * Null if neither `wanted` (names, or a pattern such as `prob_*`) nor the metadata's `ofFile` says anything.
 * @throws DataError `EVENTS_COLUMN_MISSING`
 */
export function namedScores(
  path: string,
  columns: readonly string[],
  wanted: readonly string[] | undefined,
  ofFile: readonly string[] | undefined,
): ScoreColumns | null {
  if (wanted !== undefined) return wantedScores(path, columns, wanted);
  if (ofFile === undefined) return null;
  // Where someone dropped every score column but kept the metadata, the embeddings are still of use.
  if (!ofFile.some((name) => columns.includes(name))) return NONE;
  checkClassColumns(path, ofFile, columns);
  return { columns: ofFile, classes: ofFile, areAssumed: false };
}

function wantedScores(path: string, columns: readonly string[], wanted: readonly string[]): ScoreColumns {
  const found = wanted.flatMap((name) => {
    if (!name.includes('*') || columns.includes(name)) return [{ column: name, star: name }];
    const matching = matchesOf(name, columns);
    if (matching.length === 0) {
      throw new DataError('EVENTS_COLUMN_MISSING', `${path}: no column is named "${name}" among ${namesTold(columns)}`);
    }
    return matching;
  });
  const named = found.map(({ column }) => column);
  checkClassColumns(path, named, columns);
  return { columns: named, classes: found.map(({ star }) => star), areAssumed: false };
}

/**
 * Columns that are named like known classes, if there is one for each, and their first rows are distributions.
 * @param firstRows reads values of some columns: `[columns][rows]`, null where there is none
 */
export async function assumedScores(
  columns: readonly string[],
  known: readonly string[] | undefined,
  firstRows: (names: readonly string[]) => Promise<readonly (readonly unknown[])[]>,
): Promise<ScoreColumns> {
  const there = new Set(columns);
  if (known === undefined || known.length < 2 || !known.every((name) => there.has(name))) return NONE;
  const values = await firstRows(known);
  return areDistributions(values) ? { columns: known, classes: known, areAssumed: true } : NONE;
}

/** True if some row has all its values, and every such row is a distribution. */
function areDistributions(columns: readonly (readonly unknown[])[]): boolean {
  const rows = (columns[0] as readonly unknown[]).map((_, row) => columns.map((values) => numberOf(values[row])));
  const full = rows.filter((row) => row.every((value) => value !== null));
  return full.length > 0 && full.every((row) => isDistribution(Float64Array.from(row as number[]), 0, row.length));
}

/** Null for what is not there, NaN for what is not a number. */
function numberOf(value: unknown): number | null {
  if (value === null || value === undefined || value === '') return null;
  return typeof value === 'number' || typeof value === 'string' ? Number(value) : Number.NaN;
}

/** False for NaN. */
export function isProbability(value: number): boolean {
  return value >= -RANGE_TOLERANCE && value <= 1 + RANGE_TOLERANCE;
}

function isDistribution(values: Float32Array | Float64Array, begin: number, end: number): boolean {
  let sum = 0;
  for (let i = begin; i < end; i++) {
    const value = values[i]!;
    if (!isProbability(value)) return false;
    sum += value;
  }
  return Math.abs(sum - 1) <= SUM_TOLERANCE;
}

/**
 * What was taken for scores by its names and first rows has to look like scores to the end.
 * @param scores `[rows, columns]`; a row with a NaN is skipped @throws DataError `EVENTS_NOT_SCORES`
 */
export function checkScores(
  { columns, areAssumed }: ScoreColumns,
  scores: Float32Array,
  place: (row: number) => string,
): void {
  if (!areAssumed) return;
  const width = columns.length;
  for (let begin = 0; begin < scores.length; begin += width) {
    const row = scores.subarray(begin, begin + width);
    if (isDistribution(scores, begin, begin + width) || row.some(Number.isNaN)) continue;
    const sum = row.reduce((total, value) => total + value, 0);
    throw new DataError(
      'EVENTS_NOT_SCORES',
      `${place(begin / width)}: ${namesTold(columns)} are named like known classes, but are no distribution: ` +
        `they add up to ${Number(sum.toPrecision(6))}`,
      {
        hint: `If they are class scores all the same: --scores ${columns.slice(0, 3).join(',')}${columns.length > 3 ? ',…' : ''}`,
      },
    );
  }
}

/** @throws DataError `EVENTS_COLUMN_MISSING` naming every class that is not a column */
export function checkClassColumns(path: string, classes: readonly string[], columns: readonly string[]): void {
  const known = new Set(columns);
  const missing = classes.filter((name) => !known.has(name));
  if (missing.length === 0) return;
  const meant = nearest(missing[0] as string, columns);
  throw new DataError(
    'EVENTS_COLUMN_MISSING',
    `${path}: no score column for ${missing.length} of ${classes.length} classes: ${namesTold(missing)}`,
    { hint: meant === null ? undefined : `Is "${meant}" the column of "${missing[0]}"?` },
  );
}
