/** p-values of many tests, adjusted for the number of tests. */

/**
 * Holm's adjustment: controls the chance of any false claim among many (S. Holm, Scand. J. Statist. 6, 1979). It is
 * valid for dependent tests, and never weaker than Bonferroni's.
 *
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

/**
 * Benjamini and Hochberg's adjustment: among the tests called significant at alpha, at most the share alpha, on
 * average, is called so wrongly (J. R. Stat. Soc. B 57, 1995). It stays valid where tests share a baseline and so lean
 * the same way (Benjamini and Yekutieli, Ann. Stat. 29, 2001).
 *
 * @param ps p-values; null where there is none
 * @returns in the same order: min over k >= rank of p(k) · tests / k, at most 1; null where there was none
 */
export function benjaminiHochberg(ps: readonly (number | null)[]): (number | null)[] {
  const tests = ps.flatMap((p, i) => (p === null ? [] : [{ p, i }])).sort((a, b) => b.p - a.p);
  const adjusted = new Array<number | null>(ps.length).fill(null);
  let least = 1;
  for (const [place, { p, i }] of tests.entries()) {
    // In this order, no rounding makes it smaller than p.
    least = Math.min(least, p * (tests.length / (tests.length - place)));
    adjusted[i] = least;
  }
  return adjusted;
}
