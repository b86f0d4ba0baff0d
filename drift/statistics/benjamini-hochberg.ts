/**
 * Many windows at once: p-values adjusted so that of the windows called drift at most the share alpha, on average, is
 * called so wrongly (Y. Benjamini and Y. Hochberg, J. R. Stat. Soc. B 57, 1995). Valid too where tests share a baseline and
 * so lean the same way (Benjamini and Yekutieli, Ann. Stat. 29, 2001).
 *
 * @param ps p-values; null where there is none
 * @returns in the same order: min over k >= rank of p(k) · tests / k, at most 1; null where there was none
 */
export function benjaminiHochberg(ps: readonly (number | null)[]): (number | null)[] {
  const tests = ps.flatMap((p, i) => (p === null ? [] : [{ p, i }])).sort((a, b) => b.p - a.p);
  const adjusted = new Array<number | null>(ps.length).fill(null);
  let least = 1;
  for (const [place, { p, i }] of tests.entries()) {
    least = Math.min(least, (p * tests.length) / (tests.length - place));
    adjusted[i] = least;
  }
  return adjusted;
}
