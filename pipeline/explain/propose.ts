/** Which causes are worth embedding for a window: those whose images would look like the window's, by their statistics. */
import { causeMake } from '../../data/index.js';
import { fitCurve } from '../../drift/index.js';
import type { LookedCause } from './library-look.js';
import { looksAt } from './look-threads.js';
import { PAIR_LOOKS, type PairLooks, pairs } from './pairs.js';
import { leftBy, type Proposal, refined } from './refine.js';

/** Causes that are looked at again where their curves come nearest, and those of them whose strength is sought by more looks. */
const [LOOKED, REFINED] = [12, 6];
/** Looks for the strength of one cause. */
const LOOKS = 8;
/** A pair has one more strength to fit by. It is proposed only if it leaves less than this of what the best cause leaves. */
const PAIR_GAIN = 0.5;
/** Pairs are looked for where the best cause leaves more than chance explains, by this factor. */
const BEYOND_CHANCE = 3;

/**
 * @param apart features of the window minus those of the baseline
 * @param chance what would be left by chance alone
 * @returns the most promising first
 */
export async function propose(
  looks: PairLooks,
  library: readonly LookedCause[],
  apart: Float64Array,
  chance: number,
): Promise<Proposal[]> {
  const fitted = library
    .map((cause) => ({ cause, ...fitCurve(apart, cause.spline) }))
    .sort((a, b) => a.left - b.left)
    .slice(0, LOOKED);
  const near = await looksAt(fitted, ({ cause, position }) => leftBy(looks.look, [{ cause, position }], apart));
  near.sort((a, b) => a.left - b.left);
  const singles = await looksAt(near.slice(0, REFINED), ({ points }) => refined(looks.look, points, apart, LOOKS));
  singles.sort((a, b) => a.left - b.left);
  const enough = BEYOND_CHANCE * chance;
  if (singles[0]!.left <= enough) return singles;
  // Sought as long as a pair: otherwise a pair would be better by having its first strength sought for longer.
  singles[0] = await refined(looks.look, singles[0]!.points, apart, PAIR_LOOKS);
  const best = singles[0].left;
  const found = best > enough ? await pairs(looks, library, apart, singles, enough) : [];
  const better = found.filter(({ left }) => left < PAIR_GAIN * best);
  return bestSingleSecond([...singles, ...better].sort((a, b) => a.left - b.left));
}

/** Pairs fit by more, so the best single cause is tried before a second pair. */
function bestSingleSecond(proposals: Proposal[]): Proposal[] {
  const single = proposals.findIndex(({ causes }) => causes.length === 1);
  return single <= 1 ? proposals : proposals.toSpliced(single, 1).toSpliced(1, 0, proposals[single]!);
}

/** Proposals to embed: not more than two of the same families, nor two that are the same. */
export function chosen(proposals: readonly Proposal[], count: number): Proposal[] {
  const times = new Map<string, number>();
  return proposals
    .filter(({ causes, share }) => {
      const does = share > 0 && causes.every((cause) => cause.strength !== causeMake(cause).neutral);
      const families = causes
        .map(({ family }) => family)
        .sort()
        .join();
      const before = times.get(families) ?? 0;
      times.set(families, before + 1);
      return does && before < 2;
    })
    .slice(0, count);
}
