/** What a cause is, and how its numbers are written. */
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

/**
 * Smallest effect that is named: that of two normal distributions 0.38 standard deviations apart. Half of it is normal
 * between sets of one kind.
 */
export const SMALLEST_EFFECT = 0.15;
/**
 * Smallest change of a mean, on the scale 0 to 1 of the plain statistics: 2.5 levels of 255. Keeps rounding from
 * colouring gray images.
 */
export const SMALLEST_CHANGE = 0.01;

/** How one column differs. */
export interface Change {
  name: string;
  /** Signed: positive where the window lies higher. */
  effect: number;
  p: number;
  baseline: number;
  window: number;
  deviations: [baseline: number, window: number];
}

export type Changes = ReadonlyMap<string, Change>;

/** The changes of all columns that both sides have. */
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

/**
 * A statistic that changed by itself and also relative to what it scales with; the weaker change counts. Null if the
 * two go in different directions, or if one is absent.
 */
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

/** Null if the change is too weak to be named. */
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

/** True if the mean moved visibly, in the same direction as most of the rows. */
export function isClear({ effect, baseline, window }: Change): boolean {
  return Math.abs(window - baseline) >= SMALLEST_CHANGE && Math.sign(window - baseline) === Math.sign(effect);
}

/** Signed effect of a column; 0 where it is not known. */
export function effectOf(changes: Changes, name: string): number {
  return changes.get(name)?.effect ?? 0;
}

/** Largest effect of some columns, without signs. */
export function largestEffect(changes: Changes, names: readonly string[]): number {
  return Math.max(0, ...names.map((name) => Math.abs(effectOf(changes, name))));
}

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

/** A cause of a column that changed. */
export function causeOf(kind: string, words: string, change: Change): Cause {
  const { name: statistic, baseline, window, p } = change;
  return { kind, words: `${kind}: ${words}`, statistic, baseline, window, effect: Math.abs(change.effect), p };
}

export function plain(value: number): string {
  return value.toFixed(2);
}

/** Two digits that count. */
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

function sharply(share: number): string {
  return share >= 0.1 ? percent(share) : `${Number((100 * share).toFixed(1))} %`;
}
