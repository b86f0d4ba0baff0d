import {
  ANGLE,
  type Cause,
  type Change,
  type Changes,
  causeOf,
  effectOf,
  fine,
  isClear,
  itself,
  percent,
  plain,
  SMALLEST_CHANGE,
  SMALLEST_EFFECT,
  strong,
} from './cause.js';
import { fineStructure } from './fine-structure.js';

export interface Finding extends Cause {
  aspect: Aspect;
}

export type Aspect = 'light' | 'contrast' | 'texture' | 'saturation' | 'colour' | 'other';

/** What each aspect of the images says; null where it says nothing, which counts as a test all the same. */
export function aspectFindings(changes: Changes): (Finding | null)[] {
  return [
    light(changes),
    contrast(changes),
    texture(changes),
    saturation(changes),
    colour(changes),
    ...others(changes),
  ];
}

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
  if (effect > 0 && isStretched(changes, brightness)) return null;
  if (isPulledToGray(changes, brightness)) return null;
  const kind = effect < 0 ? 'darker' : 'brighter';
  const words = `mean brightness ${plain(baseline)} → ${plain(window)}${clipped(changes, effect)}`;
  return finding('light', kind, words, brightness);
}

function isStretched(changes: Changes, { baseline, window }: Change): boolean {
  const contrast = changes.get('contrast');
  return contrast !== undefined && contrast.window / contrast.baseline > 1.05 * (window / baseline);
}

/** Tones nearer to middle gray: brightness and contrast by one factor. Haze and fog pull to a lighter tone. */
function isPulledToGray(changes: Changes, { baseline, window }: Change): boolean {
  const contrast = changes.get('contrast');
  if (contrast === undefined) return false;
  const kept = contrast.window / contrast.baseline;
  if (contrast.effect > -SMALLEST_EFFECT || kept > 0.9) return false;
  const tone = (window - kept * baseline) / (1 - kept);
  return tone > 0.42 && tone < 0.58;
}

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

/** Blur lowers sharpness and noise; noise and sharpening raise both (`fine-structure.ts` tells them apart). */
function texture(changes: Changes): Finding | null {
  const sharpness = strong(itself(changes, 'sharpness', 'relative_sharpness'));
  const noise = strong(itself(changes, 'noise', 'relative_noise'));
  const kind = fineStructure(changes);
  if (noise !== null && noise.effect > 0 && kind === 'noise') return noiseFinding('noisier', noise);
  if (sharpness !== null && sharpness.effect > 0) return kind === 'sharpened' ? sharper(changes, sharpness) : null;
  if (noise !== null && noise.effect > 0) return null;
  if (sharpness !== null) {
    const isOther = isCompressed(changes) || isShaded(changes, sharpness);
    return isOther ? null : sharpnessFinding('blurred', changes, sharpness);
  }
  if (noise === null || noise.effect > -LESS_NOISE || effectOf(changes, 'blockiness') > NO_BLOCKS) return null;
  return noiseFinding('less noise', noise);
}

/** Smallest effect of a fall of noise alone: other objects have less as well. */
const LESS_NOISE = 0.3;

/** Largest effect on light, and fall of saturation, that sharpening has. */
const KEPT = 0.25;

/** Smallest fall of smoothness that noise makes. */
const ROUGHER = 0.15;
/** Compression takes noise away, too. */
const NO_BLOCKS = 0.1;

/** Weak compression that leaves no blocks to name: what was even is not, though nothing is sharper. */
function isCompressed(changes: Changes): boolean {
  const isSoft = effectOf(changes, 'relative_sharpness') < -0.6;
  return !isSoft && effectOf(changes, 'smooth') < -0.3 && effectOf(changes, 'blockiness') > NO_BLOCKS;
}

/** Light that falls off to one side raises the contrast, which sharpness is relative to. Sharpness itself falls as its square. */
function isShaded(changes: Changes, sharpness: Change): boolean {
  const brightness = changes.get('brightness');
  if (brightness === undefined || brightness.window >= brightness.baseline) return false;
  return sharpness.window / sharpness.baseline > 0.7 * (brightness.window / brightness.baseline) ** 2;
}

/** Snow, drops and scratches are sharp, too. In sharpened images every edge is, and light and colours stay. */
function sharper(changes: Changes, sharpness: Change): Finding | null {
  if (Math.abs(effectOf(changes, 'brightness')) > KEPT || effectOf(changes, 'saturation') < -KEPT) return null;
  return sharpnessFinding('sharper', changes, sharpness);
}

function sharpnessFinding(kind: string, changes: Changes, sharpness: Change): Finding {
  const { baseline, window } = changes.get('relative_sharpness')!;
  return finding('texture', kind, `sharpness ${percentChange(baseline, window)} at equal contrast`, sharpness);
}

function noiseFinding(kind: string, noise: Change): Finding {
  return finding('texture', kind, `mean noise ${fine(noise.baseline)} → ${fine(noise.window)}`, noise);
}

function saturation(changes: Changes): Finding | null {
  const glow = glowing(changes);
  const both = glow ?? itself(changes, 'saturation', 'relative_saturation');
  if (both === null || !isClear(both)) return null;
  // Noise gives every pixel a colour of its own.
  const isNoisy = effectOf(changes, 'relative_noise') >= SMALLEST_EFFECT && effectOf(changes, 'smooth') <= -ROUGHER;
  if (both.effect > 0 && isNoisy && glow === null) return null;
  // What had no colours has none to be stronger.
  if (both.effect > 0 && both.baseline < COLOURLESS) return null;
  const isGray = both.window < COLOURLESS && both.baseline > 2 * COLOURLESS;
  const kind = isGray ? 'grayscale' : both.effect < 0 ? 'less saturated' : 'more saturated';
  return finding('saturation', kind, `mean saturation ${plain(both.baseline)} → ${plain(both.window)}`, both);
}

const COLOURLESS = 0.02;

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
    const isCast = share !== undefined && isClear(share) && !isFading(share) && !isMixed(share);
    return isCast ? [{ channel, share }] : [];
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
 * Whether a channel's share of light moved to or from a third by the factor of the shares' spread: colours fade or
 * glow. A cast moves the mean and keeps the spread.
 */
export function isFading({ baseline, window, deviations: [before, after] }: Change): boolean {
  if (before === 0) return false;
  const expected = 1 / 3 + (after / before) * (baseline - 1 / 3);
  return Math.abs(window - expected) <= 0.75 * Math.abs(window - baseline);
}

/** Gray images that have different colours now. A cast gives all of them the same. */
function isMixed({ baseline, window, deviations: [before, after] }: Change): boolean {
  return before < 0.003 && after > 0.7 * Math.abs(window - baseline);
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

function others(changes: Changes): Finding[] {
  return [...changes.values()]
    .filter(({ name }) => !KNOWN.has(name))
    .map((change) => {
      if (change.name === 'cut_off') return cutOff(change);
      return finding('other', change.name, `mean ${fine(change.baseline)} → ${fine(change.window)}`, change);
    });
}

/** Images of 10 to 16 bits, whose weights have a range. */
function cutOff(change: Change): Finding {
  const { baseline, window, effect } = change;
  const kind = `${effect > 0 ? 'more' : 'fewer'} pixels outside of the range`;
  return finding('other', kind, `${percent(baseline)} → ${percent(window)} of the pixels`, change);
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
