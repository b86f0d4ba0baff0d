/**
 * The accuracy of a window, read off the labels of the baseline that was made again. The truth that is meant is the share of
 * right predictions in the window itself, so both sets of rows are samples: the variance is `a(1-a)(1/m + 1/n)`. What the fit
 * may be wrong by is added, and it grows with what can still be told apart.
 */

export interface ReadOff {
  value: number;
  low: number;
  high: number;
}

/** Standard deviation of the error of a fit that leaves nothing to tell apart, and what each unit of AUC beyond 0.5 adds. */
const [FIT, FIT_OF_AUC] = [0.005, 0.2];
const QUANTILE = 1.96;

/** A candidate that suffices. */
export interface Sufficient {
  /** Accuracy of the baseline with the causes. */
  remade: number;
  /** Accuracy of the clean baseline. */
  clean: number;
  share: number;
  auc: number;
}

/** @param rows labelled rows of the baseline and rows of the window that the accuracy is of */
export function readOff({ remade, clean, share, auc }: Sufficient, rows: readonly [number, number]): ReadOff {
  const value = share * remade + (1 - share) * clean;
  const sampling = value * (1 - value) * (1 / rows[0] + 1 / rows[1]);
  const fit = FIT + FIT_OF_AUC * Math.max(0, auc - 0.5);
  const margin = QUANTILE * Math.sqrt(sampling + fit ** 2);
  return { value, low: Math.max(0, value - margin), high: Math.min(1, value + margin) };
}

/** The first one's value, with an interval that holds those of all. @param all at least one */
export function rangeOf(all: readonly ReadOff[]): ReadOff {
  return {
    value: all[0]!.value,
    low: Math.min(...all.map(({ low }) => low)),
    high: Math.max(...all.map(({ high }) => high)),
  };
}
