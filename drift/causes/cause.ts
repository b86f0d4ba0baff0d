/** What a cause is, and how its numbers are written. */
import type { Change } from './column-changes.js';

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
