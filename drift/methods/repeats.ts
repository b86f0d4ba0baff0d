/**
 * Images that say nothing: rows that repeat others, and black or white images. A camera that stands still or shows
 * black gives few independent rows, however many it sends: all other methods see less the more there are.
 *
 * The test is one-sided: fewer repeats are no fault. A window may have `FREE` more than the baseline, as any set has
 * some copies. The p-value is that of Fisher's exact test of the rest, times the number of kinds (Bonferroni). Where
 * `MANY` of the baseline's rows repeat, they come in groups, and both sides count as many rows less as its groups have.
 *
 * A kind that could not alarm, were all of its images in the window, has no vote and costs nothing (R. E. Tarone,
 * Biometrics 46, 1990): given how many there are on both sides, that does not depend on where they are.
 */
import type { Profile } from '../profile/profile.js';
import { upperHypergeometricP } from '../tests/p-values.js';
import { baselineWorth } from '../windows/effective-rows.js';
import { repeatedShares, type Share } from '../windows/repeated-share.js';
import type { WindowSummary } from '../windows/window-summary.js';
import type { Method } from './method.js';

export type BrokenKind = 'repeated' | 'black' | 'white';

interface BrokenShare {
  kind: BrokenKind;
  baseline: Share;
  window: Share;
  /** Rows that one independent row takes. */
  effect: number;
}

/** Share of the window that is free. */
const FREE = 0.02;
/** Share of the baseline that tells how its repeats come. */
const MANY = 0.05;
/** Below the share of any vote: a p-value that cannot get here has none. */
const ATTAINABLE = 0.001;

export const repeats: Method = {
  name: 'repeats',
  title: 'repeated or blank images',
  explanation: 'The share of rows that repeat others, or of images that are black or white.',
  unit: 'share of the rows that repeat others, or of images that are black or white, from 0 to 1',
  greatest: () => 1,
  alarms: 'above',
  takes: 'enough images that repeat, or are black or white',
  needsSample: false,
  compare(profile, window, { alpha }) {
    const kinds = brokenShares(profile, window);
    if (kinds.length === 0) return null;
    const found = kinds.map((share) => ({
      ...share,
      p: Math.min(1, kinds.length * chanceOf(share, share.window.found)),
    }));
    const least = found.reduce((a, b) => (b.p < a.p ? b : a));
    const { kind, window: now, baseline, p } = least;
    const isQuiet = (count: number) => kinds.length * chanceOf(least, count) > alpha;
    return {
      value: shareOf(now),
      low: null,
      high: null,
      band: [0, largest(now.of, isQuiet) / now.of],
      p,
      looked: null,
      details: { kind, baseline: shareOf(baseline) },
    };
  },
};

function shareOf({ found, of }: Share): number {
  return of === 0 ? 0 : found / of;
}

export function brokenShares(profile: Profile, window: WindowSummary): BrokenShare[] {
  return sharesOfKinds(profile, window).filter(canAlarm);
}

function sharesOfKinds(profile: Profile, window: WindowSummary): BrokenShare[] {
  const shares = repeatedShares(profile, window);
  const blank = ([check, kind]: (typeof BLANK)[number]): BrokenShare[] => {
    const [before, now] = [profile.images?.checks[check], window.images?.checks[check]];
    if (!before || !now || before.images === 0 || now.images === 0) return [];
    const baseline = { found: before.found, of: before.images };
    const effect = shareOf(baseline) < MANY ? 1 : baselineWorth(profile).effect;
    return [{ kind, baseline, window: { found: now.found, of: now.images }, effect }];
  };
  const { baseline, window: now, together } = shares ?? NONE;
  const effect = shareOf(baseline) < MANY ? 1 : together;
  return [...(shares ? [{ kind: 'repeated' as const, baseline, window: now, effect }] : []), ...BLANK.flatMap(blank)];
}

const BLANK = [
  ['black', 'black'],
  ['bright', 'white'],
] as const;

const NONE = { baseline: { found: 0, of: 0 }, window: { found: 0, of: 0 }, together: 1 };

/** Chance of so many in the window, if its share were the baseline's and the free share together. */
function chanceOf({ baseline, window, effect }: BrokenShare, found: number): number {
  const rows = (count: number) => Math.round(count / effect);
  const beyond = Math.max(0, found - Math.floor(FREE * window.of));
  return upperHypergeometricP(rows(beyond), rows(window.of), rows(baseline.found), rows(baseline.of));
}

function canAlarm({ baseline, window, effect }: BrokenShare): boolean {
  const rows = (count: number) => Math.round(count / effect);
  const [all, of] = [
    rows(baseline.found) + rows(Math.max(0, window.found - Math.floor(FREE * window.of))),
    rows(window.of),
  ];
  const most = Math.min(all, of);
  return upperHypergeometricP(most, of, all - most, rows(baseline.of)) <= ATTAINABLE;
}

/** The largest count for which something holds that holds for all smaller ones. */
function largest(count: number, holds: (count: number) => boolean): number {
  let [least, most] = [0, count];
  while (least < most) {
    const middle = Math.ceil((least + most) / 2);
    if (holds(middle)) least = middle;
    else most = middle - 1;
  }
  return least;
}
