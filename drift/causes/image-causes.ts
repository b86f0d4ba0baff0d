/**
 * Says why a window's images differ, in words with numbers: `darker: mean brightness 0.48 → 0.17`.
 *
 * For each statistic of the images, the window's distribution is compared with the baseline's. The effect is the
 * Kolmogorov-Smirnov distance of their histograms. Rules give names; what none of them explains has no name here.
 *
 * Causes describe the images, not the fault: a lamp, a lens and another product look alike if their pictures do.
 */
import type { GridCounts } from '../images/image-tally.js';
import { aspectFindings } from './aspects.js';
import { type Cause, type Changes, type ColumnSummaries, causeOf, columnChanges, fine, sureChanges } from './cause.js';
import { type Grids, placeCause } from './place-causes.js';
import { sureAspects } from './side-effects.js';
import { type Finder, LINES, MARKS } from './structure-causes.js';
import { areWhole, isHidden, isWhole } from './whole-stories.js';

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

// Names by rules: what leaves a mark of its own (`structure-causes.ts`) or has a place in the images (`place-causes.ts`) comes
// first, and explains the rest: JPEG's blocks are no blur. Otherwise each aspect (light, contrast, texture, saturation,
// colour) is looked at (`aspects.ts`).
//
// - Contrast, sharpness, noise and saturation must have changed both by themselves *and* relative to what they scale with
//   (`relative-statistics.ts`), in the same direction; the smaller of the two effects counts. Darkening, for example, lowers
//   contrast and sharpness, but not relative to brightness. An effect less than half as strong as the strongest is taken for
//   its side effect (blur lowers contrast a little, clipping sharpens).
// - The effect is at least `SMALLEST_EFFECT`, its mean moved visibly (by `SMALLEST_CHANGE`), and it is significant at the
//   window's size, adjusted for all that was looked at, at level α.
// - What is named is all that changed (`whole-stories.ts`): what a cause leaves as it was, is as it was, and no mark of
//   another kind is left. Otherwise the rules have no name.

/** The names that the rules give, strongest first; empty if they have none. */
function ruledCauses(changes: Changes, grids: Grids | null, alpha: number): Cause[] {
  const aspects = aspectFindings(changes);
  const place: Finder = () => (grids ? placeCause(grids, alpha / tests) : null);
  const finders = [...LINES, place, ...MARKS];
  const tests = finders.length + aspects.length;
  for (const find of finders) {
    const cause = find(changes);
    if (cause === null || cause.p * tests > alpha) continue;
    return isWhole(cause, changes) ? [{ ...cause, p: cause.p * tests }] : [];
  }
  if (isHidden(changes)) return [];
  const named = sureAspects(changes, aspects, { others: finders.length, alpha });
  return areWhole(named, changes) ? named.map(({ aspect: _, ...cause }) => cause) : [];
}
