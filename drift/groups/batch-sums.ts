/**
 * How much less rows in order are worth for the mean of a number, from its sums over batches of rows that follow each other: the
 * method of batch means (R. W. Conway, Management Science 10, 1963). Means of batches of L rows vary by d v / L, where v is the
 * variance of the rows, and n rows are worth n / d. Correlation beyond a batch is missed: of x' = ρ x + noise, d = (1 + ρ) / (1 − ρ)
 * is found too small by 2 ρ / (L (1 − ρ)²).
 *
 * Sums add up, so that shards merge exactly, and each number takes a few bytes a batch. Numbers are bins of a histogram, which
 * are about ranks. The sum of a batch and how many rows have a value are packed in one whole number.
 */

/** As many as a correlation in row order may reach. */
export const BATCH_ROWS = 64;
/** A sum of bins is packed in units of this; a batch has fewer rows. */
const UNIT = 2 * BATCH_ROWS;
/** A batch with fewer rows is none. */
const LEAST_ROWS = BATCH_ROWS / 2;
/** With fewer batches, the spread of their means says little. */
const LEAST_BATCHES = 20;

/**
 * @param sums `[batches, columns]`, packed
 * @param bins `[columns]`: bins of a row from 0 to 50, -1 where not known
 */
export function addToBatch(sums: Int32Array, batch: number, bins: ArrayLike<number>): void {
  for (let c = 0; c < bins.length; c++) {
    const bin = bins[c]!;
    if (bin >= 0) sums[batch * bins.length + c]! += bin * UNIT + 1;
  }
}

/**
 * @param sums `[batches, columns]`, packed
 * @param counts rows of all by bin, which give the variance of the rows
 * @returns rows that one independent row takes, 1 or more; null where too few batches are known, or all rows are equal
 */
export function batchEffect(
  sums: ArrayLike<number>,
  columns: number,
  column: number,
  counts: readonly number[],
): number | null {
  const batches: { rows: number; sum: number }[] = [];
  for (let at = column; at < sums.length; at += columns) {
    const rows = sums[at]! % UNIT;
    if (rows >= LEAST_ROWS) batches.push({ rows, sum: (sums[at]! - rows) / UNIT });
  }
  const variance = varianceOfBins(counts);
  if (batches.length < LEAST_BATCHES || variance === 0) return null;
  const mean = batches.reduce((all, { sum }) => all + sum, 0) / batches.reduce((all, { rows }) => all + rows, 0);
  const spread = batches.reduce((all, { rows, sum }) => all + rows * (sum / rows - mean) ** 2, 0);
  return Math.max(1, spread / (batches.length - 1) / variance);
}

function varianceOfBins(counts: readonly number[]): number {
  const rows = counts.reduce((sum, count) => sum + count, 0);
  const mean = counts.reduce((sum, count, bin) => sum + count * bin, 0) / rows;
  return rows === 0 ? 0 : counts.reduce((sum, count, bin) => sum + count * (bin - mean) ** 2, 0) / rows;
}
