/**
 * Which cause, at which strength and in which share of the images, moves the baseline to where the window is. `‖window
 * - share · move‖²` is least at `share = window·move / move·move`, if `move` is what the cause does to an image.
 */
import { pow } from '../../base/math/index.js';
import { dot } from '../linear/distance.js';

/** How far a cause moves a set of images, by its strength: measured at a few strengths, a natural cubic spline between. */
export interface CauseCurve {
  /** Ascending; one alone is a cause that is there or not. */
  strengths: readonly number[];
  /** For each strength, `[features]`: the mean move of an image. */
  moves: readonly Float64Array[];
}

/** The strength at a position: 0 is the first of the list, 1½ the middle between the second and the third. */
export function strengthAt({ strengths }: Pick<CauseCurve, 'strengths'>, position: number): number {
  const low = Math.min(Math.floor(position), strengths.length - 2);
  if (strengths.length === 1) return strengths[0]!;
  return strengths[low]! + (position - low) * (strengths[low + 1]! - strengths[low]!);
}

export class CauseSpline {
  readonly curve: CauseCurve;
  readonly #bends: readonly Float64Array[];

  constructor(curve: CauseCurve) {
    this.curve = curve;
    this.#bends = secondDerivatives(curve.moves);
  }

  get last(): number {
    return this.curve.strengths.length - 1;
  }

  moveAt(position: number): Float64Array {
    const { moves } = this.curve;
    if (moves.length === 1) return moves[0]!;
    const low = Math.min(Math.floor(position), moves.length - 2);
    const [right, left] = [position - low, 1 - (position - low)];
    const [a, b] = [(pow(left, 3) - left) / 6, (pow(right, 3) - right) / 6];
    const [from, to, bendFrom, bendTo] = [moves[low]!, moves[low + 1]!, this.#bends[low]!, this.#bends[low + 1]!];
    return from.map((value, i) => left * value + right * to[i]! + a * bendFrom[i]! + b * bendTo[i]!);
  }
}

/**
 * Those of the natural spline through values at 0, 1, 2, …: `b[i-1] + 4 b[i] + b[i+1] = 6 (y[i-1] - 2 y[i] + y[i+1])`, zero at
 * both ends, by elimination (C. de Boor, "A Practical Guide to Splines", chapter 4).
 */
function secondDerivatives(values: readonly Float64Array[]): Float64Array[] {
  const size = values[0]!.length;
  const bends = values.map(() => new Float64Array(size));
  const inner = values.length - 2;
  if (inner < 1) return bends;
  const pivots = new Float64Array(inner + 1);
  for (let i = 1; i <= inner; i++) {
    pivots[i] = i === 1 ? 4 : 4 - 1 / pivots[i - 1]!;
    for (let f = 0; f < size; f++) {
      const right = 6 * (values[i - 1]![f]! - 2 * values[i]![f]! + values[i + 1]![f]!);
      bends[i]![f] = right - (i === 1 ? 0 : bends[i - 1]![f]! / pivots[i - 1]!);
    }
  }
  for (let i = inner; i >= 1; i--) {
    for (let f = 0; f < size; f++) bends[i]![f] = (bends[i]![f]! - bends[i + 1]![f]!) / pivots[i]!;
  }
  return bends;
}

export interface FittedShare {
  /** The share of the images that have the cause, 0 to 1. */
  share: number;
  left: number;
}

/** All images have the cause unless fewer fit far better: other makes of a cause fit a little better at 0.95. */
const CLEARLY_BETTER = 0.6;
const MOST_SHARE = 0.9;

/** Whether a share of the images leaves so much less than all of them that it is believed. */
export function isClearlyLess(left: number, leftByAll: number): boolean {
  return left < CLEARLY_BETTER * leftByAll;
}

/** Squared distance that is left with a share. @param apart `[features]`: the window's features minus the baseline's */
export function leftWith(share: number, apart: Float64Array, move: Float64Array): number {
  return dot(apart, apart) - 2 * share * dot(apart, move) + share ** 2 * dot(move, move);
}

/** @param apart `[features]`: the window's features minus the baseline's */
export function fitShare(apart: Float64Array, move: Float64Array): FittedShare {
  const [along, length, distance] = [dot(apart, move), dot(move, move), dot(apart, apart)];
  const whole = distance - 2 * along + length;
  const share = length > 0 ? Math.min(1, Math.max(0, along / length)) : 0;
  const left = distance - 2 * share * along + share ** 2 * length;
  return share <= MOST_SHARE && isClearlyLess(left, whole) ? { share, left } : { share: 1, left: whole };
}

export interface FittedCurve extends FittedShare {
  position: number;
  strength: number;
}

/** Positions from one strength of a curve to the next that are tried. */
const STEPS = 12;

export function fitCurve(apart: Float64Array, spline: CauseSpline, share: number | null = null): FittedCurve {
  let best: FittedCurve | null = null;
  for (const position of positions(spline)) {
    const move = spline.moveAt(position);
    const fitted = share === null ? fitShare(apart, move) : { share, left: leftWith(share, apart, move) };
    if (best === null || fitted.left < best.left) {
      best = { ...fitted, position, strength: strengthAt(spline.curve, position) };
    }
  }
  return best!;
}

export interface FittedPair {
  /** Numbers of the curves, and where on each. */
  curves: [number, number];
  positions: [number, number];
  left: number;
}

/** The best pairs to try, as if moves of causes added up. @param allowed whether two curves may come together */
export function fitPairs(
  apart: Float64Array,
  splines: readonly CauseSpline[],
  allowed: (a: number, b: number) => boolean,
  count: number,
): FittedPair[] {
  const distance = dot(apart, apart);
  const all = splines.map(({ curve: { moves } }) =>
    moves.map((move) => ({ move, along: dot(apart, move), length: dot(move, move) })),
  );
  const best: FittedPair[] = [];
  for (let a = 0; a < all.length; a++) {
    for (let b = a + 1; b < all.length; b++) {
      if (!allowed(a, b)) continue;
      let found: FittedPair | null = null;
      for (const [i, first] of all[a]!.entries()) {
        for (const [j, second] of all[b]!.entries()) {
          const both = 2 * dot(first.move, second.move) + first.length + second.length;
          const left = distance - 2 * (first.along + second.along) + both;
          if (found === null || left < found.left) found = { curves: [a, b], positions: [i, j], left };
        }
      }
      best.push(found!);
    }
  }
  return best.sort((x, y) => x.left - y.left).slice(0, count);
}

function* positions({ last }: CauseSpline): Generator<number> {
  for (let step = 0; step <= last * STEPS; step++) yield step / STEPS;
}

/**
 * The least value of a function of a few numbers within bounds, without derivatives: the simplex of J. A. Nelder and R.
 * Mead, "A simplex method for function minimization" (The Computer Journal 7, 1965). Points beyond are moved onto them.
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
