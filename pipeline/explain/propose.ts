/** Which causes are worth embedding: those whose images would look like the window's, by their statistics. */

import { causeMake, inOrder } from '../../data/index.js';
import { fitCurve, fitPairs, leftWith } from '../../drift/index.js';
import type { LibraryLook, LookedCause } from './library-look.js';
import { looksAt } from './look-threads.js';
import { type CausePoint, leftBy, type Proposal, refined } from './refine.js';

/** Causes that are looked at again where their curves come nearest, and those that are then looked at more. */
const [LOOKED, REFINED] = [12, 6];
const LOOKS = 8;
/** A pair has one more strength to fit by: it must leave less than this share of what the best cause leaves. */
const PAIR_GAIN = 0.5;
/** Pairs are looked for where the best cause leaves more than chance explains, by this factor. */
const BEYOND_CHANCE = 3;

/** @param apart window's features minus the baseline's @param chance what chance would leave @returns best first */
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

/** Images by which pairs are looked for before their strengths are sought with more. */
export const PAIR_IMAGES = 48;
/** Pairs that are sought with few images, from each of the two places; and with more. */
const [STARTS, PAIRS] = [3, 3];
/** Single causes, each of another family, on top of which others are looked at. */
const BASES = 2;
/** Only each second strength of a cause is looked at on top of another. */
const STRIDE = 2;
/** Causes that are looked at on top of another where images are large: those that come nearest if moves add up. */
const ON_TOP = 20;
/** Looks for the two strengths of a pair, with few images and with more. In the other order they are further away. */
const ROUGH_LOOKS = 18;
export const PAIR_LOOKS = 16;
const TURNED_LOOKS = 24;
/** Colours of three gains are makes of one family that come together. */
const TOGETHER = 'white_balance';

export interface PairLooks {
  few: LibraryLook;
  look: LibraryLook;
}

/**
 * @param singles the best single causes, the best first @returns in no order
 * @param enough what a pair may leave without being tried in the other order
 */
export async function pairs(
  { few, look }: PairLooks,
  library: readonly LookedCause[],
  apart: Float64Array,
  singles: readonly Proposal[],
  enough: number,
): Promise<Proposal[]> {
  const begun = await starts(few, library, apart, singles);
  const rough = await looksAt(begun, (points) => refined(few, points, apart, ROUGH_LOOKS));
  const found = await looksAt(best(rough), ({ points }) => refined(look, points, apart, PAIR_LOOKS));
  if (best(found)[0]!.left <= enough) return found;
  const turn = ({ points }: Proposal) => refined(look, points.toReversed(), apart, TURNED_LOOKS);
  return [...found, ...(await looksAt(best(found), turn))];
}

function best(found: readonly Proposal[]): Proposal[] {
  return found.toSorted((a, b) => a.left - b.left).slice(0, PAIRS);
}

async function starts(
  few: LibraryLook,
  library: readonly LookedCause[],
  apart: Float64Array,
  singles: readonly Proposal[],
): Promise<CausePoint[][]> {
  const all = addedUp(library, apart);
  const families = singles.map(({ points: [point] }) => point!.cause.family);
  const bases = singles.filter((_, i) => families.indexOf(families[i]!) === i).slice(0, BASES);
  for (const { points } of bases) all.push(...(await onTopOf(points[0]!, few, library, apart)));
  const names = all.map((points) => nameOf(points));
  return all.filter((_, i) => names.indexOf(names[i]!) === i);
}

function nameOf(points: readonly CausePoint[]): string {
  return points
    .map(({ cause: { family, make } }) => `${family}/${make}`)
    .sort()
    .join();
}

function addedUp(library: readonly LookedCause[], apart: Float64Array): CausePoint[][] {
  const splines = library.map(({ spline }) => spline);
  const allowed = (a: number, b: number) => mayCome(library[a]!, library[b]!);
  return fitPairs(apart, splines, allowed, STARTS).map(({ curves, positions }) =>
    asMade(curves.map((curve, i) => ({ cause: library[curve]!, position: positions[i]! }))),
  );
}

/** The best second causes beside a first one, each at its best strength of those that are looked at. */
async function onTopOf(first: CausePoint, few: LibraryLook, library: readonly LookedCause[], apart: Float64Array) {
  const others = library.filter((one) => mayCome(first.cause, one));
  const causes = few.count < PAIR_IMAGES ? promising(first, others, apart) : others;
  const found = await looksAt(causes, async (cause) => {
    const tried: Proposal[] = [];
    for (let position = 0; position <= cause.spline.last; position += STRIDE) {
      if (cause.spline.curve.strengths[position] === causeMake(cause).neutral) continue;
      tried.push(await leftBy(few, asMade([first, { cause, position }]), apart));
    }
    return tried.sort((a, b) => a.left - b.left).slice(0, 1);
  });
  return found
    .flat()
    .sort((a, b) => a.left - b.left)
    .slice(0, STARTS)
    .map(({ points }) => points);
}

function promising({ cause, position }: CausePoint, others: readonly LookedCause[], apart: Float64Array) {
  const move = cause.spline.moveAt(position);
  const rest = apart.map((value, i) => value - move[i]!);
  return others
    .map((other) => ({ other, left: Math.min(...other.spline.curve.moves.map((one) => leftWith(1, rest, one))) }))
    .sort((a, b) => a.left - b.left)
    .slice(0, ON_TOP)
    .map(({ other }) => other);
}

function asMade(points: readonly CausePoint[]): CausePoint[] {
  return inOrder(points.map((point) => ({ family: point.cause.family, point }))).map(({ point }) => point);
}

/** Two causes that change the image, of different families. */
function mayCome(a: LookedCause, b: LookedCause): boolean {
  return a.family !== b.family || (a.family === TOGETHER && a.make !== b.make);
}
