/**
 * How far columns of a window lie beside the baseline's: statistics of the images, and labels of which several may
 * hold. Each is compared with the held-out half of the baseline by ranks; whether a label holds, with all of it, exactly.
 */
import { pow } from '../../base/math/index.js';
import { chiSquareQuantile } from '../null/chi-square.js';
import type { Profile } from '../profile/profile.js';
import { type LabelColumn, labelOf } from '../rows/label-columns.js';
import { totalOf } from '../statistics/counts.js';
import { type EffectiveSides, statisticSides } from '../windows/effective-rows.js';
import type { WindowSummary } from '../windows/window-summary.js';
import { fisherExactP } from './p-values.js';

/** Columns that are one test. */
export type ColumnKind = 'image' | LabelColumn;

export interface MovedColumn {
  name: string;
  /** In standard errors, with a sign: positive where the window's values are higher. */
  shift: number;
  sides: EffectiveSides;
}

export function movedColumns(profile: Profile, window: WindowSummary, kind: ColumnKind): MovedColumn[] {
  const shift = kind === 'holds' ? exactShift : rankShift;
  return comparedColumns(profile, window, kind).map((column) => ({ ...column, shift: shift(column.sides) }));
}

export function comparedColumns(
  profile: Profile,
  window: WindowSummary,
  kind: ColumnKind,
): Omit<MovedColumn, 'shift'>[] {
  const { reference } = profile;
  if (!reference) return [];
  return Object.entries(reference.statistics).flatMap(([name, { counts }]) => {
    if ((labelOf(name)?.kind ?? 'image') !== kind) return [];
    const seen = window.reference?.statistics[name]?.counts;
    if (!seen || totalOf(counts) === 0 || totalOf(seen) === 0) return [];
    return [{ name, sides: statisticSides(profile, name, window, seen) }];
  });
}

/** The shares of the rows for which a label holds. */
export function holdingShares({ baseline, window }: EffectiveSides): { baseline: number; window: number } {
  const share = (counts: readonly number[]) => counts.at(-1)! / totalOf(counts);
  return { baseline: share(baseline), window: share(window) };
}

// How far a window's values lie above the baseline's by ranks: the test of F. Wilcoxon (1945) and of H. B. Mann and D.
// R. Whitney (Ann. Math. Stat. 18, 1947), on histograms. Values of one bin are ties.

/** Fewer rows outside of the fullest bin are too few for a normal distribution. */
const LEAST_OUTSIDE = 10;
/** 1 − p has no more digits; a larger shift is as sure. */
const LEAST_P = 1e-15;

/**
 * The shift in standard errors, about standard normal without drift; positive where the window's values are higher.
 * Where nearly all values are equal, the others are counted exactly, and the result has the same p-value.
 */
export function rankShift(sides: EffectiveSides): number {
  const pooled = pooledRows(sides);
  const { baselineRows: m, windowRows: n } = sides;
  const mode = fullest(pooled);
  const outside = (1 - pooled[mode]! / (m + n)) * Math.min(m, n);
  const shift = normalShift(sides, pooled);
  return outside < LEAST_OUTSIDE ? Math.sign(shift) * exactSize(sides, mode) : shift;
}

/** The same of two bins, at any number of rows: the share of a rare label is far from normal where it matters. */
export function exactShift(sides: EffectiveSides): number {
  const pooled = pooledRows(sides);
  return Math.sign(normalShift(sides, pooled)) * exactSize(sides, fullest(pooled));
}

function pooledRows({ baseline, window, baselineRows: m, windowRows: n }: EffectiveSides): number[] {
  const [ofBaseline, ofWindow] = [m / totalOf(baseline), n / totalOf(window)];
  return baseline.map((count, i) => ofBaseline * count + ofWindow * window[i]!);
}

function fullest(pooled: readonly number[]): number {
  return pooled.indexOf(Math.max(...pooled));
}

/** P(window above baseline) − P(below), by its standard deviation without drift. */
function normalShift({ baseline, window, baselineRows: m, windowRows: n }: EffectiveSides, pooled: readonly number[]) {
  const [all, allOfWindow, rows] = [totalOf(baseline), totalOf(window), m + n];
  let [below, difference, ties] = [0, 0, 0];
  for (const [i, count] of baseline.entries()) {
    difference += (window[i]! / allOfWindow) * ((2 * below + count) / all - 1);
    below += count;
    ties += pow(pooled[i]!, 3);
  }
  const variance = (rows + 1 - (ties - rows) / (rows * (rows - 1))) / (3 * m * n);
  return variance > 0 ? difference / Math.sqrt(variance) : 0;
}

/** How many standard errors have the p-value of the counts outside of the fullest bin. */
function exactSize({ baseline, window, baselineRows, windowRows }: EffectiveSides, mode: number): number {
  const outside = (counts: readonly number[], rows: number) => {
    const whole = Math.max(1, Math.round(rows));
    return [Math.round((1 - counts[mode]! / totalOf(counts)) * whole), whole] as const;
  };
  const p = Math.max(LEAST_P, fisherExactP(...outside(window, windowRows), ...outside(baseline, baselineRows)));
  return p >= 1 ? 0 : Math.sqrt(chiSquareQuantile(1 - p, 1));
}
