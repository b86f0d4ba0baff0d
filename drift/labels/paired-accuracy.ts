/**
 * Two models on the same images: how much more often the new one is right. Where both predict the same class nothing
 * differs, so that the labels of the others alone say it, and how many these are is known of all images. The p-value is
 * that of Q. McNemar (Psychometrika 12, 1947), exact; the interval that of D. G. Bonett and R. M. Price (Journal of
 * Educational and Behavioral Statistics 37, 2012), which holds for few rows, too.
 */
import { clopperPearson, type Interval, NORMAL_95 } from '../statistics/accuracy-interval.js';
import { regularizedBeta } from '../statistics/beta.js';
import { type LabelledRow, weighedRows, worthOf } from './labelled-accuracy.js';

/** A labelled image on which the two predictions differ. */
export interface ChangedRow extends Pick<LabelledRow, 'group' | 'planned'> {
  oldRight: boolean;
  newRight: boolean;
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
  difference: Interval & { value: number; p: number };
}

/**
 * @param rows that changed and have labels: all of them, a random part, or by a plan; at least one
 * @param changed share of all images on which the predictions differ
 */
export function pairedAccuracy(rows: readonly ChangedRow[], changed: number): PairedAccuracy {
  const { shareOf, evenRows } = weighedRows(rows);
  const isLost = ({ oldRight, newRight }: ChangedRow) => oldRight && !newRight;
  const isWon = ({ oldRight, newRight }: ChangedRow) => newRight && !oldRight;
  const worth = Math.min(...[isLost, isWon].map((is) => worthOf(rows.map((row) => ({ ...row, right: is(row) })))));
  const counted = Math.max(1, evenRows * worth);
  const change = (is: (row: ChangedRow) => boolean): Change => {
    const share = shareOf(is);
    const { low, high } = clopperPearson(share * counted, counted);
    return { labels: rows.filter(is).length, value: changed * share, low: changed * low, high: changed * high };
  };
  const [lost, won] = [shareOf(isLost) * counted, shareOf(isWon) * counted];
  return {
    right_to_wrong: change(isLost),
    wrong_to_right: change(isWon),
    difference: {
      value: (changed * (won - lost)) / counted,
      ...rangeOf(lost, won, counted, changed),
      p: exactP(lost, won),
    },
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
