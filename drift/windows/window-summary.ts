/** The summary of a window of production rows: everything that the methods compare. */
import { WINDOW_HASHES } from '../images/hash-tally.js';
import { type ImageCounts, mergeImageCounts } from '../images/image-tally.js';
import type { Profile } from '../profile/profile.js';
import { WINDOW_SAMPLE_ROWS } from '../profile/reference.js';
import { mergeReferenceCounts, type ReferenceCounts } from '../profile/reference-counter.js';
import { effectiveShare, SmallestKeys } from '../rows/smallest-keys.js';
import { mergeWindowCounts, type WindowCounts } from './window-counts.js';

export interface WindowSummary extends WindowCounts {
  /** Null where the profile has no reference. */
  reference: ReferenceCounts | null;
  /** The smallest `KEPT_KEYS` keys of embeddings, ascending, and how often each came. */
  repeats: { keys: Float64Array; weights: Int32Array };
  /**
   * Effective number of rows: a row that comes twice adds no information. n_eff = (Σ w)² / Σ w² over the different
   * embeddings (L. Kish, Survey Sampling, 1965). It equals `rows` if no row repeats, and is 0 without rows. It is
   * estimated from the kept keys if there are more different embeddings.
   */
  effectiveRows: number;
  /** Repeated and bad images; null if no row says anything of its image. */
  images: ImageCounts | null;
}

/** Enough keys to be exact for most windows. They take 1 MB in a summary and some 8 MB while counting. */
export const KEPT_KEYS = 65_536;

/**
 * Merges two parts of a window that were counted against the same profile. The result is exactly that of one run over
 * both, in any order.
 *
 * @throws DriftError `COUNTS_DIFFER` if the numbers of bins differ
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
    images: a.images && b.images ? mergeImageCounts(a.images, b.images, WINDOW_HASHES) : (a.images ?? b.images),
  };
}
