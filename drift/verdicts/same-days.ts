/** The days of the week of a window, and the baseline's rows of the same days: weekends are compared with weekends. */
import { grouped } from '../drift-error.js';
import { baselineRowsNeeded } from '../methods/registry.js';
import { chiSquareCdf } from '../null/chi-square.js';
import type { Profile } from '../profile/profile.js';
import { DAYS, type Weekdays } from '../profile/weekdays.js';
import { DAY } from '../rows/batch.js';
import type { SegmentCounts } from '../rows/tallies.js';
import { added, totalOf } from '../statistics/counts.js';
import { baselineWorth } from '../windows/effective-rows.js';
import type { WindowSummary } from '../windows/window-summary.js';
import { ofSegment } from './segments.js';

/** A baseline of fewer does not tell a weekend from a bad week. */
const LEAST_WEEKS = 3;
/** The baseline's days differ if chance makes them differ so much more seldom. */
const SURE = 0.001;
const STATISTIC_PARTS = 4;
/** A day with a smaller share of the window's rows, such as the minutes after midnight, does not count. */
const LEAST_SHARE = 0.05;

interface SameDays {
  /** Such as `Saturdays and Sundays`. */
  names: string;
  /** The baseline as if it were of these days alone; null if it has none of one of them, or too few rows. */
  baseline: Profile | null;
  /** Rows of the baseline of these days. */
  rows: number;
  /** Whether the baseline has rows of each of them. */
  isKnown: boolean;
}

/** Null if the window has all days, the baseline less than three weeks of timestamps, or days that are alike. */
export function sameDays(profile: Profile, window: WindowSummary): SameDays | null {
  const { weekdays } = profile;
  if (weekdays === null || weekdays.to - weekdays.from < (7 * LEAST_WEEKS - 1) * DAY) return null;
  const own = daysOf(window);
  if (own.length === 0 || own.length === DAYS.length) return null;
  const before = together(weekdays, own);
  const names = new Intl.ListFormat('en').format(own);
  const rows = before?.rows ?? 0;
  if (before === null || own.some((day) => !weekdays.days.has(day))) {
    return { names, baseline: null, rows, isKnown: false };
  }
  if (!areUnlike(weekdays, baselineWorth(profile).effect)) return null;
  const baseline = ofSegment(profile, before);
  return { names, baseline: baselineRowsNeeded(baseline) === null ? baseline : null, rows, isKnown: true };
}

function daysOf({ weekdays }: WindowSummary): string[] {
  const least = LEAST_SHARE * totalOf(weekdays);
  return DAYS.filter((_, day) => weekdays[day]! > 0 && weekdays[day]! >= least);
}

function together({ days }: Weekdays, names: readonly string[]): SegmentCounts | null {
  const counted = names.flatMap((name) => days.get(name) ?? []);
  return counted.length === 0 ? null : counted.reduce(added);
}

/** By chi-square tests of clusters, confidence and image statistics, p times their number. @param effect rows that one independent row takes */
function areUnlike({ days }: Weekdays, effect: number): boolean {
  const counted = [...days.values()];
  const names = Object.keys(counted[0]?.reference?.statistics ?? {});
  const tables = [
    counted.map(({ clusters }) => clusters),
    counted.map(({ reference }) => parts(reference?.confidence ?? [])),
    ...names.map((name) => counted.map(({ reference }) => parts(reference?.statistics[name] ?? []))),
  ];
  return tables.some((table) => independenceP(table, effect) * tables.length < SURE);
}

function parts(bins: readonly number[]): number[] {
  const sums = new Array<number>(STATISTIC_PARTS).fill(0);
  for (const [bin, count] of bins.entries()) sums[Math.floor((bin * STATISTIC_PARTS) / bins.length)]! += count;
  return sums;
}

/** Pearson's test that rows and columns of a table are independent; 1 for a table of one row or column. */
function independenceP(table: readonly (readonly number[])[], effect: number): number {
  const columns = table.reduce(added).map((total, column) => ({ total, column }));
  const occupied = columns.filter(({ total }) => total > 0);
  const rows = table.filter((row) => totalOf(row) > 0);
  if (occupied.length < 2 || rows.length < 2) return 1;
  const all = totalOf(occupied.map(({ total }) => total));
  let statistic = 0;
  for (const row of rows) {
    for (const { total, column } of occupied) {
      const expected = (totalOf(row) * total) / all;
      statistic += (row[column]! - expected) ** 2 / expected;
    }
  }
  return 1 - chiSquareCdf(statistic / effect, (rows.length - 1) * (occupied.length - 1));
}

/** What the window is compared with, for the reader. @param isCompared whether it is compared with its own days */
export function sameDaysNote({ names, rows, isKnown, baseline }: SameDays, isCompared: boolean): string {
  if (!isKnown) return `it is of ${names} alone, and the baseline does not have rows of each of these days`;
  const unlike = `it is of ${names} alone, and the baseline's days of the week differ (p < ${SURE})`;
  if (isCompared)
    return `${unlike}: it is compared with the baseline's ${grouped(rows)} rows of such days, its causes with all days`;
  const why = baseline === null ? `there are only ${grouped(rows)} rows of such days` : 'methods were named';
  return `${unlike}; but it is compared with all days, since ${why}`;
}
