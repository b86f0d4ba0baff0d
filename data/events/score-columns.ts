/**
 * Which columns of a table are class scores. Those that the file's own metadata names, those that someone names, or
 * those that are named like known classes and are a distribution in every row. No other number is ever a score.
 */
import { DataError } from '../data-error.js';
import { namesTold } from '../rows/row-table.js';
import { splitAtStar } from './embedding-column.js';
import { checkClassColumns } from './event-source.js';

export interface ScoreColumns {
  /** Names of the columns, in the network's order. */
  columns: readonly string[];
  /** Names of the classes: those of their columns, or what stood for the `*` of a pattern. */
  classes: readonly string[];
  /** True if only the values and known names tell: then every row has to be a distribution. */
  areAssumed: boolean;
}

const NONE: ScoreColumns = { columns: [], classes: [], areAssumed: false };

/** Softmax adds up to 1. A score of three decimals may be off by half a thousandth, and there may be many. */
const SUM_TOLERANCE = 0.02;
/** Float16 and rounded text may lie this far outside of 0 and 1. */
const RANGE_TOLERANCE = 1e-3;

/**
 * @param wanted as said by the caller: names, or with a `*` for the name of the class: `prob_*`
 * @param ofFile classes that the file's metadata names
 * @returns null if neither says anything
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
    if (!name.includes('*') || columns.includes(name)) return [{ column: name, name }];
    const [before, after] = splitAtStar(name);
    const matching = columns.filter(
      (column) => column.length > before.length + after.length && column.startsWith(before) && column.endsWith(after),
    );
    if (matching.length === 0) {
      throw new DataError('EVENTS_COLUMN_MISSING', `${path}: no column is named "${name}" among ${namesTold(columns)}`);
    }
    return matching.map((column) => {
      return { column, name: column.slice(before.length, column.length - after.length) };
    });
  });
  const named = found.map(({ column }) => column);
  checkClassColumns(path, named, columns);
  return { columns: named, classes: found.map(({ name }) => name), areAssumed: false };
}

/**
 * Columns that are named like known classes, if there is one for each, and their first rows are distributions.
 *
 * @param known names of classes, from weights, a profile or a model
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

/** Null for what is not there, NaN for what is no number. */
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
 *
 * @param scores `[rows, columns]`; a row with a NaN has no scores, and is not looked at
 * @throws DataError `EVENTS_NOT_SCORES`
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
