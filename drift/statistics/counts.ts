/** Histograms are plain arrays of counts. */
import { DriftError } from '../drift-error.js';

/** Rows in all bins together. */
export function totalOf(counts: Iterable<number>): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}

/** @throws DriftError `COUNTS_DIFFER` when the two have different numbers of bins */
export function addCounts(a: readonly number[], b: readonly number[]): number[] {
  if (a.length !== b.length)
    throw new DriftError('COUNTS_DIFFER', `counts of ${a.length} bins and of ${b.length} bins`);
  return a.map((count, i) => count + b[i]!);
}

/** Scales counts down to fewer rows: whole numbers with the same shares, rounded by largest remainder. */
export function countsAtRows(counts: readonly number[], rows: number): number[] {
  const total = totalOf(counts);
  const wanted = Math.max(1, Math.round(rows));
  if (wanted >= total) return counts.slice();
  const exact = counts.map((count) => (count * wanted) / total);
  const scaled = exact.map(Math.floor);
  const missing = wanted - totalOf(scaled);
  const byRemainder = exact.map((_, i) => i).sort((a, b) => exact[b]! - scaled[b]! - (exact[a]! - scaled[a]!) || a - b);
  for (const i of byRemainder.slice(0, missing)) scaled[i]!++;
  return scaled;
}
