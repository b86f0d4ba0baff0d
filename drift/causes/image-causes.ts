/**
 * Says why a window's images differ, in words with numbers: `darker: mean brightness 0.48 → 0.17`.
 *
 * For each statistic of the images, the window's distribution is compared with the baseline's. The effect is the
 * Kolmogorov-Smirnov distance of their histograms. Rules give names (`ruled-causes.ts`), and weights of all clues decide
 * whether these stand, whether another name is more likely, or whether the change has no name here (`likely-names.ts`).
 *
 * Causes describe the images, not the fault: a lamp, a lens and another product look alike if their pictures do.
 */
import type { GridCounts } from '../images/grid-tally.js';
import { ANGLE } from './aspects.js';
import { type Cause, causeOf, fine } from './cause.js';
import { cluesOf } from './clues.js';
import { type Changes, type ColumnSummaries, columnChanges, SMALLEST_EFFECT } from './column-changes.js';
import { canBeWeighed, likelyName, stands } from './likely-names.js';
import { ownCause } from './own-statistics.js';
import type { Grids } from './place-causes.js';
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
  const nameless = unnamed(changes, alpha);
  const rows = Math.max(0, ...Object.values(window).map((column) => column.rows));
  const isFew = Math.min(rows, effectiveRows ?? rows) < LEAST_ROWS;
  if (isFew || (told.length === 0 && nameless.length === 0)) return told;
  const named = places && canBeWeighed(told) && isKnown(changes) ? weighed(changes, places, told, alpha) : told;
  return named.length > 0 ? named : nameless;
}

/** What of the rules' names the clues leave, or the one that they give instead. */
function weighed(changes: Changes, places: Grids, told: Cause[], alpha: number): Cause[] {
  const clues = cluesOf(changes, places, told);
  if (stands(told, clues)) return told;
  const likely = likelyName(clues);
  if (likely === null) return [];
  const cause = told.find(({ kind }) => kind === likely) ?? ownCause(likely, changes, places, alpha);
  return cause === null ? [] : [cause];
}

/** Whether the statistics are those that the weights know; earlier events have fewer. */
function isKnown(changes: Changes): boolean {
  return ['brightness', 'relative_noise', 'flat', 'upright'].every((name) => changes.has(name));
}

/** The statistics that changed most, where no cause explains it. */
function unnamed(changes: Changes, alpha: number): Cause[] {
  const sure = [...changes.values()]
    .filter(({ effect, p, name }) => name !== ANGLE && Math.abs(effect) >= SMALLEST_EFFECT && p * changes.size <= alpha)
    .sort((a, b) => Math.abs(b.effect) - Math.abs(a.effect));
  const told = sure.slice(0, TOLD_STATISTICS);
  const [most] = told;
  if (most === undefined) return [];
  const means = told.map(({ name, baseline, window }) => `${name} (mean ${fine(baseline)} → ${fine(window)})`);
  const cause = causeOf(UNNAMED, `most in ${means.join(', ')}`, most);
  return [{ ...cause, p: cause.p * changes.size }];
}
