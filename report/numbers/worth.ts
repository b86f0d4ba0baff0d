/** How many independent rows some rows are worth, in words: `worth about 160 independent ones, by clip`. */

/** What `effective_by` may say besides columns. */
const REASONS: Readonly<Record<string, string>> = {
  'near-duplicates': 'as many are near-duplicates',
  'row order': 'as rows that follow each other are alike',
  repeats: 'as some repeat',
  '1h': 'by hour',
  '1d': 'by day',
};

/** Null if they are independent, or nearly so: then both numbers would be the same. */
export function worthWords(rows: number, effectiveRows: number, by: string | null): string | null {
  const count = roughly(effectiveRows);
  if (by === null || count === roughly(rows)) return null;
  return `worth about ${count} independent ${count === '1' ? 'one' : 'ones'}, ${REASONS[by] ?? `by ${by.split(',').join(' and ')}`}`;
}

export interface Worth {
  rows: number;
  effectiveRows: number;
  effectiveBy: string | null;
}

/** Fewer may repeat by chance. */
const COPIES_LEAST_ROWS = 20;
const FEW_OF_ALL = 0.1;
const MOST_OF_ALL = 0.5;

/**
 * Whether so many rows of a window repeat each other that all are worth a tenth at most, as of a camera that stands still or shows black, and those of the
 * baseline do not. Then more rows of the same kind would not help, however many.
 */
export function areMostlyCopies(window: Worth, baseline: Omit<Worth, 'effectiveBy'>): boolean {
  const { rows, effectiveRows, effectiveBy: by } = window;
  if (rows < COPIES_LEAST_ROWS || (by !== 'near-duplicates' && by !== 'repeats')) return false;
  return effectiveRows < FEW_OF_ALL * rows && baseline.effectiveRows >= MOST_OF_ALL * baseline.rows;
}

/** How many rows of a kind of which `rows` are worth `effectiveRows` are worth `needed` independent ones: `about 1,200`. */
export function rowsLikeThese(needed: number, rows: number, effectiveRows: number): string {
  return `about ${roughly((needed * rows) / effectiveRows)}`;
}

/** Two digits: an effective number of rows is an estimate. */
export function roughly(rows: number): string {
  return Math.max(1, Number(rows.toPrecision(2))).toLocaleString('en-US', { maximumFractionDigits: 0 });
}
