import type { DriftBatch } from '../rows/batch.js';
import { kolmogorovP, signedKolmogorovSmirnovDistance } from '../statistics/histogram-distances.js';

/** Summary of a column, on edges that baseline and window share. */
export interface ColumnSummary {
  rows: number;
  mean: number | null;
  /** Divisor rows - 1. */
  variance: number | null;
  counts: readonly number[];
}

export type ColumnSummaries = Readonly<Record<string, ColumnSummary>>;

/** Smallest effect that is named: two normal distributions 0.38 standard deviations apart. Half of it is usual. */
export const SMALLEST_EFFECT = 0.15;
/** Smallest change of a mean, from 0 to 1: 2.5 levels of 255. Keeps rounding from colouring gray images. */
export const SMALLEST_CHANGE = 0.01;

export interface Change {
  name: string;
  effect: number;
  p: number;
  baseline: number;
  window: number;
  deviations: [baseline: number, window: number];
}

export type Changes = ReadonlyMap<string, Change>;

export function columnChanges(baseline: ColumnSummaries, window: ColumnSummaries, effectiveRows?: number): Changes {
  const changes = new Map<string, Change>();
  for (const [name, before] of Object.entries(baseline)) {
    const after = Object.hasOwn(window, name) ? window[name] : undefined;
    if (after === undefined || before.mean === null || after.mean === null) continue;
    const effect = signedKolmogorovSmirnovDistance(before.counts, after.counts);
    changes.set(name, {
      name,
      effect,
      p: kolmogorovP(effect, before.rows, Math.min(after.rows, effectiveRows ?? after.rows)),
      baseline: before.mean,
      window: after.mean,
      deviations: [Math.sqrt(before.variance ?? 0), Math.sqrt(after.variance ?? 0)],
    });
  }
  return changes;
}

/** A statistic that changed by itself and relatively, the same way: the weaker change counts. Null otherwise. */
export function itself(changes: Changes, name: string, relativeName: string): Change | null {
  const [change, relative] = [changes.get(name), changes.get(relativeName)];
  if (change === undefined || relative === undefined) return null;
  if (Math.sign(change.effect) !== Math.sign(relative.effect)) return null;
  const { effect } = isWeaker(change, relative) ? change : relative;
  return { ...change, effect, p: Math.max(change.p, relative.p) };
}

function isWeaker(a: Change, b: Change): boolean {
  return Math.abs(a.effect) < Math.abs(b.effect);
}

export function strong(change: Change | null): Change | null {
  return change !== null && Math.abs(change.effect) >= SMALLEST_EFFECT ? change : null;
}

/** A column of angles has neither a smallest nor a largest value. */
export const ANGLE = 'hue';

/** The columns that changed by more than chance and visibly, the most first. */
export function sureChanges(changes: Changes, alpha: number): Change[] {
  return [...changes.values()]
    .filter(({ effect, p, name }) => name !== ANGLE && Math.abs(effect) >= SMALLEST_EFFECT && p * changes.size <= alpha)
    .sort((a, b) => Math.abs(b.effect) - Math.abs(a.effect));
}

export function isClear({ effect, baseline, window }: Change): boolean {
  return Math.abs(window - baseline) >= SMALLEST_CHANGE && Math.sign(window - baseline) === Math.sign(effect);
}

/** Signed effect of a column; 0 where it is not known. */
export function effectOf(changes: Changes, name: string): number {
  return changes.get(name)?.effect ?? 0;
}

export function largestEffect(changes: Changes, names: readonly string[]): number {
  return Math.max(0, ...names.map((name) => Math.abs(effectOf(changes, name))));
}

export interface Cause {
  /** `darker`, `blurred`, …; the statistic's name if there is no word for it. */
  kind: string;
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

export function causeOf(kind: string, words: string, change: Change): Cause {
  const { name: statistic, baseline, window, p } = change;
  return { kind, words: `${kind}: ${words}`, statistic, baseline, window, effect: Math.abs(change.effect), p };
}

export function plain(value: number): string {
  return value.toFixed(2);
}

export function fine(value: number): string {
  return String(Number(value.toPrecision(2)));
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}

/** `0.4 % → 12 %`: whole percent from 10 on. */
export function shares(before: number, after: number): string {
  return `${sharply(before)} → ${sharply(after)}`;
}

/** `mean noise 0.02 → 0.1` */
export function moved(
  what: string,
  { baseline, window }: Pick<Change, 'baseline' | 'window'>,
  format: (value: number) => string,
): string {
  return `${what} ${format(baseline)} → ${format(window)}`;
}

export function sharply(share: number): string {
  return share >= 0.1 ? percent(share) : `${Number((100 * share).toFixed(1))} %`;
}

// Statistics of images relative to each other, so that each describes one thing alone. At a third of the light,
// contrast and noise also fall to a third, and sharpness to a ninth, though nothing is blurred. For images of luma Y
// and a factor f, Y → f·Y:
//
// | name | formula | does not change with |
// |---|---|---|
// | relative_contrast | contrast / brightness: the coefficient of variation of Y | light |
// | relative_sharpness | sharpness / contrast²: variance of the Laplacian per variance of Y | light, contrast |
// | relative_noise | noise / contrast | light, contrast |
// | relative_saturation | saturation · brightness / contrast: about channels' spread per spread of Y | light, contrast |
// | red_share, green_share, blue_share | channel / (red + green + blue) | light |

type Statistics = NonNullable<DriftBatch['statistics']>;
type Column = ArrayLike<number>;

/** Each relative statistic: its name, the plain statistics it needs, and its formula. */
const RELATIVE: readonly [name: string, from: readonly string[], formula: (...values: number[]) => number][] = [
  ['relative_contrast', ['contrast', 'brightness'], (contrast, brightness) => contrast! / brightness!],
  ['relative_sharpness', ['sharpness', 'contrast'], (sharpness, contrast) => sharpness! / contrast! ** 2],
  ['relative_noise', ['noise', 'contrast'], (noise, contrast) => noise! / contrast!],
  [
    'relative_saturation',
    ['saturation', 'brightness', 'contrast'],
    (saturation, brightness, contrast) => (saturation! * brightness!) / contrast!,
  ],
  ['red_share', ['red', 'green', 'blue'], (red, green, blue) => red! / (red! + green! + blue!)],
  ['green_share', ['green', 'red', 'blue'], (green, red, blue) => green! / (red! + green! + blue!)],
  ['blue_share', ['blue', 'red', 'green'], (blue, red, green) => blue! / (red! + green! + blue!)],
];

/** Adds the relative statistics that follow from the given ones; NaN where undefined, as for an image of one colour. */
export function withRelativeStatistics(statistics: Statistics): Record<string, Column> {
  const all: Record<string, Column> = { ...statistics };
  for (const [name, from, formula] of RELATIVE) {
    const columns = from.map((plain) => statistics[plain]);
    if (name in statistics || columns.some((column) => column === undefined)) continue;
    const [first] = columns as [Column];
    all[name] = Float64Array.from({ length: first.length }, (_, row) => {
      const value = formula(...columns.map((column) => column![row]!));
      return Number.isFinite(value) ? value : Number.NaN;
    });
  }
  return all;
}
