/** Causes at the strengths with which the baseline's images would look most like the window's, by what the causes really do. */
import type { CauseSetting } from '../../data/index.js';
import { fitShare, leftWith, nelderMead, strengthAt } from '../../drift/index.js';
import type { LibraryLook, LookedCause } from './library-look.js';

/** A place on the curve of a cause. */
export interface CausePoint {
  cause: LookedCause;
  position: number;
}

/** Causes at their best strength, and how far they leave the baseline from the window. */
export interface Proposal {
  /** Where they lie on their curves, in the order in which they are applied. */
  points: CausePoint[];
  causes: CauseSetting[];
  /** Share of the images that have them. */
  share: number;
  left: number;
}

/** How far the first points of a search are apart, in positions on the curve. */
const STEP = 0.3;

function settingsOf(points: readonly CausePoint[]): CauseSetting[] {
  return points.map(({ cause: { family, make, spline }, position }) => {
    return { family, make, strength: strengthAt(spline.curve, position) };
  });
}

/**
 * How far causes leave the baseline from the window.
 *
 * @param apart features of the window minus those of the baseline
 * @param share of the images that have the causes; null for the one that fits best
 */
export async function leftBy(
  look: LibraryLook,
  points: readonly CausePoint[],
  apart: Float64Array,
  share: number | null = null,
): Promise<Proposal> {
  const causes = settingsOf(points);
  const move = await look.moveOf(causes);
  const fitted = share === null ? fitShare(apart, move) : { share, left: leftWith(share, apart, move) };
  return { points: [...points], causes, ...fitted };
}

/**
 * The best strengths near places on the curves.
 *
 * @param looks how often is looked
 * @param share as of `leftBy`
 */
export async function refined(
  look: LibraryLook,
  points: readonly CausePoint[],
  apart: Float64Array,
  looks: number,
  share: number | null = null,
): Promise<Proposal> {
  const last = points.map(({ cause }) => cause.spline.last);
  if (last.every((one) => one === 0)) return leftBy(look, points, apart, share);
  const at = (positions: readonly number[]) => points.map(({ cause }, i) => ({ cause, position: positions[i]! }));
  const { point } = await nelderMead(
    async (positions) => (await leftBy(look, at(positions), apart, share)).left,
    points.map(({ position }) => position),
    last.map((one) => Math.min(STEP, one)),
    last.map((one) => [0, one] as const),
    looks,
  );
  return leftBy(look, at(point), apart, share);
}
