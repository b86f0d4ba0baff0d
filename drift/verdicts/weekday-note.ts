/** Why a window may have drifted that is of some days of the week alone. */
import { chiSquareCdf } from '../null/chi-square.js';
import type { Profile } from '../profile/profile.js';
import { DAY, DAYS, weekdayOf } from '../profile/weekdays.js';
import { chiSquareStatistic } from '../statistics/chi-square-statistic.js';
import { addCounts } from '../statistics/counts.js';
import { baselineWorth } from '../windows/effective-rows.js';
import type { WindowSummary } from '../windows/window-summary.js';

/** A baseline of fewer does not tell a weekend from a bad week. */
const LEAST_WEEKS = 3;
const SURE = 0.001;

/** Null if the window is of whole weeks, or the baseline's days are alike, or not known. */
export function weekdayNote(profile: Profile, { from, to }: WindowSummary): string | null {
  const { weekdays } = profile;
  if (weekdays === null || from === null || to === null) return null;
  if (weekdays.to - weekdays.from < (7 * LEAST_WEEKS - 1) * DAY || to - from > 5 * DAY) return null;
  const days = [...new Set(Array.from({ length: 7 }, (_, i) => weekdayOf(Math.min(to, from + i * DAY))))];
  const sum = (chosen: readonly number[]) => chosen.map((day) => weekdays.counts[day]!).reduce(addCounts);
  const [own, others] = [sum(days), sum(DAYS.map((_, day) => day).filter((day) => !days.includes(day)))];
  const occupied = own.filter((count, j) => count + others[j]! > 0).length;
  const statistic = chiSquareStatistic(own, others) / baselineWorth(profile).effect;
  if (occupied < 2 || !(1 - chiSquareCdf(statistic, occupied - 1) < SURE)) return null;
  const names = new Intl.ListFormat('en').format(days.map((day) => DAYS[day]!));
  return `it is of ${names} alone, which differ from other days in the baseline, too (p < ${SURE}): compare them with a baseline of such days`;
}
