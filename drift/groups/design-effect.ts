/**
 * Design effects: by how many rows one independent row is worth less because rows hang together.
 *
 * If whole groups come, as clips do, the share of a cluster varies as if there were n / d rows, with
 *
 *   d = 1 + (Σ n_g² / n − 1) ρ,
 *
 * where n_g are the rows of each group, and ρ says how alike rows of a group are (L. Kish, Survey Sampling, 1965). ρ is that of
 * all clusters together: the mean of their design effects, each weighted by 1 − its share, as in the first-order correction
 * of chi-square by J. N. K. Rao and A. J. Scott (JASA 76, 1981).
 */
import type { GroupCounts } from './group-counts.js';

export interface GroupDesign {
  /** Groups that were kept. */
  groups: number;
  /** Rows in them. */
  rows: number;
  /** Σ n_g² / n: rows of the group of an average row. */
  size: number;
  /** How alike the rows of a group are, 0 to 1; null if groups do not tell. */
  likeness: number | null;
}

/** Groups of one row each, and a few by chance, say nothing of how alike rows are. */
const LEAST_SIZE = 1.02;
/** The same for few groups. */
export const LEAST_GROUPS = 10;

export function groupDesign({ keys, counts }: GroupCounts): GroupDesign {
  const groups = keys.length;
  const clusters = groups === 0 ? 0 : counts.length / groups;
  const sizes = new Float64Array(groups);
  const shares = new Float64Array(clusters);
  let rows = 0;
  let squares = 0;
  for (let g = 0; g < groups; g++) {
    for (let j = 0; j < clusters; j++) {
      const count = counts[g * clusters + j]!;
      sizes[g]! += count;
      shares[j]! += count;
    }
    rows += sizes[g]!;
    squares += sizes[g]! ** 2;
  }
  if (rows === 0) return { groups, rows, size: 1, likeness: null };
  const size = squares / rows;
  if (size < LEAST_SIZE || groups < LEAST_GROUPS) return { groups, rows, size, likeness: null };
  let effect = 0;
  let used = 0;
  for (let j = 0; j < clusters; j++) {
    const share = shares[j]! / rows;
    if (share === 0) continue;
    used++;
    let spread = 0;
    for (let g = 0; g < groups; g++) spread += (counts[g * clusters + j]! - share * sizes[g]!) ** 2;
    effect += spread / (rows * share);
  }
  if (used < 2) return { groups, rows, size, likeness: null };
  // Shares are those of the same groups, which takes one of them away.
  const whole = ((effect / (used - 1)) * groups) / (groups - 1);
  return { groups, rows, size, likeness: Math.min(1, Math.max(0, (whole - 1) / (size - 1))) };
}

export function designEffect(size: number, likeness: number): number {
  return 1 + (size - 1) * likeness;
}
