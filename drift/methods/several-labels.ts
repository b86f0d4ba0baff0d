/** Labels of which several may hold: the one that moved most, by how often it holds, or by its scores. */
import type { Profile } from '../profile/profile.js';
import { type LabelColumn, labelOf } from '../rows/label-columns.js';
import { holdingShares } from '../tests/column-shifts.js';
import type { WindowSummary } from '../windows/window-summary.js';
import type { MethodContext, MethodResult } from './method.js';
import { lookedAt, mostMoved } from './moved-columns.js';

/** Null for a profile of classes of which one holds. `details` name the label, and how it moved. */
export function movedLabel(
  profile: Profile,
  window: WindowSummary,
  kind: LabelColumn,
  context: MethodContext,
): MethodResult | null {
  const moved = mostMoved(profile, window, kind, context);
  if (moved === null) return null;
  const { most, columns: labels, result } = moved;
  const { label } = labelOf(most.name)!;
  if (kind === 'score')
    return { ...result, details: { label, direction: most.shift < 0 ? 'lower' : 'higher', labels } };
  const looked = lookedAt(most.sides, result.band![1]);
  return { ...result, looked, details: { label, ...holdingShares(most.sides), labels } };
}
