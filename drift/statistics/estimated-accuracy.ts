/**
 * Accuracy without labels: how often predictions of that confidence were right in the baseline.
 *
 * Confidence-based performance estimation (NannyML's CBPE; S. Guo et al. and D. Hendrycks and K. Gimpel, ICLR 2017, for
 * the premise) with calibration by histogram binning (B. Zadrozny and C. Elkan, ICML 2001): the rate of right predictions
 * a bin of confidence, from the labelled reference rows, weighted by the window's bins. Right as long as what changed is
 * which images come, not what they mean: the network's confidence on blurred images may be misplaced, and this cannot tell.
 */
import { totalOf } from './counts.js';

export interface Reliability {
  total: number[];
  correct: number[];
}

export interface EstimatedAccuracy {
  /** From 0 to 1. */
  value: number;
  /** Where the accuracy over the window's labels, if there were any, would lie in 95 of 100 windows. */
  low: number;
  high: number;
}

const NORMAL_95 = 1.959963984540054;

/** Share of right predictions by bin; a bin without labels has that of all, and weighs as one row more in every bin. */
export function calibratedRates({ total, correct }: Reliability): number[] {
  const overall = totalOf(correct) / totalOf(total);
  return total.map((rows, i) => (correct[i]! + overall) / (rows + 1));
}

/**
 * @param reliability with at least one labelled row
 * @param confidence rows of the window by the same bins, at least one
 * @param effectiveRows that the window is worth
 */
export function estimateAccuracy(
  reliability: Reliability,
  confidence: readonly number[],
  effectiveRows: number,
): EstimatedAccuracy {
  const rates = calibratedRates(reliability);
  const value = accuracyAtRates(rates, confidence);
  const rows = totalOf(confidence);
  let variance = 0;
  for (const [i, rate] of rates.entries()) {
    const share = confidence[i]! / rows;
    // Of the rate itself, and of the labels that the window's rows would turn out to have.
    variance += rate * (1 - rate) * (share ** 2 / (reliability.total[i]! + 1) + share / effectiveRows);
  }
  const margin = NORMAL_95 * Math.sqrt(variance);
  return { value, low: Math.max(0, value - margin), high: Math.min(1, value + margin) };
}

/** Mean rate of rows by bin. */
export function accuracyAtRates(rates: readonly number[], counts: readonly number[]): number {
  return counts.reduce((sum, count, i) => sum + count * rates[i]!, 0) / totalOf(counts);
}
