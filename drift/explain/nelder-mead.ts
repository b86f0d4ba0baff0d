/**
 * The least value of a function of a few numbers within bounds, without derivatives: the simplex of J. A. Nelder and R.
 * Mead, "A simplex method for function minimization" (The Computer Journal 7, 1965). Points beyond the bounds are moved
 * onto them.
 */

interface Minimum {
  point: number[];
  value: number;
}

/**
 * @param value the function; may take its time
 * @param start where to begin, inside the bounds
 * @param step how far the first points are apart, by coordinate
 * @param evaluations how often the function is asked at most, at least one more than there are coordinates
 */
export async function nelderMead(
  value: (point: readonly number[]) => number | Promise<number>,
  start: readonly number[],
  step: readonly number[],
  bounds: readonly (readonly [number, number])[],
  evaluations: number,
): Promise<Minimum> {
  let asked = 0;
  const at = async (point: readonly number[]): Promise<Minimum> => {
    asked++;
    const inside = point.map((x, i) => Math.min(bounds[i]![1], Math.max(bounds[i]![0], x)));
    return { point: inside, value: await value(inside) };
  };
  const simplex = [await at(start)];
  for (const i of start.keys()) {
    const inward = start[i]! + step[i]! <= bounds[i]![1] ? step[i]! : -step[i]!;
    simplex.push(await at(start.map((x, j) => (i === j ? x + inward : x))));
  }
  const byValue = () => simplex.sort((a, b) => a.value - b.value);
  byValue();
  while (asked < evaluations) {
    const worst = simplex.at(-1)!;
    const others = simplex.slice(0, -1);
    const middle = start.map((_, i) => others.reduce((sum, { point }) => sum + point[i]! / others.length, 0));
    const along = (factor: number) => at(middle.map((x, i) => x + factor * (x - worst.point[i]!)));
    const reflected = await along(1);
    if (reflected.value < simplex[0]!.value && asked < evaluations) {
      const further = await along(2);
      simplex[simplex.length - 1] = further.value < reflected.value ? further : reflected;
    } else if (reflected.value < (others.at(-1)?.value ?? worst.value) || asked >= evaluations) {
      if (reflected.value < worst.value) simplex[simplex.length - 1] = reflected;
    } else {
      const nearer = await along(reflected.value < worst.value ? 0.5 : -0.5);
      if (nearer.value < Math.min(worst.value, reflected.value)) simplex[simplex.length - 1] = nearer;
      else {
        const best = simplex[0]!;
        for (let i = 1; i < simplex.length && asked < evaluations; i++) {
          simplex[i] = await at(simplex[i]!.point.map((x, j) => (x + best.point[j]!) / 2));
        }
      }
    }
    byValue();
  }
  return simplex[0]!;
}
