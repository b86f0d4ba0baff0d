/**
 * Names by rules: what leaves a mark of its own (`structure-causes.ts`) or has a place in the images (`place-causes.ts`) comes
 * first, and explains the rest: JPEG's blocks are no blur. Otherwise each aspect (light, contrast, texture, saturation,
 * colour) is looked at (`aspects.ts`).
 *
 * - Contrast, sharpness, noise and saturation must have changed both by themselves *and* relative to what they scale with
 *   (`relative-statistics.ts`), in the same direction; the smaller of the two effects counts. Darkening, for example, lowers
 *   contrast and sharpness, but not relative to brightness. An effect less than half as strong as the strongest is taken for
 *   its side effect (blur lowers contrast a little, clipping sharpens).
 * - The effect is at least `SMALLEST_EFFECT`, its mean moved visibly (by `SMALLEST_CHANGE`), and it is significant at the
 *   window's size, adjusted for all that was looked at, at level α.
 * - What is named is all that changed (`whole-stories.ts`): what a cause leaves as it was, is as it was, and no mark of
 *   another kind is left. Otherwise the rules have no name.
 */
import { aspectFindings } from './aspects.js';
import type { Cause } from './cause.js';
import type { Changes } from './column-changes.js';
import { type Grids, placeCause } from './place-causes.js';
import { sureAspects } from './side-effects.js';
import { type Finder, LINES, MARKS } from './structure-causes.js';
import { areWhole, isHidden, isWhole } from './whole-stories.js';

/** The names that the rules give, strongest first; empty if they have none. */
export function ruledCauses(changes: Changes, grids: Grids | null, alpha: number): Cause[] {
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
