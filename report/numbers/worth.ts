/** How many independent rows some rows are worth, in words: `worth about 160 independent ones, by clip`. */

/** What `effective_by` may say besides columns. */
const REASONS: Readonly<Record<string, string>> = {
  'near-duplicates': 'as many are near-duplicates',
  'row order': 'as rows that follow each other are alike',
  repeats: 'as some repeat',
  '1h': 'by hour',
  '1d': 'by day',
};

/** Null if they are independent. */
export function worthWords(effectiveRows: number, by: string | null): string | null {
  if (by === null) return null;
  return `worth about ${roughly(effectiveRows)} independent ones, ${REASONS[by] ?? `by ${by.split(',').join(' and ')}`}`;
}

/** How many rows of a kind of which `rows` are worth `effectiveRows` are worth `needed` independent ones: `about 1,200`. */
export function rowsLikeThese(needed: number, rows: number, effectiveRows: number): string {
  return `about ${roughly((needed * rows) / effectiveRows)}`;
}

/** Two digits: an effective number of rows is an estimate. */
export function roughly(rows: number): string {
  return Math.max(1, Number(rows.toPrecision(2))).toLocaleString('en-US', { maximumFractionDigits: 0 });
}
