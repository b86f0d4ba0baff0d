/** What a window of production rows is boiled down to: all that the methods compare. */
import type { Profile } from '../profile/profile.js';
import { WINDOW_SAMPLE_ROWS } from '../profile/reference.js';
import { mergeReferenceCounts, type ReferenceCounts } from '../profile/reference-counter.js';
import { effectiveShare, SmallestKeys } from '../rows/smallest-keys.js';
import { mergeWindowCounts, type WindowCounts } from './window-counts.js';

export interface WindowSummary extends WindowCounts {
  /** Null where the profile has no reference. */
  reference: ReferenceCounts | null;
  /** Keys of embeddings, ascending, and how often each came: the smallest `KEPT_KEYS`. */
  repeats: { keys: Float64Array; weights: Int32Array };
  /**
   * Rows that the window is worth: a row seen twice is no second witness. n_eff = (Σ w)² / Σ w² over the different
   * embeddings (L. Kish, Survey Sampling, 1965); equal to `rows` where none repeats. Estimated from the kept keys where
   * there are more different ones. 0 without rows.
   */
  effectiveRows: number;
}

/** Enough to be exact for most windows; 1 MB each when summed up, some 8 MB while counting. */
export const KEPT_KEYS = 65_536;

/**
 * Two parts of a window that were counted against the same profile: exactly what one run over both gives, whatever the
 * order.
 * @throws DriftError `COUNTS_DIFFER` when the numbers of bins differ
 */
export function mergeWindowSummaries(
  profile: Pick<Profile, 'reference'>,
  a: WindowSummary,
  b: WindowSummary,
): WindowSummary {
  const counts = mergeWindowCounts(a, b);
  const keys = new SmallestKeys<null>(KEPT_KEYS, () => null);
  for (const { repeats } of [a, b]) {
    for (const [i, key] of repeats.keys.entries()) keys.add(key, repeats.weights[i]!, () => null);
  }
  const kept = keys.kept();
  const weights = Int32Array.from(kept, ({ weight }) => weight);
  const { reference } = profile;
  return {
    ...counts,
    reference:
      reference && a.reference && b.reference
        ? mergeReferenceCounts(a.reference, b.reference, reference, WINDOW_SAMPLE_ROWS)
        : null,
    repeats: { keys: Float64Array.from(kept, ({ key }) => key), weights },
    effectiveRows: counts.rows * effectiveShare(weights),
  };
}
