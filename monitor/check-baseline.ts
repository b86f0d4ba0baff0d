/** Whether a baseline carries a promise, and what it would take. */
import { DAY, type Profile } from '../drift/index.js';
import { type BaselineContext, baselineContext, LEAST_DAYS } from './baseline-context.js';
import type { MonitorPromise } from './promise.js';

export interface BaselineCheck {
  rows: number;
  effectiveRows: number;
  /** Days with rows; 0 without timestamps. */
  days: number;
  enough: boolean;
  /** Rows and days with which it would be enough; those that there are, if it is. */
  rowsNeeded: number;
  daysNeeded: number;
  /** Milliseconds: what is promised; 0 where nothing can be. */
  falseAlarmEvery: number;
  /** Sentences: why it is not enough, then what is not known of it. */
  reasons: readonly string[];
}

/** Independent rows that nothing was fitted on: with fewer, means are not normal, and covariances say little. */
const LEAST_ROWS = 80;
const ROWS_PER_COORDINATE = 4;

/** @throws MonitorError `PROFILE_WITHOUT_SUMS`, `PROFILE_SUMS_INVALID` */
export function checkBaseline(profile: Profile, promise: MonitorPromise): BaselineCheck {
  const context = baselineContext(profile, promise);
  const { rows } = profile;
  const { effect, days } = context;
  const ofRows = shortOfRows(context, rows);
  const ofDays = shortOfDays(context, promise);
  const against = [...ofRows, ...ofDays].map(({ words }) => words);
  const enough = against.length === 0;
  return {
    rows,
    effectiveRows: rows / effect,
    days,
    enough,
    rowsNeeded: Math.max(rows, ...ofRows.map(({ needed }) => needed)),
    daysNeeded: Math.max(days, ...ofDays.map(({ needed }) => needed)),
    falseAlarmEvery: enough ? promise.falseAlarmEvery : 0,
    reasons: [...against, ...unknown(context, promise)],
  };
}

interface Short {
  words: string;
  needed: number;
}

function shortOfRows({ blocks }: BaselineContext, rows: number): Short[] {
  return blocks.flatMap(({ view, heldOutRows }) => {
    const least = Math.max(LEAST_ROWS, ROWS_PER_COORDINATE * view.size);
    if (heldOutRows >= least) return [];
    const needed = Math.ceil((rows * least) / Math.max(1, heldOutRows));
    const words =
      `${view.block.name}: ${Math.floor(heldOutRows)} independent rows that nothing was fitted on, ${least} are needed, ` +
      `which is a baseline of about ${needed} rows.`;
    return [{ words, needed }];
  });
}

function shortOfDays({ blocks, days }: BaselineContext, { season, window }: MonitorPromise): Short[] {
  if (season !== null && season > window && window >= DAY) {
    // Two of each kind of day, so that it is known how much days of one kind vary.
    const needed = (2 * season) / DAY;
    if (days >= needed && blocks.every(({ references }) => references.size === season / window)) return [];
    const words = `A season of ${season / DAY} days needs two days of each kind with times, ${needed} in all: the baseline has ${days}.`;
    return [{ words, needed }];
  }
  const differ = blocks.filter(({ weekdaysDiffer }) => weekdaysDiffer).map(({ view }) => view.block.name);
  if (season !== null || differ.length === 0) return [];
  return [{ words: `Weekdays differ (${differ.join(', ')}): compare each with its own kind, --season 7d.`, needed: 0 }];
}

/** What is learnt from the first windows. */
function unknown({ days }: BaselineContext, { season, window }: MonitorPromise): string[] {
  const ofDays =
    `The baseline has ${days} ${days === 1 ? 'day' : 'days'} with times. How much more days vary than their rows is known from ` +
    `${LEAST_DAYS} on: until then the monitor goes by blocks of rows, and by the windows that it has seen.`;
  const ofHours = 'A baseline is summed by day: each hour of a season is judged from its second one on.';
  return [...(days < LEAST_DAYS ? [ofDays] : []), ...(season !== null && window < DAY ? [ofHours] : [])];
}
