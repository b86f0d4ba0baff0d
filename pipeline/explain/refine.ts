import type { CauseSetting } from '../../data/index.js';
import {
  changedShare,
  fitCurve,
  fitShare,
  isClearlyLess,
  leftWith,
  type Matrix64,
  nelderMead,
  strengthAt,
} from '../../drift/index.js';
import type { LibraryLook, LookedCause } from './library-look.js';

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

/**
 * How far causes leave the baseline from the window. @param apart features of the window minus those of the baseline
 * @param share of the images that have the causes; null for the one that fits best
 */
export async function leftBy(
  look: LibraryLook,
  points: readonly CausePoint[],
  apart: Float64Array,
  share: number | null = null,
): Promise<Proposal> {
  const causes = points.map(({ cause: { family, make, spline }, position }) => {
    return { family, make, strength: strengthAt(spline.curve, position) };
  });
  const move = await look.moveOf(causes);
  const fitted = share === null ? fitShare(apart, move) : { share, left: leftWith(share, apart, move) };
  return { points: [...points], causes, ...fitted };
}

/** The best strengths near places on the curves. @param looks how often is looked @param share as of `leftBy` */
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

/** Looks by which strengths are settled, of one cause and of the two of a pair. */
const [SETTLING_LOOKS, PAIR_SETTLING_LOOKS] = [8, 11];
/** A share above this one is that of all images, and none is less. */
const [ALL, LEAST] = [0.95, 0.01];

/**
 * Where some images seem to have the causes, all may have them, but weaker, which is believed unless it leaves clearly
 * more. Else share and strength are found in turn: a distance between means hardly distinguishes many images with
 * little from few with much. @param apart window minus baseline @param window rows as of `ImageFeatures.rowsOf`
 */
export async function settled(
  { fine, sharing }: { fine: LibraryLook; sharing(): Promise<LibraryLook> },
  { points }: Proposal,
  apart: Float64Array,
  window: Matrix64,
): Promise<Proposal> {
  const looks = points.length === 1 ? SETTLING_LOOKS : PAIR_SETTLING_LOOKS;
  const first = await refined(fine, points, apart, looks);
  if (first.share === 1) return first;
  // Where a single cause comes nearest if all images have it.
  const inAll = points.map(({ cause }) => ({ cause, position: fitCurve(apart, cause.spline, 1).position }));
  const all = await refined(fine, points.length === 1 ? inAll : points, apart, looks, 1);
  if (!isClearlyLess(first.left, all.left)) return all;
  const look = await sharing();
  const share = await shareOf(look, first, window);
  // A share that is not known is not named.
  if (share === null) return all;
  const second = await refined(fine, first.points, apart, looks, share);
  return { ...second, share: (await shareOf(look, second, window)) ?? share };
}

/** Null where images with the causes look too much like the others, or their share is no more than chance. */
async function shareOf(look: LibraryLook, { causes }: Proposal, window: Matrix64): Promise<number | null> {
  const share = changedShare(await look.rowsOf([]), await look.rowsOf(causes), window);
  if (share === null) return null;
  return share > ALL ? 1 : Math.max(LEAST, share);
}
