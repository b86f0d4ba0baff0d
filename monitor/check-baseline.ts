/** Whether a baseline carries a promise, and what it would take. */
import type { Profile } from '../drift/index.js';
import { baselineContext, LEAST_DAYS } from './baseline-context.js';
import type { MonitorPromise } from './promise.js';

export interface BaselineCheck {
  rows: number;
  effectiveRows: number;
  /** Days with rows; 0 without timestamps. */
  days: number;
  enough: boolean;
  /** Rows with which it would be enough; those that there are, if it is. */
  rowsNeeded: number;
  /** Milliseconds. */
  falseAlarmEvery: number;
  /** Sentences: why it is not enough, and what is not known of it. */
  reasons: readonly string[];
}

/** Independent rows for each coordinate of the largest block: with fewer, its covariance is too uncertain. */
const ROWS_PER_COORDINATE = 12;

/** @throws MonitorError `PROFILE_WITHOUT_SUMS` */
export function checkBaseline(profile: Profile, promise: MonitorPromise): BaselineCheck {
  const { blocks, effect, days } = baselineContext(profile, promise);
  const { rows } = profile;
  const reasons: string[] = [];
  let rowsNeeded = rows;
  for (const { view, all } of blocks) {
    const needed = ROWS_PER_COORDINATE * view.size;
    if (all.rows >= needed) continue;
    rowsNeeded = Math.max(rowsNeeded, Math.ceil((rows * needed) / Math.max(1, all.rows)));
    reasons.push(
      `${view.block.name}: ${Math.floor(all.rows)} independent rows for ${view.size} numbers, ${needed} are needed.`,
    );
  }
  const enough = reasons.length === 0;
  if (days < LEAST_DAYS) {
    reasons.push(
      `The baseline has ${days} days with times: how much more days vary than their rows say is learnt from the first windows.`,
    );
  }
  return {
    rows,
    effectiveRows: rows / effect,
    days,
    enough,
    rowsNeeded,
    falseAlarmEvery: promise.falseAlarmEvery,
    reasons,
  };
}
