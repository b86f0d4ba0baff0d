/**
 * Two models on the same images: how much more often the new one is right. Where both predict the same class nothing
 * differs, so that the labels of the others alone say it, and how many these are is known of all images. The p-value is
 * that of Q. McNemar (Psychometrika 12, 1947), exact; the interval that of D. G. Bonett and R. M. Price (Journal of
 * Educational and Behavioral Statistics 37, 2012), which holds for few rows, too. With a plan and labels enough, both are
 * of the difference by inverse probabilities and by what confidence says of all that changed (PPI++, A. N. Angelopoulos,
 * J. C. Duchi and T. Zrnic, 2023), with quantiles of Student's t.
 */
import { clopperPearson, type Interval, NORMAL_95 } from '../statistics/accuracy-interval.js';
import { betaQuantile, regularizedBeta } from '../statistics/beta.js';
import { type LabelledRow, weighedRows, worthOf } from './labelled-accuracy.js';

/** A labelled image on which the two predictions differ. */
export interface ChangedRow extends Pick<LabelledRow, 'group' | 'planned'> {
  oldRight: boolean;
  newRight: boolean;
  /** How much surer the new model is than the old one, each of its own class. */
  gain: number;
}

/** What is known of all images on which the two predictions differ, without labels. */
export interface AllChanged {
  /** Share of all images. */
  share: number;
  /** Their mean gain. */
  gain: number;
}

export interface Change extends Interval {
  /** Labelled images that changed so. */
  labels: number;
  /** Share of all images, with its exact 95 % range. */
  value: number;
}

export interface PairedAccuracy {
  right_to_wrong: Change;
  wrong_to_right: Change;
  /** Accuracy of the new model minus that of the old one. */
  difference: PairedDifference;
}

interface PairedDifference extends Interval {
  value: number;
  p: number;
  /** `ppi`: by the chances of a plan and the confidence of all that changed. */
  by: 'exact' | 'ppi';
}

/** Prediction-powered differences of fewer labels, or of fewer lost or won, do not hold. */
const POWERED_LABELS = 30;
const POWERED_EACH = 5;

/** @param rows that changed and have labels: all of them, a random part, or by a plan; at least one */
export function pairedAccuracy(rows: readonly ChangedRow[], all: AllChanged): PairedAccuracy {
  const changed = all.share;
  const { shareOf, evenRows } = weighedRows(rows);
  const worth = Math.min(...[isLost, isWon].map((is) => worthOf(rows.map((row) => ({ ...row, right: is(row) })))));
  const counted = Math.max(1, evenRows * worth);
  const change = (is: (row: ChangedRow) => boolean): Change => {
    const share = shareOf(is);
    const { low, high } = clopperPearson(share * counted, counted);
    return { labels: rows.filter(is).length, value: changed * share, low: changed * low, high: changed * high };
  };
  const [lost, won] = [change(isLost), change(isWon)];
  const isPlanned = rows.some(({ planned }) => planned !== null);
  const isPowered = isPlanned && counted >= POWERED_LABELS && Math.min(lost.labels, won.labels) * worth >= POWERED_EACH;
  const difference = isPowered
    ? poweredDifference(rows, all, counted)
    : exactDifference(shareOf(isLost) * counted, shareOf(isWon) * counted, counted, changed);
  return { right_to_wrong: lost, wrong_to_right: won, difference };
}

function isLost({ oldRight, newRight }: ChangedRow): boolean {
  return oldRight && !newRight;
}

function isWon({ oldRight, newRight }: ChangedRow): boolean {
  return newRight && !oldRight;
}

/** @param counted independent labels that they are worth */
function poweredDifference(rows: readonly ChangedRow[], all: AllChanged, counted: number): PairedDifference {
  const { weights, squares, meanOf } = weighedRows(rows);
  const betterOf = (row: ChangedRow) => Number(isWon(row)) - Number(isLost(row));
  const [mean, gain] = [meanOf(betterOf), meanOf((row) => row.gain)];
  const products = (left: (i: number) => number, right: (i: number) => number) =>
    weights.reduce((sum, weight, i) => sum + weight ** 2 * left(i) * right(i), 0);
  const [ofBetter, ofGain] = [(i: number) => betterOf(rows[i]!) - mean, (i: number) => rows[i]!.gain - gain];
  const spread = products(ofGain, ofGain);
  const weight = spread > 0 ? Math.min(1, Math.max(0, products(ofBetter, ofGain) / spread)) : 0;
  const value = Math.min(1, Math.max(-1, mean + weight * (all.gain - gain)));
  const left = (i: number) => ofBetter(i) - weight * ofGain(i);
  // A label is worth less than one where weights differ, which squares say, and in clips.
  const freedom = counted - 2;
  const error = Math.sqrt(products(left, left) / squares / freedom);
  const margin = studentQuantile(freedom) * error;
  return {
    value: all.share * value,
    low: all.share * Math.max(-1, value - margin),
    high: all.share * Math.min(1, value + margin),
    p: regularizedBeta(freedom / (freedom + (value / error) ** 2), freedom / 2, 0.5),
    by: 'ppi',
  };
}

/** How far out 95 % of Student's t lies, both sides together. */
function studentQuantile(freedom: number): number {
  const x = betaQuantile(0.05, freedom / 2, 0.5);
  return Math.sqrt((freedom * (1 - x)) / x);
}

function exactDifference(lost: number, won: number, counted: number, changed: number): PairedDifference {
  return {
    value: (changed * (won - lost)) / counted,
    ...rangeOf(lost, won, counted, changed),
    p: exactP(lost, won),
    by: 'exact',
  };
}

function rangeOf(lost: number, won: number, counted: number, changed: number): Interval {
  const [less, more] = [(lost + 1) / (counted + 2), (won + 1) / (counted + 2)];
  const margin = NORMAL_95 * Math.sqrt((less + more - (more - less) ** 2) / (counted + 2));
  const ends = [more - less - margin, more - less + margin];
  return { low: changed * Math.max(-1, ends[0]!), high: changed * Math.min(1, ends[1]!) };
}

/** Two-sided: the chance that one of two equally likely answers comes at least so often; the numbers need not be whole. */
function exactP(lost: number, won: number): number {
  const [few, many] = lost < won ? [lost, won] : [won, lost];
  return many === few ? 1 : Math.min(1, 2 * regularizedBeta(0.5, many, few + 1));
}
