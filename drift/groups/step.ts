/**
 * A step within a set of rows: a lens that got dirty at noon. Rows before and after it are of two kinds, and neighbours are of one.
 * That makes them no clips: what they have in common beyond their side of the step is what counts.
 */
import type { RunRow } from './row-runs.js';

export interface Step {
  /** Number of the first row after it. */
  row: number;
  before: RunRow[][];
  after: RunRow[][];
  /** How far the sides are apart, in standard errors of independent rows. */
  errors: number;
}

/** Fewer rows on a side tell no step from chance. */
const LEAST_ROWS = 30;

/**
 * The place where sides differ most: in the share of a cluster, or in the mean bin of confidence (the maximum of a two-sample
 * statistic over all places, D. M. Hawkins, JASA 72, 1977).
 *
 * @returns null with too few rows
 */
export function largestStep(blocks: readonly RunRow[][]): Step | null {
  const rows = blocks.flat();
  if (rows.length < 2 * LEAST_ROWS) return null;
  const clusters = [...new Set(rows.map(({ cluster }) => cluster))];
  const columns = [
    ...clusters.map((own) => rows.map(({ cluster }) => Number(cluster === own))),
    rows.map(({ confidence }) => confidence),
  ];
  const { at, errors } = columns.map(largestDifference).reduce((a, b) => (b.errors > a.errors ? b : a));
  if (errors === 0) return null;
  const row = rows[at]!.number;
  const side = (isAfter: boolean) =>
    blocks.map((block) => block.filter(({ number }) => number >= row === isAfter)).filter((block) => block.length > 0);
  return { row, before: side(false), after: side(true), errors };
}

function largestDifference(values: readonly number[]): { at: number; errors: number } {
  const rows = values.length;
  const total = values.reduce((sum, value) => sum + value, 0);
  const mean = total / rows;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / rows);
  let [sum, at, errors] = [0, 0, 0];
  if (deviation === 0) return { at, errors };
  for (let i = 1; i <= rows - LEAST_ROWS; i++) {
    sum += values[i - 1]!;
    if (i < LEAST_ROWS) continue;
    const own = Math.abs(sum - i * mean) / (deviation * Math.sqrt((i * (rows - i)) / rows));
    if (own > errors) [at, errors] = [i, own];
  }
  return { at, errors };
}
