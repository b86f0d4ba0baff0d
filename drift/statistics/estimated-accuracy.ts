/**
 * Estimates accuracy without labels, from how often the baseline's predictions of the same confidence were right:
 * confidence-based performance estimation (NannyML's CBPE; for the premise S. Guo et al., and D. Hendrycks and K.
 * Gimpel, ICLR 2017), calibrated by histogram binning (B. Zadrozny and C. Elkan, ICML 2001). Rates of right predictions
 * among the labelled reference rows are weighted by the window's bins.
 *
 * The estimate holds while only the mix of images changes. If the images change, for example by blur, the confidence is
 * misplaced, nearly always to the high side. The upper end of the interval is then a bound.
 *
 * Two other methods err less, and are no bounds (`bench/accuracy.ts`): average thresholded confidence (S. Garg et al.,
 * ICLR 2022) where confidence falls faster than accuracy, confidence optimal transport (Y. Lu et al., NeurIPS 2023)
 * where the classes have other shares than in the baseline.
 */
import { NORMAL_95 } from './accuracy-interval.js';
import { totalOf } from './counts.js';

export interface Reliability {
  total: number[];
  correct: number[];
}

export interface EstimatedAccuracy {
  /** From 0 to 1. */
  value: number;
  /** Where the window has not drifted: it holds the true accuracy in 95 of 100 windows. Null where it has. */
  low: number | null;
  /** The other end of that interval; where the window has drifted, what the true accuracy hardly exceeds. */
  high: number;
}

/** Share of right predictions in each bin. Every bin counts one extra row with the overall rate. */
export function calibratedRates({ total, correct }: Reliability): number[] {
  const overall = totalOf(correct) / totalOf(total);
  return total.map((rows, i) => (correct[i]! + overall) / (rows + 1));
}

/** @param reliability with at least one labelled row @param confidence the window's rows by the same bins */
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
    // The rate itself is uncertain, and so are the labels that the window's rows would turn out to have.
    variance += rate * (1 - rate) * (share ** 2 / (reliability.total[i]! + 1) + share / effectiveRows);
  }
  const margin = NORMAL_95 * Math.sqrt(variance);
  return { value, low: Math.max(0, value - margin), high: Math.min(1, value + margin) };
}

export function accuracyAtRates(rates: readonly number[], counts: readonly number[]): number {
  return counts.reduce((sum, count, i) => sum + count * rates[i]!, 0) / totalOf(counts);
}
