/**
 * The accuracy of a window, read off the labels of the baseline that was made again.
 *
 * What is meant is the share of right predictions among the images of the window itself, not among all that the window may
 * have been drawn from. So both sets of images are samples. The window's may be easier or harder than the baseline's, and
 * what is known of its rows without labels tells a part of that. The value is therefore the regression estimate of survey
 * sampling (W. G. Cochran, "Sampling Techniques", 3rd edition, chapter 7): the baseline's accuracy, moved by the slopes along
 * which its rows are right more or less often, times how far the window's means of these numbers are from the baseline's.
 * What the slopes explain is no longer chance.
 *
 * The interval holds the rest of the sampling of both, and what the fit of the causes may be wrong by, which grows with what
 * can still be told apart.
 */
import { dot } from '../linear/dot.js';
import { type PredictedRows, predictors } from './predictors.js';
import { type Regression, regress } from './regression.js';

export interface ReadOff {
  value: number;
  low: number;
  high: number;
}

export interface JudgedRows extends PredictedRows {
  /** `[rows]`: whether the prediction is the label. */
  correct: readonly boolean[];
}

/** What the window would be a sample of: the labelled images of the baseline, changed. */
export interface Remade {
  /** `[images]`: how much each image counts; they add up to 1. */
  weights: Float64Array;
  /** The images with the causes and without, and which share of each the window has; the shares add up to 1. */
  states: readonly { share: number; rows: JudgedRows }[];
}

/** The rows of the window without labels, and of how many they are a random draw. */
export interface WindowSample {
  /** Null without scores: then nothing but the baseline's accuracy is known. */
  rows: PredictedRows | null;
  compared: number;
  all: number;
}

/** Standard deviation of the error of a fit that leaves nothing to tell apart, and what each unit of AUC beyond 0.5 adds. */
const [FIT, FIT_OF_AUC] = [0.005, 0.2];
const QUANTILE = 1.96;

/** @param auc with which the two can still be told apart */
export function readOff(remade: Remade, window: WindowSample, auc: number): ReadOff {
  const fitted = slopesOf(remade, window.rows);
  const { mean, slopes, means, variance } = fitted.regression;
  const value = Math.min(1, Math.max(0, mean + dot(slopes, difference(fitted.windowMeans, means))));
  const known = 1 / remade.weights.reduce((sum, weight) => sum + weight ** 2, 0);
  const left = Math.max(fitted.left, 1 / (known + 2));
  const seen = Math.max(0, variance - left) * (1 / window.compared - 1 / window.all);
  const fit = FIT + FIT_OF_AUC * Math.max(0, auc - 0.5);
  const margin = QUANTILE * Math.sqrt(left * (1 / known + 1 / window.all) + seen + fit ** 2);
  return { value, low: Math.max(0, value - margin), high: Math.min(1, value + margin) };
}

/** Accuracy of the baseline that was made again, whatever the window's rows look like. */
export function remadeAccuracy({ weights, states }: Remade): number {
  return states.reduce(
    (sum, { share, rows }) => sum + share * dot(weights, Float64Array.from(rows.correct, Number)),
    0,
  );
}

/** The first one's value, with an interval that holds those of all. @param all at least one */
export function rangeOf(all: readonly ReadOff[]): ReadOff {
  return {
    value: all[0]!.value,
    low: Math.min(...all.map(({ low }) => low)),
    high: Math.max(...all.map(({ high }) => high)),
  };
}

interface Fitted {
  regression: Regression;
  /** `[predictors]`: the window's means. */
  windowMeans: Float64Array;
  /** Variance that the predictors leave, as it would be of other rows than those by which the slopes were found. */
  left: number;
}

function slopesOf({ weights, states }: Remade, window: PredictedRows | null): Fitted {
  const images = weights.length;
  const used = window === null ? [] : predictors(states[0]!.rows);
  const columns = used.length;
  const rows = states.length * images;
  const [numbers, values, counts] = [new Float64Array(rows * columns), new Float64Array(rows), new Float64Array(rows)];
  for (const [state, { share, rows: own }] of states.entries()) {
    for (let image = 0; image < images; image++) {
      const row = state * images + image;
      values[row] = own.correct[image] ? 1 : 0;
      counts[row] = share * weights[image]!;
      for (let c = 0; c < columns; c++) numbers[row * columns + c] = used[c]!(own, image);
    }
  }
  const regression = regress(numbers, columns, values, counts);
  const windowMeans = Float64Array.from(used, (predictor) => meanOf(window!, predictor));
  return { regression, windowMeans, left: regression.left / (1 - columns / images) };
}

function meanOf(rows: PredictedRows, predictor: (rows: PredictedRows, row: number) => number): number {
  const count = rows.predicted.length;
  let sum = 0;
  for (let row = 0; row < count; row++) sum += predictor(rows, row);
  return sum / count;
}

function difference(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, i) => value - b[i]!);
}
