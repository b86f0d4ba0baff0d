/** Which causes are worth embedding for a window: those whose images would look like the window's, by their statistics. */
import { type CauseSetting, causeMake, inOrder } from '../../data/index.js';
import { type CauseSpline, fitCurve, fitPairs, fitShare, nelderMead, strengthAt } from '../../drift/index.js';
import type { LibraryLook, LookedCause } from './library-look.js';

/** Causes at their best strength, and how far they leave the baseline from the window. */
export interface Proposal {
  /** Where they lie on their curves. */
  points: { cause: LookedCause; position: number }[];
  causes: CauseSetting[];
  /** Share of the images that have them. */
  share: number;
  left: number;
}

/** Causes whose strength is sought by looking again, beyond the curves. */
const REFINED = 6;
const PAIRS = 4;
/** Looks for the strength of one cause, and for the two of a pair. */
const [LOOKS, PAIR_LOOKS] = [8, 22];
const SETTLING_LOOKS = 8;
/** How far the first points of a search are apart, in positions on the curve. */
const STEP = 0.3;
/** A pair has one more strength to fit by. It is proposed only if it leaves less than this of what the best cause leaves. */
const PAIR_GAIN = 0.5;
/** Pairs are looked for where the best cause leaves more than chance explains, by this factor. */
const BEYOND_CHANCE = 3;
/** Colours of three gains are makes of one family that come together. */
const TOGETHER = 'white_balance';

/**
 * @param apart features of the window minus those of the baseline
 * @param chance what would be left by chance alone
 * @returns the most promising first
 */
export async function propose(
  look: LibraryLook,
  library: readonly LookedCause[],
  apart: Float64Array,
  chance: number,
): Promise<Proposal[]> {
  const singles = library
    .map((cause) => ({ cause, fitted: fitCurve(apart, cause.spline) }))
    .sort((a, b) => a.fitted.left - b.fitted.left)
    .slice(0, REFINED);
  const proposals: Proposal[] = [];
  for (const { cause, fitted } of singles) {
    proposals.push(await refined(look, [{ cause, position: fitted.position }], apart, LOOKS));
  }
  const best = Math.min(...proposals.map(({ left }) => left));
  if (best > BEYOND_CHANCE * chance) {
    for (const pair of await pairs(look, library, apart)) if (pair.left < PAIR_GAIN * best) proposals.push(pair);
  }
  return bestSingleSecond(proposals.sort((a, b) => a.left - b.left));
}

/** Pairs fit by more, so the best single cause is tried before a second pair. */
function bestSingleSecond(proposals: Proposal[]): Proposal[] {
  const single = proposals.findIndex(({ causes }) => causes.length === 1);
  return single <= 1 ? proposals : proposals.toSpliced(single, 1).toSpliced(1, 0, proposals[single]!);
}

async function pairs(look: LibraryLook, library: readonly LookedCause[], apart: Float64Array): Promise<Proposal[]> {
  const splines = library.map(({ spline }) => spline);
  const allowed = (a: number, b: number) => mayCome(library[a]!, library[b]!);
  const found: Proposal[] = [];
  for (const { curves, positions } of fitPairs(apart, splines, allowed, PAIRS)) {
    const points = curves.map((curve, i) => ({ cause: library[curve]!, position: positions[i]! }));
    found.push(await refined(look, points, apart, PAIR_LOOKS));
  }
  return found;
}

/** Two causes that change the image, of different families. */
function mayCome(a: LookedCause, b: LookedCause): boolean {
  return a.family !== b.family || (a.family === TOGETHER && a.make !== b.make);
}

/** The strengths of a proposal, settled by more images. */
export function settled(fine: LibraryLook, { points }: Proposal, apart: Float64Array): Promise<Proposal> {
  return refined(fine, points, apart, points.length === 1 ? SETTLING_LOOKS : PAIR_LOOKS / 2);
}

/** The best strengths near places on the curves, by what the causes really do. */
async function refined(
  look: LibraryLook,
  points: Proposal['points'],
  apart: Float64Array,
  looks: number,
): Promise<Proposal> {
  const at = (positions: readonly number[]): CauseSetting[] =>
    inOrder(
      points.map(({ cause: { family, make, spline } }, i) => ({
        ...{ family, make, strength: strengthOf(spline, positions[i]!) },
      })),
    );
  const value = async (positions: readonly number[]) => {
    // Signals are answered between two looks.
    await new Promise((resolve) => setImmediate(resolve));
    return fitShare(apart, look.moveOf(at(positions))).left;
  };
  const last = points.map(({ cause }) => cause.spline.last);
  const start = points.map(({ position }) => position);
  const isFixed = last.every((one) => one === 0);
  const found = isFixed
    ? start
    : (
        await nelderMead(
          value,
          start,
          last.map((one) => Math.min(STEP, one)),
          last.map((one) => [0, one] as const),
          looks,
        )
      ).point;
  const causes = at(found);
  const settledPoints = points.map(({ cause }, i) => ({ cause, position: found[i]! }));
  return { points: settledPoints, causes, ...fitShare(apart, look.moveOf(causes)) };
}

function strengthOf({ curve }: CauseSpline, position: number): number {
  return strengthAt(curve, position);
}

/** Proposals to embed: not more than two of the same families, nor two that are the same. */
export function chosen(proposals: readonly Proposal[], count: number): Proposal[] {
  const times = new Map<string, number>();
  return proposals
    .filter(({ causes, share }) => {
      const does = share > 0 && causes.every((cause) => cause.strength !== causeMake(cause).neutral);
      const families = causes.map(({ family }) => family).join();
      const before = times.get(families) ?? 0;
      times.set(families, before + 1);
      return does && before < 2;
    })
    .slice(0, count);
}
