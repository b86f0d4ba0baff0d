/**
 * Which cause, at which strength and in which share of the images, moves the baseline to where the window is. The share
 * has a closed form: if `move` is what the cause does to an image, the least of `‖window - share · move‖²` is at `share =
 * window·move / move·move`.
 */
import { dot } from '../linear/dot.js';
import { type CauseSpline, strengthAt } from './cause-curve.js';

export interface FittedShare {
  /** The share of the images that have the cause, 0 to 1. */
  share: number;
  /** Squared distance that is left. */
  left: number;
}

/**
 * All images have the cause unless a smaller share fits far better: with other makes of a cause than ours a share of 0.95
 * fits a little better than all.
 */
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
  /** Where on the curve. */
  position: number;
  strength: number;
}

/** Positions from one strength of a curve to the next that are tried. */
const STEPS = 12;

/** The best place on a curve. @param share of the images; null for the one that fits best */
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

/**
 * The best pairs of curves, as if the moves of two causes added up. That is not so, but near enough to say which pairs are
 * worth trying.
 *
 * @param allowed whether two curves may come together
 */
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
