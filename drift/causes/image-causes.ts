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
import { type Cause, causeOf, fine, percent, plain } from './cause.js';
import {
  type Change,
  type Changes,
  type ColumnSummaries,
  columnChanges,
  isClear,
  isWeaker,
  itself,
  SMALLEST_CHANGE,
  SMALLEST_EFFECT,
  strong,
} from './column-changes.js';
import { placeCause } from './place-causes.js';
import { effectOf, type Finder, LINES, MARKS } from './structure-causes.js';

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

interface Finding extends Cause {
  aspect: Aspect;
}

type Aspect = 'light' | 'contrast' | 'texture' | 'saturation' | 'colour' | 'other';

/** The causes, strongest first. Empty if nothing about the images changed, or if the window is too small to tell. */
export function imageCauses(baseline: ColumnSummaries, window: ColumnSummaries, options: CauseOptions = {}): Cause[] {
  const { alpha = 0.05, effectiveRows, grids } = options;
  const changes = columnChanges(baseline, window, effectiveRows);
  const aspects = aspectFindings(changes);
  const place: Finder = () => (grids ? placeCause({ ...grids, effectiveRows }, alpha / tests) : null);
  const finders = [...LINES, place, ...MARKS];
  const tests = finders.length + aspects.length;
  for (const find of finders) {
    const cause = find(changes);
    if (cause !== null && cause.p * tests <= alpha) return [{ ...cause, p: cause.p * tests }];
  }
  const named = explained(changes, sureAspects(aspects, finders.length, alpha));
  if (named.length > 0) return named;
  const rows = Math.max(0, ...Object.values(window).map((column) => column.rows));
  return Math.min(rows, effectiveRows ?? rows) < LEAST_ROWS ? [] : unnamed(changes, alpha);
}

function aspectFindings(changes: Changes): (Finding | null)[] {
  return [
    light(changes),
    contrast(changes),
    texture(changes),
    saturation(changes),
    colour(changes),
    ...others(changes),
  ];
}

/** @param others tests that were made besides */
function sureAspects(findings: readonly (Finding | null)[], others: number, alpha: number): Finding[] {
  // Aspects without a finding count among the tests too.
  const adjusted = holm([...findings.map((finding) => finding?.p ?? 1), ...new Array<number>(others).fill(1)]);
  const sure = findings
    .flatMap((finding, index) => (finding === null ? [] : [{ ...finding, p: adjusted[index]! }]))
    .filter(({ effect, p }) => effect >= SMALLEST_EFFECT && p <= alpha)
    .sort((a, b) => b.effect - a.effect);
  const own = sure.filter((finding) => !sure.some((other) => isDisguised(finding, other, sure)));
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
  ['upright', false, ['texture']],
  ['hue_axis_x', false, ['texture', 'saturation', 'colour']],
  ['hue_axis_y', false, ['texture', 'saturation', 'colour']],
];
/** A weaker mark proves nothing. */
const WEAKEST_MARK = 0.3;

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
    return size > Math.max(WEAKEST_MARK, strongest) && !findings.some(({ aspect }) => leftBy.includes(aspect));
  });
  return isLeft ? [] : findings.map(({ aspect: _, ...cause }) => cause);
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

/** Of a few images, some statistic is always odd. */
const LEAST_ROWS = 20;

/** A column of angles has neither a smallest nor a largest value. */
const ANGLE = 'hue';

function light(changes: Changes): Finding | null {
  const brightness = changes.get('brightness');
  if (brightness === undefined) return null;
  const { baseline, window, effect, deviations } = brightness;
  if (!isClear(brightness)) {
    const [before, after] = deviations;
    if (Math.abs(after - before) < SMALLEST_CHANGE) return null;
    const kind = after > before ? 'brightness varies more' : 'brightness varies less';
    return finding('light', kind, `standard deviation ${plain(before)} → ${plain(after)}`, brightness);
  }
  const kind = effect < 0 ? 'darker' : 'brighter';
  const words = `mean brightness ${plain(baseline)} → ${plain(window)}${clipped(changes, effect)}`;
  return finding('light', kind, words, brightness);
}

/** `, 23 % of the values are full`, where far more are than before. */
function clipped(changes: Changes, effect: number): string {
  const values = changes.get(effect < 0 ? 'clipped_dark' : 'clipped_bright');
  if (values === undefined || values.effect < SMALLEST_EFFECT || values.window - values.baseline < CLIPPED) return '';
  return `, ${percent(values.window)} of the values are ${effect < 0 ? 'black' : 'full'}`;
}

/** Smallest rise of the share of clipped values that is told. */
const CLIPPED = 0.03;

function contrast(changes: Changes): Finding | null {
  const both = itself(changes, 'contrast', 'relative_contrast');
  if (both === null || !isClear(both)) return null;
  const kind = both.effect < 0 ? 'less contrast' : 'more contrast';
  return finding('contrast', kind, `mean contrast ${plain(both.baseline)} → ${plain(both.window)}`, both);
}

/**
 * Finds changes of fine structure. Blur lowers sharpness and what looks like noise; noise and sharpening raise both. Each
 * also changes how smooth the images are between edges, which compression, drops and scratches do not do in this way.
 */
function texture(changes: Changes): Finding | null {
  const sharpness = strong(itself(changes, 'sharpness', 'relative_sharpness'));
  const noise = strong(itself(changes, 'noise', 'relative_noise'));
  const isRougher =
    !changes.has('smooth') || effectOf(changes, 'smooth') <= -ROUGHER || effectOf(changes, 'flat') <= -ROUGHER;
  if (noise !== null && noise.effect > 0 && isRougher) {
    const isExplained =
      sharpness !== null && (sharpness.effect > 0 ? isSharpening(changes) : isWeaker(noise, sharpness));
    if (!isExplained) return noiseFinding('noisier', noise);
  }
  if (sharpness !== null && sharpness.effect > 0)
    return noise !== null && isRougher ? sharper(changes, sharpness) : null;
  if (sharpness !== null) return isCompressed(changes) ? null : sharpnessFinding('blurred', changes, sharpness);
  if (noise === null || noise.effect > 0 || effectOf(changes, 'blockiness') > NO_BLOCKS) return null;
  return noiseFinding('less noise', noise);
}

/** Largest effect on light, and fall of saturation, that sharpening has. */
const KEPT = 0.25;

/** Smallest fall of smoothness that noise and sharpening make. */
const ROUGHER = 0.15;
/** Compression takes noise away, too. */
const NO_BLOCKS = 0.1;

/** Weak compression that leaves no blocks to name: what was even is not, though nothing is sharper. */
function isCompressed(changes: Changes): boolean {
  return effectOf(changes, 'smooth') < -0.3 && effectOf(changes, 'blockiness') > NO_BLOCKS;
}

/** Snow, drops and scratches are sharp, too. In sharpened images every edge is, and light and colours stay. */
function sharper(changes: Changes, sharpness: Change): Finding | null {
  if (Math.abs(effectOf(changes, 'brightness')) > KEPT || effectOf(changes, 'saturation') < -KEPT) return null;
  return isSharpening(changes) ? sharpnessFinding('sharper', changes, sharpness) : null;
}

function sharpnessFinding(kind: string, changes: Changes, sharpness: Change): Finding {
  const { baseline, window } = changes.get('relative_sharpness')!;
  return finding('texture', kind, `sharpness ${percentChange(baseline, window)} at equal contrast`, sharpness);
}

function noiseFinding(kind: string, noise: Change): Finding {
  return finding('texture', kind, `mean noise ${fine(noise.baseline)} → ${fine(noise.window)}`, noise);
}

/** Variance of the Laplacian of white noise of variance 1: the sum of the kernel's squares. */
const LAPLACIAN_OF_NOISE = 20;

/**
 * Tells sharpening from noise. Sharpening raises the Laplacian by a larger factor than the noise estimate, and noise
 * does the opposite. Very strong noise drowns the image; sharpness is then at most that of white noise.
 */
function isSharpening(changes: Changes): boolean {
  const [sharpness, noise] = [changes.get('relative_sharpness'), changes.get('relative_noise')];
  if (sharpness === undefined || noise === undefined) return false;
  if (sharpness.window < 2 * LAPLACIAN_OF_NOISE * noise.window ** 2) return false;
  return sharpness.window / sharpness.baseline > noise.window / noise.baseline;
}

function saturation(changes: Changes): Finding | null {
  const glow = glowing(changes);
  const both = glow ?? itself(changes, 'saturation', 'relative_saturation');
  if (both === null || !isClear(both)) return null;
  // Noise gives every pixel a colour of its own.
  const isNoisy = effectOf(changes, 'relative_noise') >= SMALLEST_EFFECT && effectOf(changes, 'smooth') <= -ROUGHER;
  if (both.effect > 0 && isNoisy && glow === null) return null;
  const kind = both.effect < 0 ? 'less saturated' : 'more saturated';
  return finding('saturation', kind, `mean saturation ${plain(both.baseline)} → ${plain(both.window)}`, both);
}

/** Colours that are so strong that channels are cut off at black, which darkens the images: saturation alone tells it. */
function glowing(changes: Changes): Change | null {
  const saturation = changes.get('saturation');
  if (saturation === undefined || saturation.effect < 0.5 || effectOf(changes, 'clipped_dark') < 0.5) return null;
  if (effectOf(changes, 'noise') >= SMALLEST_EFFECT) return null;
  return saturation.effect > Math.abs(effectOf(changes, 'brightness')) ? saturation : null;
}

/** Finds a colour cast: the channel whose share of the light moved most. */
function colour(changes: Changes): Finding | null {
  const shares = ['red', 'green', 'blue'].flatMap((channel) => {
    const share = changes.get(`${channel}_share`);
    return share !== undefined && isClear(share) && !isFading(share) ? [{ channel, share }] : [];
  });
  const moved = ({ share }: { share: Change }) => Math.abs(share.window - share.baseline);
  const [most] = shares.sort((a, b) => moved(b) - moved(a));
  if (most === undefined) return null;
  const { channel, share } = most;
  const kind = share.effect < 0 ? `less ${channel}` : { red: 'redder', green: 'greener', blue: 'bluer' }[channel]!;
  const words = `share of ${channel} ${percent(share.baseline)} → ${percent(share.window)}`;
  return finding('colour', kind, words, { ...share, p: Math.min(1, 3 * share.p) });
}

/**
 * Whether a channel's share of the light came nearer to a third, or went from it, by the factor by which the shares' spread
 * over the images did. Then colours fade or glow. A cast moves the mean and keeps the spread.
 */
function isFading({ baseline, window, deviations: [before, after] }: Change): boolean {
  if (before === 0) return false;
  const expected = 1 / 3 + (after / before) * (baseline - 1 / 3);
  return Math.abs(window - expected) <= 0.75 * Math.abs(window - baseline);
}

/** Columns that are handled above or in other files, or that only serve those. */
const KNOWN: ReadonlySet<string> = new Set([
  ...['brightness', 'contrast', 'sharpness', 'noise', 'saturation', 'red', 'green', 'blue'].flatMap((name) => [
    name,
    `relative_${name}`,
    `${name}_share`,
  ]),
  ...['blockiness', 'flat', 'impulses', 'smooth', 'row_stripes', 'column_stripes', 'border', 'clipped_dark'],
  ...['clipped_bright', 'levels', 'skewness', ANGLE, 'hue_axis_x', 'hue_axis_y', 'upright', 'diagonal'],
]);

/** Columns of unknown meaning, reported by name. */
function others(changes: Changes): Finding[] {
  return [...changes.values()]
    .filter(({ name }) => !KNOWN.has(name))
    .map((change) => finding('other', change.name, `mean ${fine(change.baseline)} → ${fine(change.window)}`, change));
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
  if (areOne('colour', 'saturation') || areOne('colour', 'contrast')) return finding.effect < by.effect;
  if (areOne('saturation', 'colour')) return finding.effect <= by.effect;
  return false;
}

function isSideEffect(finding: Finding, of: Finding): boolean {
  return finding.aspect !== 'other' && of.aspect !== 'other' && finding.effect < SIDE_EFFECT * of.effect;
}

function finding(aspect: Aspect, kind: string, words: string, change: Change): Finding {
  return { aspect, ...causeOf(kind, words, change) };
}

/** `down 84 %`, `up 30 %`, or `up to 12.0 times` where a percentage is hard to read. */
function percentChange(before: number, after: number): string {
  const ratio = after / before;
  if (ratio >= 3) return `up to ${ratio.toFixed(1)} times`;
  return `${ratio < 1 ? 'down' : 'up'} ${percent(Math.abs(ratio - 1))}`;
}
