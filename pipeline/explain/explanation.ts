/** What `explainWindows` found. */
import type { CauseFamilyName, Image } from '../../data/index.js';
import type { ReadOff, Verdict } from '../../drift/index.js';

/** `class_mix` is no change of images: the classes have other shares. Its strength is half of the sum of the differences. */
export type ExplainedFamily = CauseFamilyName | 'class_mix';

/** A cause as it was made again. */
export interface ExplainedCause {
  family: ExplainedFamily;
  /** Which make of the family: how edges are filled, for instance; null for `class_mix`. */
  make: string | null;
  strength: number;
  /** What the strength is. */
  unit: string;
  /** Share of the images that have it, 0 to 1. */
  share: number;
}

/** What was embedded, or weighted, and compared with the window. */
export interface ExplainCandidate {
  /** One, or two that come together. */
  causes: ExplainedCause[];
  /** How well the baseline with the causes can be told from the window: 0.5 where it cannot. */
  auc: number;
  /** Upper bound of it, one-sided 95 %. */
  upper: number;
  suffices: boolean;
  /** Accuracy of the window if these were the causes. */
  accuracy: ReadOff;
  /** Accuracy of the baseline with them, from which the window's is a little apart: its images may be easier or harder. */
  remade: number;
}

export interface ClassAccuracy {
  name: string;
  /** Labelled images of the baseline. */
  rows: number;
  accuracy: number;
  /** Share of the window's images that are of this class, where the cause is that the classes have other shares; else null. */
  share: number | null;
}

/**
 * - `unchanged`: the drift test sees no change
 * - `explained`: a cause suffices: with it, the baseline cannot be told from the window
 * - `partly`: the best cause halves what can be told
 * - `unexplained`: no cause does
 */
export type ExplainVerdict = 'unchanged' | 'explained' | 'partly' | 'unexplained';

export interface ExplainedWindow {
  name: string;
  rows: number;
  /** By the drift test. */
  drift: Verdict;
  verdict: ExplainVerdict;
  /** Those of the best candidate; empty unless explained or partly explained. */
  causes: ExplainedCause[];
  /** With these causes; of the clean baseline where there are none. */
  auc: number;
  /** AUC of the clean baseline. */
  clean: number;
  /** Read off; null where nothing suffices. */
  accuracy: ReadOff | null;
  /** By class, of the best cause; null where nothing suffices. */
  classes: ClassAccuracy[] | null;
  /** In the order in which they were tried. */
  candidates: ExplainCandidate[];
  /** Where the window has labels. */
  measured: number | null;
  /** What a person has to know to judge this. */
  warnings: string[];
  /** Images with the causes; empty where none were asked for, or no cause changes an image. */
  pairs: ImagePair[];
}

/** An image of the baseline without and with the causes, and the row of the window that the network finds most like the latter. */
export interface ImagePair {
  clean: PairedImage;
  remade: PairedImage;
  /** Row number over all tables that were measured. */
  windowRow: number;
}

export interface PairedImage {
  /** At most `PAIR_SIDE` pixels wide and high. */
  image: Image;
  target: string;
  predicted: string;
}

/** A window that was not looked at. */
export interface SkippedWindow {
  name: string;
  reason: string;
}

/**
 * Causes of drift that were made again, and the accuracy of windows without labels.
 *
 * @example
 * ```ts
 * import type { Explanation } from 'image-drift/pipeline';
 *
 * function worst({ windows }: Explanation): number {
 *   return Math.min(...windows.map(({ accuracy }) => accuracy?.low ?? 0));
 * }
 * ```
 */
export interface Explanation {
  baseline: {
    /** Labelled images that were used. */
    rows: number;
    accuracy: number;
  };
  windows: ExplainedWindow[];
  /** Windows with too few rows, while others have enough. */
  skipped: SkippedWindow[];
}
