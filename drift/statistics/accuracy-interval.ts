/**
 * 95 % intervals of an accuracy. Below 30 labels that of C. J. Clopper and E. S. Pearson (Biometrika 26, 1934). From 30
 * on, prediction-powered inference (A. N. Angelopoulos et al., Science 382, 2023), with the weight of the predictions
 * that makes the variance least (PPI++, A. N. Angelopoulos, J. C. Duchi and T. Zrnic, 2023): the labels say how far the
 * rates of right predictions, which confidence gives all rows, are wrong. The variance is said in labels, as many as
 * would have it alone, and E. B. Wilson's interval (JASA 22, 1927) is that of so many, which holds near 0 and 1 too
 * (for such numbers of labels N. Dean and M. Pagano, Survey Research Methods 9, 2015).
 */
import { betaQuantile } from './beta.js';

export interface Interval {
  low: number;
  high: number;
}

/**
 * The 95 % interval of a measured accuracy. `exact` is of the labels alone, `ppi` also of the confidence of all rows,
 * `plan` also of the chances of a plan.
 */
export interface AccuracyInterval extends Interval {
  labels: number;
  by: 'exact' | 'ppi' | 'plan';
}

/** Sums over the labelled rows: y is 1 for a right prediction, f the rate that its confidence has in the baseline. */
export interface LabelSums {
  labels: number;
  /** Σ y. */
  right: number;
  /** Σ f, Σ f² and Σ f y. */
  rates: number;
  squares: number;
  products: number;
}

export interface AllRows {
  rows: number;
  /** Mean rate of all of them; null where confidence says nothing. */
  rate: number | null;
}

export interface MeasureOf {
  /** Independent labels that a label is worth, above 0 to 1. */
  worth: number;
  /** Whether these rows are all that is asked about, or images like them. */
  finite: boolean;
}

export interface MeasuredAccuracy extends AccuracyInterval {
  value: number;
}

export const NORMAL_95 = 1.959963984540054;
const TAIL = 0.025;
/** Prediction-powered intervals of fewer labels are too narrow. */
export const PPI_LABELS = 30;
/** With fewer right or wrong ones, how well confidence tells them apart is not known. */
const LEAST_OF_EACH = 5;
/** Variance that the weight adds, which is estimated too, for each of the rarer answers; holds in `bench/labels.ts`. */
const FEW = 4;

/** @param labels above 0; need not be whole @returns the interval of the share `right / labels` */
export function clopperPearson(right: number, labels: number): Interval {
  const wrong = labels - right;
  return {
    low: right <= 0 ? 0 : betaQuantile(TAIL, right, wrong + 1),
    high: wrong <= 0 ? 1 : betaQuantile(1 - TAIL, right + 1, wrong),
  };
}

/** @param labels above 0; need not be whole */
export function wilson(share: number, labels: number): Interval {
  const square = NORMAL_95 ** 2 / labels;
  const centre = (share + square / 2) / (1 + square);
  const margin = (NORMAL_95 / (1 + square)) * Math.sqrt((share * (1 - share)) / labels + square / 4 / labels);
  return { low: Math.max(0, centre - margin), high: Math.min(1, centre + margin) };
}

/** @param sums of at least one label @param all null where nobody knows how many there are */
export function measuredAccuracy(sums: LabelSums, all: AllRows | null, { worth, finite }: MeasureOf): MeasuredAccuracy {
  const { labels, right } = sums;
  const share = right / labels;
  if (finite && all !== null && labels >= all.rows)
    return { value: share, low: share, high: share, labels, by: 'exact' };
  const counted = Math.max(1, labels * worth);
  const isExact = counted < PPI_LABELS || Math.min(right, labels - right) * worth < LEAST_OF_EACH;
  if (isExact || all === null || all.rate === null)
    return { value: share, ...clopperPearson(share * counted, counted), labels, by: 'exact' };
  const { weight, left } = residuals(sums);
  const value = Math.min(1, Math.max(0, share + weight * (all.rate - sums.rates / labels)));
  const seen = Math.min(1, labels / all.rows);
  // What the rows without a label would say, and for images like these what all rows leave open.
  const variance = (1 - seen) * left + (finite ? 0 : seen);
  return { value, ...wilson(value, counted / variance), labels, by: 'ppi' };
}

/** The weight of the rates, and the share of the variance of y that they leave. */
function residuals({ labels, right, rates, squares, products }: LabelSums): { weight: number; left: number } {
  const ofRight = right * (1 - right / labels);
  const ofRates = squares - rates ** 2 / labels;
  const both = products - (right * rates) / labels;
  if (ofRates <= 1e-12 * squares) return { weight: 0, left: 1 };
  const weight = Math.min(1, Math.max(0, both / ofRates));
  const sum = ofRight - 2 * weight * both + weight ** 2 * ofRates;
  // How much is left is estimated from the rarer answers.
  const surely = 1 + FEW / Math.min(right, labels - right);
  return { weight, left: Math.min(1, (surely * (sum / ofRight) * (labels - 1)) / (labels - 2)) };
}
