import { type CauseFamilyName, causeSummary } from '../../data/index.js';
import type { ReadOff, Verdict } from '../../drift/index.js';
import type { RemadeCause } from '../../report/index.js';
import type { ExplainedForReport, ImagePair, ReportExplanation, SkippedWindow } from '../report/index.js';

/** `class_mix` does not change images: the classes have other shares; strength: half of the sum of the differences. */
export type ExplainedFamily = CauseFamilyName | 'class_mix';

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
  /** Accuracy of the baseline with them, a little apart from the window's: its images may be easier or harder. */
  remade: number;
}

export interface ClassAccuracy {
  name: string;
  /** Labelled images of the baseline. */
  rows: number;
  accuracy: number;
  /** Share of the window's images that are of this class, if the cause is other shares of the classes; else null. */
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

/** How it was made again: `brightness (factor), factor 0.389`. */
export function causeMaking({ family, make, strength, unit }: ExplainedCause): string {
  const name = family.replaceAll('_', ' ');
  if (unit === 'there') return `${name} (${make?.replaceAll('_', ' ')})`;
  return `${name}${make === null ? '' : ` (${make.replaceAll('_', ' ')})`}, ${unit} ${Number(strength.toPrecision(3))}`;
}

/** What `explain --json` prints, a contract: names as printed, order kept, unknown values null; shares from 0 to 1. */
export function explainJson({ baseline, windows, skipped }: Explanation) {
  return { baseline, windows: windows.map(windowJson), skipped };
}

function windowJson(window: ExplainedWindow) {
  const { name, rows, drift, verdict, causes, auc, clean, accuracy, classes, candidates, measured, warnings } = window;
  return {
    ...{ name, verdict, causes: causes.map(causeJson), auc, accuracy, candidates: candidates.map(candidateJson) },
    ...{ rows, drift, clean_auc: clean, measured_accuracy: measured, classes, warnings },
  };
}

function causeJson({ family, strength, share, make, unit }: ExplainedCause) {
  return { family, strength, share, make, unit, tested: true };
}

/** The families of two causes that come together are joined by ` + `, and each strength is in `causes` alone. */
function candidateJson({ causes, auc, upper, suffices, accuracy, remade }: ExplainCandidate) {
  const [{ strength, share }, ...others] = causes as [ExplainedCause, ...ExplainedCause[]];
  const family = causes.map((cause) => cause.family).join(' + ');
  return {
    ...{ family, strength: others.length === 0 ? strength : null, share, auc, suffices, accuracy, upper, remade },
    causes: causes.map(causeJson),
  };
}

/**
 * For `ReportOptions.explanation`.
 *
 * @example
 * ```ts
 * import { Embedder, measureWindows, readProfile, weightsFolder, writeReport } from 'image-drift';
 * import { explainMeasurement, reportExplanation } from 'image-drift/pipeline';
 *
 * const embedder = await Embedder.load(weightsFolder('fashion-mnist-resnet18'));
 * const profile = await readProfile('profile.json');
 * const measurement = await measureWindows(profile, ['week_1.parquet'], { exemplars: 5 });
 * const found = await explainMeasurement(embedder, 'week_1.npz', profile, measurement, { pairs: 6 });
 * await writeReport('drift.html', profile, measurement, { explanation: reportExplanation(found), umap: false });
 * await embedder.close();
 * ```
 */
export function reportExplanation({ baseline, windows, skipped }: Explanation): ReportExplanation {
  return { windows: windows.map((window) => forReport(window, baseline)), skipped };
}

function forReport(window: ExplainedWindow, baseline: Explanation['baseline']): ExplainedForReport {
  const { name, verdict, causes, auc, clean: cleanAuc, accuracy, classes, candidates, warnings, pairs } = window;
  return {
    name,
    explained: {
      ...{ verdict, causes: causes.map(shownCause), auc, cleanAuc, accuracy, baseline, classes, warnings },
      tried: candidates.map(({ causes, auc, suffices, accuracy }) => {
        return { causes: causes.map(shownCause), auc, suffices, accuracy };
      }),
    },
    pairs,
  };
}

function shownCause(cause: ExplainedCause): RemadeCause {
  const { share, family, make, strength } = cause;
  const isOfImages = family !== 'class_mix';
  const name = isOfImages ? causeSummary({ family, make: make!, strength }) : 'other shares of the classes';
  return { name, making: causeMaking(cause), share, isOfImages };
}
