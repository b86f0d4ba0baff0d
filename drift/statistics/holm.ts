/**
 * p-values after control of the chance of any false claim among many (S. Holm, Scand. J. Statist. 6, 1979): valid
 * whatever the dependence, never weaker than Bonferroni.
 * @returns in the order given
 */
export function holm(p: readonly number[]): number[] {
  const order = p.map((_, index) => index).sort((a, b) => p[a]! - p[b]!);
  const adjusted = new Array<number>(p.length).fill(1);
  let largest = 0;
  for (const [rank, index] of order.entries()) {
    largest = Math.max(largest, Math.min(1, (p.length - rank) * p[index]!));
    adjusted[index] = largest;
  }
  return adjusted;
}
