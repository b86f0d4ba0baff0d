/** What a reader must know beside the verdict on a window, in sentences. */

import { grouped } from '../drift-error.js';
import { dependences } from '../groups/effective.js';
import type { MethodContext, MethodResult } from '../methods/method.js';
import { type BrokenKind, repeats } from '../methods/repeats.js';
import type { Profile } from '../profile/profile.js';
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

/**
 * @param broken result of `brokenNote`, and
 * @param days result of `sameDaysNote`; null where there is nothing to say
 */
export function windowNotes(
  window: WindowSummary,
  verdict: Verdict | null,
  { broken, days }: { broken: string | null; days: string | null },
): string[] {
  const step = dependences(window.groups, window.rows).order?.step ?? null;
  return [
    ...(broken === null ? [] : [broken]),
    ...(verdict === 'drift' && step !== null
      ? [`from about row ${grouped(step)} on, the images are unlike those before`]
      : []),
    ...(days === null ? [] : [days]),
  ];
}

/** Why no accuracy can be estimated. @param result of `brokenImages` */
export function brokenNote({ value, details }: MethodResult): string {
  const { kind, baseline } = details as { kind: BrokenKind; baseline: number };
  return `${percent(value)} of the images ${ARE[kind]}; baseline: ${percent(baseline)}. So no accuracy is estimated`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
