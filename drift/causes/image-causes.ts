/**
 * Says why a window's images differ, in words with numbers: `darker: mean brightness 0.48 → 0.17`.
 *
 * For each aspect of the images (light, contrast, sharpness, noise, saturation, colour), the window's distribution is
 * compared with the baseline's. The effect is the Kolmogorov-Smirnov distance of their histograms. A cause is named if
 *
 * 1. its effect is at least `SMALLEST_EFFECT`, and its mean moved visibly (by `SMALLEST_CHANGE`);
 * 2. it is significant at the window's size, with Holm's adjustment over all aspects, at level α;
 * 3. no other cause explains it. Contrast, sharpness, noise and saturation must have changed both by themselves *and*
 *    relative to what they scale with (see `relative-statistics.ts`), in the same direction; the smaller of the two
 *    effects counts. Darkening, for example, lowers contrast and sharpness, but not relative to brightness. An effect
 *    less than half as strong as the strongest is taken for its side effect (blur lowers contrast a little, clipping
 *    sharpens).
 *
 * Causes describe the images, not the fault: a lamp, a lens and another product look alike if their pictures do.
 */
import { holm } from '../statistics/adjusted-p-values.js';
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

export interface Cause {
  /** `darker`, `blurred`, …; the statistic's name if there is no word for it. */
  kind: string;
  /** Text for people, with numbers. */
  words: string;
  /** The statistic whose means are given. */
  statistic: string;
  baseline: number;
  window: number;
  /** Kolmogorov-Smirnov distance, 0 to 1. */
  effect: number;
  /** p after Holm's adjustment over all aspects. */
  p: number;
}

export interface CauseOptions {
  /** Level of significance; default 0.05. */
  alpha?: number | undefined;
  /** Effective rows of the window if images repeat; at most its rows. */
  effectiveRows?: number | undefined;
}

/** An effect below this share of the strongest is its side effect. */
const SIDE_EFFECT = 0.5;

interface Finding extends Cause {
  aspect: Aspect;
}

type Aspect = 'light' | 'contrast' | 'texture' | 'saturation' | 'colour' | 'other';

/** The causes, strongest first. Empty if nothing about the images changed, or if the window is too small to tell. */
export function imageCauses(baseline: ColumnSummaries, window: ColumnSummaries, options: CauseOptions = {}): Cause[] {
  const changes = columnChanges(baseline, window, options.effectiveRows);
  const findings = [
    light(changes),
    contrast(changes),
    texture(changes),
    saturation(changes),
    colour(changes),
    ...others(changes),
  ];
  // Aspects without a finding count among the tests too.
  const adjusted = holm(findings.map((finding) => finding?.p ?? 1));
  const sure = findings
    .flatMap((finding, index) => (finding === null ? [] : [{ ...finding, p: adjusted[index]! }]))
    .filter(({ effect, p }) => effect >= SMALLEST_EFFECT && p <= (options.alpha ?? 0.05))
    .sort((a, b) => b.effect - a.effect);
  const own = sure.filter((finding) => !sure.some((other) => isDisguised(finding, other)));
  return own
    .filter((finding) => !own.some((other) => isSideEffect(finding, other)))
    .map(({ aspect: _, ...cause }) => cause);
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
  const kind = effect < 0 ? 'darker' : 'brighter';
  return finding('light', kind, `mean brightness ${plain(baseline)} → ${plain(window)}`, brightness);
}

function contrast(changes: Changes): Finding | null {
  const both = itself(changes, 'contrast', 'relative_contrast');
  if (both === null || !isClear(both)) return null;
  const kind = both.effect < 0 ? 'less contrast' : 'more contrast';
  return finding('contrast', kind, `mean contrast ${plain(both.baseline)} → ${plain(both.window)}`, both);
}

/**
 * Finds changes of fine structure. Blur lowers sharpness and what looks like noise; noise and sharpening raise both.
 */
function texture(changes: Changes): Finding | null {
  const sharpness = strong(itself(changes, 'sharpness', 'relative_sharpness'));
  const noise = strong(itself(changes, 'noise', 'relative_noise'));
  if (noise !== null && noise.effect > 0) {
    const isExplained =
      sharpness !== null && (sharpness.effect > 0 ? isSharpening(changes) : isWeaker(noise, sharpness));
    if (!isExplained) return noiseFinding('noisier', noise);
  }
  if (sharpness !== null) {
    const { baseline, window } = changes.get('relative_sharpness')!;
    const kind = sharpness.effect < 0 ? 'blurred' : 'sharper';
    return finding('texture', kind, `sharpness ${percentChange(baseline, window)} at equal contrast`, sharpness);
  }
  return noise === null ? null : noiseFinding('less noise', noise);
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
  const both = itself(changes, 'saturation', 'relative_saturation');
  if (both === null || !isClear(both)) return null;
  const kind = both.effect < 0 ? 'less saturated' : 'more saturated';
  return finding('saturation', kind, `mean saturation ${plain(both.baseline)} → ${plain(both.window)}`, both);
}

/** Finds a colour cast: the channel whose share of the light moved most. */
function colour(changes: Changes): Finding | null {
  const shares = ['red', 'green', 'blue'].flatMap((channel) => {
    const share = changes.get(`${channel}_share`);
    return share !== undefined && isClear(share) ? [{ channel, share }] : [];
  });
  const moved = ({ share }: { share: Change }) => Math.abs(share.window - share.baseline);
  const [most] = shares.sort((a, b) => moved(b) - moved(a));
  if (most === undefined) return null;
  const { channel, share } = most;
  const kind = share.effect < 0 ? `less ${channel}` : { red: 'redder', green: 'greener', blue: 'bluer' }[channel]!;
  const words = `share of ${channel} ${percent(share.baseline)} → ${percent(share.window)}`;
  return finding('colour', kind, words, { ...share, p: Math.min(1, 3 * share.p) });
}

/** Columns that are handled above, or that only serve those. */
const KNOWN: ReadonlySet<string> = new Set(
  ['brightness', 'contrast', 'sharpness', 'noise', 'saturation', 'red', 'green', 'blue'].flatMap((name) => [
    name,
    `relative_${name}`,
    `${name}_share`,
  ]),
);

/** Columns of unknown meaning, reported by name. */
function others(changes: Changes): Finding[] {
  return [...changes.values()]
    .filter(({ name }) => !KNOWN.has(name))
    .map((change) => finding('other', change.name, `mean ${fine(change.baseline)} → ${fine(change.window)}`, change));
}

/** True if the finding is the same change as another one. */
function isDisguised(finding: Finding, by: Finding): boolean {
  // Noise gives every pixel a colour of its own.
  if (by.kind === 'noisier') return finding.kind === 'more saturated';
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
  const { name: statistic, baseline, window, p } = change;
  return { aspect, kind, words: `${kind}: ${words}`, statistic, baseline, window, effect: Math.abs(change.effect), p };
}

function plain(value: number): string {
  return value.toFixed(2);
}

function fine(value: number): string {
  return String(Number(value.toPrecision(2)));
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}

/** `down 84 %`, `up 30 %`, or `up to 12.0 times` where a percentage is hard to read. */
function percentChange(before: number, after: number): string {
  const ratio = after / before;
  if (ratio >= 3) return `up to ${ratio.toFixed(1)} times`;
  return `${ratio < 1 ? 'down' : 'up'} ${percent(Math.abs(ratio - 1))}`;
}
