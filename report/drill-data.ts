/** What the report shows of a drill. */

/**
 * The result of a drill: which corruption is detected, from which level on, in windows of which size.
 *
 * @example
 * ```ts
 * import type { DrillTable } from 'image-drift';
 *
 * function neverSeen({ rows }: DrillTable): string[] {
 *   const isSeen = (level: number | null) => level !== null;
 *   const unseen = rows.filter(({ seenFrom }) => !seenFrom.some(({ levels }) => levels.some(isSeen)));
 *   return unseen.map(({ corruption }) => corruption);
 * }
 * ```
 */
export interface DrillTable {
  /** Images that were corrupted and that windows were drawn from. */
  images: number;
  /** A window raises an alarm if a method's p-value is at most this. */
  alpha: number;
  /** Seed of the corruptions and the windows. */
  seed: number;
  /** Levels of the corruptions, ascending. Lists "by level" below follow this order. */
  levels: number[];
  /** Window sizes in rows, ascending. */
  windowSizes: number[];
  /** Windows drawn of each size; 1 if a window takes all images, 0 if there are too few images. */
  windows: number[];
  /** The control: the unchanged images. If they are like the baseline, the share of alarms is about alpha. */
  clean: { accuracy: number | null; alarms: { method: string; shares: (number | null)[] }[] };
  /** One row for each corruption. */
  rows: DrillRow[];
}

export interface DrillRow {
  corruption: string;
  /** What happened, for people: `out of focus`. */
  summary: string;
  /** By level, in `unit`. */
  strengths: number[];
  unit: string;
  /** By level; null without labels. */
  accuracy: (number | null)[];
  /** For each method, level and window size: the share of windows with an alarm; null if none was judged. */
  alarms: { method: string; shares: (number | null)[][] }[];
  /** For each method and window size: the lowest level that is detected (80 % of windows); null for none. */
  seenFrom: readonly { method: string; levels: readonly (number | null)[] }[];
}
