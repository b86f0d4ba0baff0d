/**
 * Says why a window's images differ, in words with numbers: `darker: mean brightness 0.48 → 0.17`.
 *
 * For each statistic of the images, the window's distribution is compared with the baseline's. The effect is the
 * Kolmogorov-Smirnov distance of their histograms. Rules give names (`ruled-causes.ts`); what none of them explains has no
 * name here.
 *
 * Causes describe the images, not the fault: a lamp, a lens and another product look alike if their pictures do.
 */
import type { GridCounts } from '../images/grid-tally.js';
import { type Cause, causeOf, fine } from './cause.js';
import { type Changes, type ColumnSummaries, columnChanges, sureChanges } from './column-changes.js';
import { ruledCauses } from './ruled-causes.js';

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

/** Among fewer images, some statistic is always odd. */
const LEAST_ROWS = 20;
/** Statistics that are told of a change without a name. */
const TOLD_STATISTICS = 3;

/** The causes, strongest first. Empty if nothing about the images changed, or if the window is too small to tell. */
export function imageCauses(baseline: ColumnSummaries, window: ColumnSummaries, options: CauseOptions = {}): Cause[] {
  const { alpha = 0.05, effectiveRows, grids } = options;
  const changes = columnChanges(baseline, window, effectiveRows);
  const places = grids ? { ...grids, effectiveRows } : null;
  const told = ruledCauses(changes, places, alpha);
  const rows = Math.max(0, ...Object.values(window).map((column) => column.rows));
  const isFew = Math.min(rows, effectiveRows ?? rows) < LEAST_ROWS;
  return isFew || told.length > 0 ? told : unnamed(changes, alpha);
}

/** The statistics that changed most, where no cause explains it. */
function unnamed(changes: Changes, alpha: number): Cause[] {
  const told = sureChanges(changes, alpha).slice(0, TOLD_STATISTICS);
  const [most] = told;
  if (most === undefined) return [];
  const means = told.map(({ name, baseline, window }) => `${name} (mean ${fine(baseline)} → ${fine(window)})`);
  const cause = causeOf(UNNAMED, `most in ${means.join(', ')}`, most);
  return [{ ...cause, p: cause.p * changes.size }];
}
