/** The strengths and the share of a proposal, settled by more images. */
import { changedShare, fitCurve, isClearlyLess, type Matrix64 } from '../../drift/index.js';
import type { LibraryLook } from './library-look.js';
import { type CausePoint, type Proposal, refined } from './refine.js';

/** Looks by which strengths are settled, of one cause and of the two of a pair. */
const [SETTLING_LOOKS, PAIR_SETTLING_LOOKS] = [8, 11];
/** A share above this one is that of all images, and none is less. */
const [ALL, LEAST] = [0.95, 0.01];

export interface SettlingLooks {
  /** A look at many images. */
  fine: LibraryLook;
  /** A look at as many as tell the share of the images. */
  sharing(): Promise<LibraryLook>;
}

/**
 * Where a part of the images seems to have the causes, all may have them, but weaker, and that is believed unless it leaves
 * clearly more. Else share and strength are found one after the other: a distance between means hardly tells many images with
 * little from few with much.
 *
 * @param apart features of the window minus those of the baseline
 * @param window its rows as of `ImageFeatures.rowsOf`
 */
export async function settled(
  { fine, sharing }: SettlingLooks,
  { points }: Proposal,
  apart: Float64Array,
  window: Matrix64,
): Promise<Proposal> {
  const looks = points.length === 1 ? SETTLING_LOOKS : PAIR_SETTLING_LOOKS;
  const first = await refined(fine, points, apart, looks);
  if (first.share === 1) return first;
  const all = await refined(fine, points.length === 1 ? inAll(points, apart) : points, apart, looks, 1);
  if (!isClearlyLess(first.left, all.left)) return all;
  const look = await sharing();
  const share = await shareOf(look, first, window);
  // A share that is not known is not named.
  if (share === null) return all;
  const second = await refined(fine, first.points, apart, looks, share);
  return { ...second, share: (await shareOf(look, second, window)) ?? share };
}

/** Where a single cause comes nearest if all images have it. */
function inAll(points: readonly CausePoint[], apart: Float64Array): CausePoint[] {
  return points.map(({ cause }) => ({ cause, position: fitCurve(apart, cause.spline, 1).position }));
}

/** Null where images with the causes look too much like the others, or their share is no more than chance. */
async function shareOf(look: LibraryLook, { causes }: Proposal, window: Matrix64): Promise<number | null> {
  const share = changedShare(await look.rowsOf([]), await look.rowsOf(causes), window);
  if (share === null) return null;
  return share > ALL ? 1 : Math.max(LEAST, share);
}
