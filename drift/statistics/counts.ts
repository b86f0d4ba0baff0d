/** Histograms are plain arrays of counts; this is the one thing everyone asks of them. */
export function totalOf(counts: readonly number[]): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}
