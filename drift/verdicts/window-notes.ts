/** What a reader must know beside the verdict on a window, in sentences. */

import { grouped } from '../drift-error.js';
import { dependences } from '../groups/effective.js';
import type { MethodContext, MethodResult } from '../methods/method.js';
import { type BrokenKind, repeats } from '../methods/repeats.js';
import { chiSquareCdf } from '../null/chi-square.js';
import type { Profile } from '../profile/profile.js';
import { DAY, DAYS, weekdayOf } from '../profile/weekdays.js';
import { chiSquareStatistic } from '../statistics/chi-square-statistic.js';
import { addCounts } from '../statistics/counts.js';
import { baselineWorth } from '../windows/effective-rows.js';
import type { WindowSummary } from '../windows/window-summary.js';
import type { Verdict } from './verdict.js';

/**
 * The share of images that repeat others, or are black or white, where it is too large for chance, whoever votes; else null. The
 * network's confidence in such images says nothing, so that no accuracy can be estimated from it.
 *
 * @param context of a single method
 */
export function brokenImages(profile: Profile, window: WindowSummary, context: MethodContext): MethodResult | null {
  const result = repeats.compare(profile, window, context);
  return result !== null && result.p! <= context.alpha ? result : null;
}

const ARE: Readonly<Record<BrokenKind, string>> = { repeated: 'repeat others', black: 'are black', white: 'are white' };

/** @param broken result of `brokenImages` */
export function windowNotes(
  profile: Profile,
  window: WindowSummary,
  verdict: Verdict | null,
  broken: MethodResult | null,
): string[] {
  const step = dependences(window.groups, window.rows).order?.step ?? null;
  const weekday = verdict === 'drift' ? weekdayNote(profile, window) : null;
  return [
    ...(broken === null ? [] : [brokenNote(broken)]),
    ...(verdict === 'drift' && step !== null
      ? [`from about row ${grouped(step)} on, the images are unlike those before`]
      : []),
    ...(weekday === null ? [] : [weekday]),
  ];
}

/** How the note on broken images ends. */
export const NO_ESTIMATE = 'So no accuracy is estimated';

function brokenNote({ value, details }: MethodResult): string {
  const { kind, baseline } = details as { kind: BrokenKind; baseline: number };
  return `${percent(value)} of the images ${ARE[kind]}; baseline: ${percent(baseline)}. ${NO_ESTIMATE}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** A baseline of fewer does not tell a weekend from a bad week. */
const LEAST_WEEKS = 3;
const SURE = 0.001;

/** Why a window may have drifted that is of some days of the week alone. Null if it is of whole weeks, or the baseline's days are alike, or not known. */
function weekdayNote(profile: Profile, { from, to }: WindowSummary): string | null {
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
