/**
 * Causes with a mark of their own: a border, stripes, broken pixels, blocks, few levels, negatives. Each is an entry of
 * `LINES` or of `MARKS`. Its own statistic moved, and those of its brothers did not: coarse pixels and JPEG both make
 * blocks, but only coarse pixels keep hard edges. It explains the generic statistics, too.
 */
import { atan2, cos, hypot, sin } from '../../base/math/index.js';
import {
  type Cause,
  type Change,
  type Changes,
  causeOf,
  effectOf,
  fine,
  largestEffect,
  moved,
  percent,
  plain,
  sharply,
} from './cause.js';

/** @returns null if there is no such cause; its p is of its own test alone */
export type Finder = (changes: Changes) => Cause | null;

/** The earlier takes precedence: the later may be its side effect. `place-causes.ts` comes between the two lists. */
export const LINES: readonly Finder[] = [
  borders,
  (changes) => stripes(changes, 'row', 'column'),
  (changes) => stripes(changes, 'column', 'row'),
  fewLevels,
  coarsePixels,
  inverted,
];
export const MARKS: readonly Finder[] = [impulseNoise, blocks, turnedEdges, swappedChannels, turnedColours];

/** Bars at the sides. A dark image has no border of its own: the effect is small then. */
function borders(changes: Changes): Cause | null {
  const border = changes.get('border');
  if (border === undefined || border.effect < 0.3 || border.window - border.baseline < 0.04) return null;
  // Dark, overexposed and black-and-white images have rows of one colour, too.
  if (effectOf(changes, 'contrast') < -0.5) return null;
  if (effectOf(changes, 'flat') < -0.6 || border.deviations[1] > 2 * border.window) return null;
  if (border.effect < 1.05 * Math.abs(effectOf(changes, 'brightness'))) return null;
  if (isRestChanged(changes, border)) return null;
  return causeOf('borders', moved('share of the image in bars of one colour', border, sharply), border);
}

/** What the bars leave has the noise, and at least the light, that it had. */
function isRestChanged(changes: Changes, border: Change): boolean {
  const left = (1 - border.window) / (1 - border.baseline);
  const isBelow = (name: string, least: number) => {
    const change = changes.get(name);
    return change !== undefined && change.window < least * left * change.baseline;
  };
  return isBelow('noise', 0.7) || isBelow('brightness', 0.85);
}

/** Blur makes the means of rows and columns more alike, both of them; stripes only one, and no less sharp. */
function stripes(changes: Changes, along: 'row' | 'column', across: 'row' | 'column'): Cause | null {
  const own = changes.get(`${along}_stripes`);
  if (own === undefined || own.effect < 0.2 || own.window < 1.1 * own.baseline) return null;
  // A turn, streaks and seams change both, and whole lines leave little else in their direction.
  if (Math.abs(effectOf(changes, `${across}_stripes`)) > 0.15 || own.window < 0.55) return null;
  if (effectOf(changes, 'flat') > 0.8 && effectOf(changes, 'levels') < -0.8) return null;
  const sharpness = effectOf(changes, 'relative_sharpness');
  if (sharpness < -0.1 || (sharpness < 0.2 && effectOf(changes, 'relative_noise') < -0.25)) return null;
  return causeOf(`stripes along ${along}s`, moved(`${along}s differ from their neighbours`, own, plain), own);
}

/** From so many impulses on, whole rows and the contrast change by them. */
const MANY_IMPULSES = 0.012;

/** Bent, doubled and scratched images have odd pixels, too, but edges of theirs moved; negatives of highlights lose contrast. */
function isUntouchedBetween(changes: Changes): boolean {
  if (Math.min(effectOf(changes, 'row_stripes'), effectOf(changes, 'column_stripes')) < -0.3) return false;
  return Math.abs(effectOf(changes, 'contrast')) <= 0.3 && effectOf(changes, 'contrast') >= -0.2;
}

/** Single pixels far from all neighbours, while those between them are as smooth as before. */
function impulseNoise(changes: Changes): Cause | null {
  const impulses = changes.get('impulses');
  if (impulses === undefined || impulses.effect < 0.25) return null;
  if (impulses.window - impulses.baseline < 0.0008 || impulses.window < 3 * impulses.baseline) return null;
  // What is clipped has odd pixels beside it, and is no rougher.
  if (effectOf(changes, 'noise') < 0.2 || effectOf(changes, 'sharpness') < 0.3) return null;
  // Noise and sharpening leave no pixel as it was.
  if (effectOf(changes, 'smooth') < -0.6 * impulses.effect || effectOf(changes, 'flat') < -0.3) return null;
  if (effectOf(changes, 'levels') < -0.9) return null;
  if (impulses.window < MANY_IMPULSES && !isUntouchedBetween(changes)) return null;
  return causeOf('impulse noise', moved('broken pixels', impulses, sharply), impulses);
}

/** All three channels become what is left of white, and their spread and texture stay. */
function inverted(changes: Changes): Cause | null {
  const channels = ['red', 'green', 'blue'].map((name) => changes.get(name));
  const brightness = changes.get('brightness');
  if (brightness === undefined || channels.some((one) => one === undefined)) return null;
  const seen = largestEffect(changes, ['brightness', 'red_share', 'blue_share', 'skewness']);
  if (seen < 0.15 || largestEffect(changes, ['contrast', 'noise', 'sharpness', 'smooth']) > 0.15) return null;
  const isNegative = ({ baseline, window, deviations }: Change) =>
    Math.abs(window - (1 - baseline)) <= Math.max(0.03, 0.2 * deviations[0]);
  if (!channels.every((one) => isNegative(one as Change))) return null;
  const casts = ['red_share', 'blue_share'].flatMap((name) => changes.get(name) ?? []);
  const keepsItsSide = ({ effect, baseline, window }: Change) =>
    Math.abs(effect) >= 0.15 && (baseline - 1 / 3) * (window - 1 / 3) > 0;
  if (casts.some(keepsItsSide)) return null;
  const skewness = changes.get('skewness');
  if (skewness && Math.abs(skewness.effect) > 0.3 && skewness.baseline * skewness.window > 0) return null;
  const strongest = [...channels, changes.get('red_share'), changes.get('blue_share'), skewness, brightness]
    .flatMap((one) => one ?? [])
    .reduce((a, b) => (Math.abs(b.effect) > Math.abs(a.effect) ? b : a));
  const { baseline, window } = brightness;
  return causeOf('inverted', `mean brightness ${plain(baseline)} → ${plain(window)}, that of negatives`, strongest);
}

/** Coarse pixels have few levels as well, but only because there are few of them. */
function fewLevels(changes: Changes): Cause | null {
  const levels = changes.get('levels');
  if (levels === undefined || levels.effect > -0.5 || levels.window > 0.4 * levels.baseline) return null;
  // So few levels in all images leave no other story, however they are dithered.
  if (levels.effect < -0.9 && levels.window < 0.1 * levels.baseline) return fewLevelsCause(levels);
  if (effectOf(changes, 'flat') < 0.2 || effectOf(changes, 'relative_noise') < -0.3) return null;
  const alike = Math.min(effectOf(changes, 'row_stripes'), effectOf(changes, 'column_stripes'));
  if (effectOf(changes, 'impulses') > 0.8 && effectOf(changes, 'noise') > 0.8) return null;
  // Few photons give few levels, and noise.
  if (alike > 0.3 || alike < -0.4) return null;
  return fewLevelsCause(levels);
}

function fewLevelsCause(levels: Change): Cause {
  return causeOf('fewer grey levels', moved('levels in use', levels, sharply), levels);
}

/** Runs of equal pixels, along rows and columns alike, with hard edges between them. */
function coarsePixels(changes: Changes): Cause | null {
  const flat = changes.get('flat');
  if (flat === undefined || flat.effect < 0.4) return null;
  if (Math.min(effectOf(changes, 'row_stripes'), effectOf(changes, 'column_stripes')) < 0.15) return null;
  const isHard = effectOf(changes, 'levels') <= -0.35 || effectOf(changes, 'relative_sharpness') >= 0.15;
  if (!isHard && flat.window < 0.6) return null;
  if (effectOf(changes, 'smooth') > 0.3 && effectOf(changes, 'blockiness') < 0.5) return null;
  if (effectOf(changes, 'smooth') > flat.effect) return null;
  // Objects in front of the lens and bars have one colour, too; strong compression leaves some images fine.
  const isOther = largestEffect(changes, ['brightness', 'contrast', 'relative_contrast']) > 0.2;
  if (isOther && flat.window < 0.6) return null;
  if (Math.abs(effectOf(changes, 'brightness')) > 0.3 || effectOf(changes, 'border') > 0.7) return null;
  if (flat.window < 0.4 && effectOf(changes, 'levels') > -0.5) return null;
  if (flat.deviations[1] > 0.18) return null;
  return causeOf('coarse pixels', moved('neighbours that are equal', flat, sharply), flat);
}

/** Coarse pixels make blocks of one level in all images alike; compression leaves what is fine in some. */
function isCoarse(changes: Changes): boolean {
  const flat = changes.get('flat');
  if (flat === undefined) return false;
  const isEven = flat.window >= 0.5 && flat.deviations[1] < 0.17;
  return isEven || (flat.effect > 0.8 && effectOf(changes, 'levels') < -0.6);
}

/** Steps where JPEG's blocks meet, and less of what is fine inside of them. */
function blocks(changes: Changes): Cause | null {
  const blockiness = changes.get('blockiness');
  if (blockiness === undefined || blockiness.effect < 0.2 || blockiness.window < 1.08 * blockiness.baseline)
    return null;
  if (effectOf(changes, 'relative_noise') > -0.1 || effectOf(changes, 'noise') > -0.1) return null;
  if (-effectOf(changes, 'relative_sharpness') > blockiness.effect) return null;
  if (isCoarse(changes)) return null;
  const words = moved('steps between blocks of 8 pixels over those inside', blockiness, fine);
  return causeOf('blocks of compression', words, blockiness);
}

/** Edges that were upright lie, and the other way round, in images that are otherwise the same. */
function turnedEdges(changes: Changes): Cause | null {
  const upright = changes.get('upright');
  if (upright === undefined || Math.abs(upright.effect) < 0.15) return null;
  const { baseline, window } = upright;
  if (baseline * window >= 0 || Math.abs(window + baseline) > 0.5 * Math.max(Math.abs(baseline), 0.04)) return null;
  const others = ['brightness', 'contrast', 'relative_sharpness', 'relative_noise', 'flat', 'saturation', 'blockiness'];
  const looks = ['red_share', 'blue_share', 'hue_axis_x', 'hue_axis_y', 'skewness', 'levels', 'border'];
  if (largestEffect(changes, others) > 0.15 || largestEffect(changes, looks) > 0.18) return null;
  return causeOf('turned by a quarter', moved('edges that lie, rather than stand', upright, plain), upright);
}

/** What changes where red and blue are taken for each other. */
const SWAPPED = ['red_share', 'blue_share', 'hue_axis_x', 'hue_axis_y'] as const;
/** Squared distance, in standard deviations of the images, from which a swap is visible. */
const VISIBLE = 0.05;

/**
 * Red and blue in each other's place: the mean shares are swapped, and the axis of the colours is mirrored at green:
 * twice its angle becomes 120° less that.
 */
function swappedChannels(changes: Changes): Cause | null {
  const found = SWAPPED.map((name) => changes.get(name));
  const [red, blue, x, y] = found as [Change, Change, Change, Change];
  if (found.some((one) => one === undefined)) return null;
  const axis = [-0.5 * x.baseline + SINE * y.baseline, SINE * x.baseline + 0.5 * y.baseline];
  const swapped = [blue.baseline, red.baseline, ...axis];
  const misfit = (expected: readonly number[]) =>
    found.reduce((sum, one, i) => sum + ((one!.window - expected[i]!) / Math.max(0.01, one!.deviations[0])) ** 2, 0);
  const asItWas = misfit(found.map((one) => one!.baseline));
  if (asItWas < VISIBLE || misfit(swapped) > asItWas / 6) return null;
  const others = ['saturation', 'flat', 'row_stripes', 'column_stripes', 'border', 'smooth', 'green_share'];
  if (largestEffect(changes, [...others, 'relative_noise']) > 0.15) return null;
  const most = found.reduce((a, b) => (Math.abs(b!.effect) > Math.abs(a!.effect) ? b : a))!;
  const words = `${moved('share of red', red, percent)}, ${moved('of blue', blue, percent)}`;
  return causeOf('red and blue swapped', words, most);
}

const SINE = Math.sqrt(3) / 2;

/** Columns of the axis along which colours vary. */
const AXIS = ['hue_axis_x', 'hue_axis_y'] as const;

/** The axis along which colours vary has another angle. A cast moves the mean colour instead, and more than the axis. */
function turnedColours(changes: Changes): Cause | null {
  const [x, y] = AXIS.map((name) => changes.get(name));
  if (x === undefined || y === undefined) return null;
  const effect = largestEffect(changes, AXIS);
  const cast = largestEffect(changes, ['red_share', 'green_share', 'blue_share']);
  if (effect < 0.3 || cast > 0.9 * effect) return null;
  const [before, after] = [hypot(x.baseline, y.baseline), hypot(x.window, y.window)];
  if (before < 0.15 || after < 0.6 * before) return null;
  const others = ['brightness', 'contrast', 'flat', 'row_stripes', 'column_stripes', 'relative_noise'];
  if (largestEffect(changes, others) > 0.35) return null;
  const turn = turnOf(x, y);
  if (Math.abs(turn) < 8) return null;
  const words = `the axis of the colours is turned by ${Math.round(Math.abs(turn))}°`;
  return causeOf('colours turned', words, Math.abs(x.effect) > Math.abs(y.effect) ? x : y);
}

/** In degrees, −90 to 90: an axis has no direction. */
function turnOf(x: Change, y: Change): number {
  const angle = atan2(y.window, x.window) - atan2(y.baseline, x.baseline);
  return (atan2(sin(angle), cos(angle)) * 90) / Math.PI;
}
