/** What a reader must know beside the verdict on a window, in sentences. */

import type { MethodContext, MethodResult } from '../methods/method.js';
import { type BrokenKind, repeats } from '../methods/repeats.js';
import type { Profile } from '../profile/profile.js';
import type { WindowSummary } from '../windows/window-summary.js';

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
export function windowNotes(broken: MethodResult | null): string[] {
  if (broken === null) return [];
  const { kind, baseline } = broken.details as { kind: BrokenKind; baseline: number };
  const [now, before] = [percent(broken.value), percent(baseline)];
  return [`${now} of the images ${ARE[kind]}; baseline: ${before}. So no accuracy is estimated`];
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
