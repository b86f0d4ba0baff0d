/**
 * Says why a window's images differ, in words with numbers: `darker: mean brightness 0.48 → 0.17`.
 *
 * For each statistic of the images, the window's distribution is compared with the baseline's. The effect is the
 * Kolmogorov-Smirnov distance of their histograms. A cause is named if it explains the change and its brothers do not:
 *
 * 1. What leaves a mark of its own (`structure-causes.ts`) or has a place in the images (`place-causes.ts`) comes first, and
 *    explains the rest: JPEG's blocks are no blur.
 * 2. Otherwise each aspect (light, contrast, texture, saturation, colour) is looked at. Contrast, sharpness, noise and
 *    saturation must have changed both by themselves *and* relative to what they scale with (`relative-statistics.ts`),
 *    in the same direction; the smaller of the two effects counts. Darkening, for example, lowers contrast and sharpness,
 *    but not relative to brightness. An effect less than half as strong as the strongest is taken for its side effect
 *    (blur lowers contrast a little, clipping sharpens).
 * 3. The effect is at least `SMALLEST_EFFECT`, its mean moved visibly (by `SMALLEST_CHANGE`), and it is significant at the
 *    window's size, adjusted for all that was looked at, at level α.
 * 4. No mark that these aspects leave unexplained is stronger. Then the change has no name here, and is told as such.
 *
 * Causes describe the images, not the fault: a lamp, a lens and another product look alike if their pictures do.
 */
import type { GridCounts } from '../images/grid-tally.js';
import { holm } from '../statistics/adjusted-p-values.js';
import { ANGLE, type Aspect, aspectFindings, type Finding } from './aspects.js';
import { type Cause, causeOf, fine } from './cause.js';
import {
  type Changes,
  type ColumnSummaries,
  columnChanges,
  effectOf,
  isWeaker,
  SMALLEST_EFFECT,
} from './column-changes.js';
import { placeCause } from './place-causes.js';
import { type Finder, LINES, MARKS } from './structure-causes.js';
import { isBlackLightened, isHidden, isWhole } from './whole-stories.js';

export interface CauseOptions {
  /** Level of significance; default 0.05. */
  alpha?: number | undefined;
  /** Effective rows of the window if images repeat; at most its rows. */
  effectiveRows?: number | undefined;
  /** How bright the parts of the images are; default: not known. */
  grids?: { baseline: GridCounts; window: GridCounts } | null | undefined;
}

/** Kind of a change that no cause here explains. */
export const UNNAMED = 'the images changed in a way that has no name here';

/** An effect below this share of the strongest is its side effect. */
const SIDE_EFFECT = 0.5;
/** Smallest effect of a second cause. */
const SECOND_EFFECT = 0.2;

/** The causes, strongest first. Empty if nothing about the images changed, or if the window is too small to tell. */
export function imageCauses(baseline: ColumnSummaries, window: ColumnSummaries, options: CauseOptions = {}): Cause[] {
  const { alpha = 0.05, effectiveRows, grids } = options;
  const changes = columnChanges(baseline, window, effectiveRows);
  const aspects = aspectFindings(changes);
  const place: Finder = () => (grids ? placeCause({ ...grids, effectiveRows }, alpha / tests) : null);
  const finders = [...LINES, place, ...MARKS];
  const tests = finders.length + aspects.length;
  const rows = Math.max(0, ...Object.values(window).map((column) => column.rows));
  const isFew = Math.min(rows, effectiveRows ?? rows) < LEAST_ROWS;
  const withoutName = () => (isFew ? [] : unnamed(changes, alpha));
  for (const find of finders) {
    const cause = find(changes);
    if (cause === null || cause.p * tests > alpha) continue;
    return isWhole(cause, changes) ? [{ ...cause, p: cause.p * tests }] : withoutName();
  }
  if (isHidden(changes)) return withoutName();
  const named = explained(changes, sureAspects(changes, aspects, finders.length, alpha));
  if (named.length > 0) return named;
  return withoutName();
}

/** @param others tests that were made besides */
function sureAspects(
  changes: Changes,
  findings: readonly (Finding | null)[],
  others: number,
  alpha: number,
): Finding[] {
  // Aspects without a finding count among the tests too.
  const adjusted = holm([...findings.map((finding) => finding?.p ?? 1), ...new Array<number>(others).fill(1)]);
  const sure = findings
    .flatMap((finding, index) => (finding === null ? [] : [{ ...finding, p: adjusted[index]! }]))
    .filter(({ effect, p }) => effect >= SMALLEST_EFFECT && p <= alpha)
    .sort((a, b) => b.effect - a.effect);
  const own = sure.filter((finding) => {
    return (
      !sure.some((other) => isDisguised(finding, other, sure)) &&
      !(finding.kind === 'less contrast' && isNoiseOnBlack(sure, changes))
    );
  });
  return own.filter((finding, i) => {
    return (i === 0 || finding.effect >= SECOND_EFFECT) && !own.some((other) => isSideEffect(finding, other));
  });
}

/** Marks that only some aspects leave, and none of the other causes. With a sign, a fall is no mark. */
const SIDE_MARKS: readonly [column: string, isSigned: boolean, leftBy: readonly Aspect[]][] = [
  ['border', true, ['light', 'contrast']],
  ['impulses', true, ['texture', 'contrast', 'light']],
  ['row_stripes', false, ['texture']],
  ['column_stripes', false, ['texture']],
  ['blockiness', true, ['texture']],
  ['diagonal', false, ['texture']],
  ['relative_sharpness', true, ['texture']],
  ['relative_noise', true, ['texture']],
  ['upright', false, ['texture']],
  ['hue_axis_x', false, ['texture', 'saturation', 'colour']],
  ['hue_axis_y', false, ['texture', 'saturation', 'colour']],
];
/** A weaker mark proves nothing. */
const WEAKEST_MARK = 0.3;
/** Smallest mark that is not a side effect, as a share of the strongest effect that is explained. */
const MARK_SHARE = 0.5;

/** The findings; none if they leave a stronger mark unexplained. */
function explained(changes: Changes, findings: readonly Finding[]): Cause[] {
  const strongest = Math.max(0, ...findings.map(({ effect }) => effect));
  // Values that were cut off and are not any more are equal still.
  const unclipped = Math.max(0, -effectOf(changes, 'clipped_dark'), -effectOf(changes, 'clipped_bright'));
  if (effectOf(changes, 'flat') - unclipped > Math.max(WEAKEST_MARK, strongest)) return [];
  // Black that is no end of a scale: corners of turned images, objects.
  const black = effectOf(changes, 'clipped_dark') - Math.max(0, effectOf(changes, 'clipped_bright'));
  const isBlackTold = findings.some(
    ({ aspect }) => aspect === 'light' || aspect === 'saturation' || aspect === 'colour',
  );
  if (black > Math.max(WEAKEST_MARK, strongest) && !isBlackTold) return [];
  const isLeft = SIDE_MARKS.some(([column, isSigned, leftBy]) => {
    const effect = effectOf(changes, column);
    const size = isSigned ? effect : Math.abs(effect);
    return (
      size > Math.max(WEAKEST_MARK, MARK_SHARE * strongest) && !findings.some(({ aspect }) => leftBy.includes(aspect))
    );
  });
  const told = findings.map(({ aspect }) => aspect);
  if (isLeft || !findings.every((finding) => isWhole(finding, changes, told))) return [];
  return findings.map(({ aspect: _, ...cause }) => cause);
}

/** The statistic that changed most, where no cause explains it. */
function unnamed(changes: Changes, alpha: number): Cause[] {
  const sure = [...changes.values()].filter(({ effect, p, name }) => {
    return name !== ANGLE && Math.abs(effect) >= SMALLEST_EFFECT && p * changes.size <= alpha;
  });
  if (sure.length === 0) return [];
  const most = sure.reduce((a, b) => (isWeaker(a, b) ? b : a));
  const cause = causeOf(UNNAMED, `most in ${most.name}, mean ${fine(most.baseline)} → ${fine(most.window)}`, most);
  return [{ ...cause, p: cause.p * changes.size }];
}

/** Among fewer images, some statistic is always odd. */
const LEAST_ROWS = 20;

/** Largest effect on colours, of that on light, that light alone has. */
const CUT_OFF = 0.8;

function isNoiseOnBlack(findings: readonly Finding[], changes: Changes): boolean {
  return findings.some(({ kind }) => kind === 'noisier') && isBlackLightened(changes);
}

/** True if the finding is the same change as another one. */
function isDisguised(finding: Finding, by: Finding, all: readonly Finding[]): boolean {
  // Strong colours darken what they are cut off in.
  if (finding.kind === 'darker' && by.kind === 'more saturated') return by.effect > finding.effect;
  // Blur takes contrast, and haze takes what is sharp. Haze takes colours as well.
  const isHaze = all.some(({ kind }) => kind === 'less saturated' || kind === 'brighter');
  if (finding.kind === 'blurred' && by.kind === 'less contrast') return isHaze || finding.effect < by.effect;
  if (finding.kind === 'less contrast' && by.kind === 'blurred') return !isHaze && finding.effect <= by.effect;
  // Fading moves the mean colour to gray, and a cast colours gray. The stronger of the two counts.
  const areOne = (a: Aspect, b: Aspect) => finding.aspect === a && by.aspect === b;
  if (areOne('colour', 'saturation')) return finding.effect < by.effect;
  // Light that is cut off takes a little colour.
  if (areOne('colour', 'light')) return finding.effect < CUT_OFF * by.effect;
  if (areOne('saturation', 'colour')) return finding.effect <= by.effect;
  return false;
}

/** What a change of the fine structure does besides; all else is a cause of its own. */
const BESIDES: Readonly<Record<string, readonly string[]>> = {
  blurred: ['less contrast', 'brightness varies less'],
  noisier: ['more contrast', 'more saturated', 'less saturated'],
  sharper: ['more contrast', 'more saturated'],
  'less noise': [],
};

/** Noise lightens black, and darkens white, where it is cut off, by less than it is strong; blur mixes in a little of what lies around. */
function isCutOff(finding: Finding, of: Finding): boolean {
  if (finding.aspect !== 'light') return false;
  if (of.kind === 'blurred') return finding.effect < 0.27;
  if (Math.abs(finding.window - finding.baseline) > of.window) return false;
  return of.kind === 'noisier' && finding.kind === (finding.baseline < 0.4 ? 'brighter' : 'darker');
}

function isSideEffect(finding: Finding, of: Finding): boolean {
  if (finding.aspect === 'other' || of.aspect === 'other' || finding.effect > of.effect) return false;
  if (isCutOff(finding, of)) return true;
  if (of.kind === 'noisier' && BESIDES['noisier']!.includes(finding.kind)) return true;
  if (finding.effect >= SIDE_EFFECT * of.effect) return false;
  // A cast darkens a little, where it takes one channel.
  if (of.aspect === 'colour' && finding.aspect === 'light') return finding.effect < 0.25;
  if (of.aspect === 'texture') return BESIDES[of.kind]!.includes(finding.kind);
  return finding.aspect !== 'texture' || finding.kind === 'sharper';
}
