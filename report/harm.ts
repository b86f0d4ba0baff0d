/**
 * What a window's drift means for the model, which decides the order of windows. Measured accuracy counts before one
 * read off the baseline with the cause made again, and that before an estimate. Confidence only bounds the accuracy of
 * a drifted window, so without labels "no harm" cannot be said there.
 */

import { formatCount, formatPercent, formatPoints } from './format.js';
import { rangeWords } from './numbers/index.js';
import type { ReportedWindow, ReportWindow } from './report-data.js';
import type { Explained } from './section-data.js';

/** From worst to best. */
export const HARMS = ['severe', 'some', 'unknown', 'none'] as const;
export type Harm = (typeof HARMS)[number];

export const HARM_WORDS: Readonly<Record<Harm, string>> = {
  severe: 'severe harm',
  some: 'some harm',
  unknown: 'harm not known',
  none: 'no harm seen',
};

/** A fall of accuracy by so much, as a share, is severe. */
const SEVERE_FALL = 0.05;
/** With fewer labels, "within chance" says little: 100 tell an accuracy to within 10 points. */
export const ENOUGH_LABELS = 100;

/** A window, as the report has it in two parts. */
export interface Judged {
  window: ReportedWindow;
  details: Pick<
    ReportWindow,
    'labelled' | 'estimatedAccuracy' | 'rowsNeeded' | 'effectiveRows' | 'effectiveBy' | 'predicted' | 'explained'
  >;
  /** Share of right predictions in the baseline; null without labels. */
  baseline: number | null;
  /** Whether its images repeat each other so much that they are worth a tenth at most, unlike the baseline's. */
  areCopies: boolean;
}

export function harmOf({ window, details, baseline }: Judged): Harm {
  const { accuracy, accuracy_test: test, verdict } = window;
  if (accuracy !== null && test?.verdict === 'lower')
    return test.baseline - accuracy >= SEVERE_FALL ? 'severe' : 'some';
  if (hasLabels({ window, details })) return 'none';
  const readOff = details.explained?.accuracy ?? null;
  if (readOff !== null && verdict === 'drift') return harmReadOff(readOff.high, details.explained!.baseline.accuracy);
  const high = details.estimatedAccuracy?.high ?? null;
  if (high !== null && baseline !== null && baseline - high >= SEVERE_FALL) return 'severe';
  return verdict === 'no drift' ? 'none' : 'unknown';
}

/** By the most that accuracy may be: within the interval nothing is known to have fallen. */
function harmReadOff(high: number, baseline: number): Harm {
  if (baseline - high >= SEVERE_FALL) return 'severe';
  return high < baseline ? 'some' : 'unknown';
}

/** Whether the labels are enough to say that accuracy held. */
export function hasLabels(judged: Pick<Judged, 'window' | 'details'>): boolean {
  return judged.window.accuracy_test !== null && countedLabels(judged) >= ENOUGH_LABELS;
}

/** Labels as the test of accuracy counts them: those of copies count once. */
export function countedLabels({ window, details }: Pick<Judged, 'window' | 'details'>): number {
  return Math.round(((details.labelled ?? 0) * (details.effectiveRows ?? window.rows)) / window.rows);
}

export interface ShownAccuracy {
  /** `79.3 %`, `at most about 87 %`. */
  now: string;
  /** `−14.3 pts`; null where there is nothing to compare, or only a bound. */
  change: string | null;
  /** `baseline 93.6 %, 1,500 labels`. */
  source: string;
}

/** Measured, else read off, else estimated; null where none is known. */
export function shownAccuracy({ window, details, baseline }: Judged): ShownAccuracy | null {
  const { accuracy, accuracy_test: test } = window;
  const before = test?.baseline ?? baseline;
  const beside = before === null ? 'baseline not known' : `baseline ${formatPercent(before)}`;
  if (accuracy !== null && Number.isFinite(accuracy)) {
    const labels = details.labelled === null ? 'measured' : `${formatCount(details.labelled)} labels`;
    const range = window.accuracy_interval ? `, ${rangeWords(window.accuracy_interval, ' to ')} %` : '';
    return {
      now: formatPercent(accuracy),
      change: before === null ? null : formatPoints(accuracy - before),
      source: `${beside}, ${labels}${range}`,
    };
  }
  if (details.explained?.accuracy) return readOffAccuracy(details.explained);
  const estimate = details.estimatedAccuracy;
  if (estimate === null) return null;
  if (estimate.low === null) {
    const now = `at most about ${formatPercent(estimate.high, 0)}`;
    return { now, change: null, source: `${beside}; estimated, and confidence is not to be trusted here` };
  }
  const range = `${(100 * estimate.low).toFixed(0)} to ${formatPercent(estimate.high, 0)}`;
  return {
    now: `about ${formatPercent(estimate.value, 0)}`,
    change: null,
    source: `${beside}; estimated without labels, ${range}`,
  };
}

function readOffAccuracy({ accuracy, baseline, causes }: Explained): ShownAccuracy {
  const { value, low, high } = accuracy!;
  const how = causes.length === 0 ? '' : ' with the cause made again';
  const range = `${(100 * low).toFixed(0)} to ${formatPercent(high, 0)}`;
  return {
    now: `about ${formatPercent(value, 0)}`,
    change: null,
    source: `baseline ${formatPercent(baseline.accuracy)}; read off its labels${how}, ${range}`,
  };
}

/** How far measured accuracy fell beyond chance; 0 if it did not. */
export function fallOf({ accuracy, accuracy_test: test }: Pick<ReportedWindow, 'accuracy' | 'accuracy_test'>): number {
  return test?.verdict === 'lower' && accuracy !== null ? test.baseline - accuracy : 0;
}
