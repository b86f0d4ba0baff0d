/**
 * The accuracy of a window, read off the labels of the baseline that was made again: the share of right predictions
 * among the window's own images, not among all that they may be drawn from. So both sets of images are samples, and the
 * window's may be easier or harder, which is partly known without labels. The value is the regression estimate of
 * survey sampling (W. G. Cochran, "Sampling Techniques", 3rd edition, chapter 7): the baseline's accuracy, moved by the
 * slopes along which its rows are right more or less often, times how far the window's means of these numbers are from
 * the baseline's. The interval holds the rest of the sampling of both, and what the fit of the causes may be wrong by,
 * which grows with what can still be told apart.
 */
import { solveStandardized } from '../linear/decompositions.js';
import { dot } from '../linear/distance.js';
import type { Matrix64 } from '../linear/matrix.js';
import { mean } from '../statistics/moments.js';

/** Ridge for predictors of variance 1: enough that one which says the same as another does no harm. */
const RIDGE = 1e-6;

interface Regression {
  slopes: Float64Array;
  /** `[predictors]`: their weighted means. */
  means: Float64Array;
  mean: number;
  /** Variance of the values, and what the predictors leave of it. */
  variance: number;
  left: number;
}

/** @param predictors `[rows, columns]` @param values `[rows]` @param weights `[rows]`, adding up to 1 */
function regress(predictors: Float64Array, columns: number, values: Float64Array, weights: Float64Array): Regression {
  const rows = values.length;
  const means = new Float64Array(columns);
  let mean = 0;
  for (let row = 0; row < rows; row++) {
    mean += weights[row]! * values[row]!;
    for (let c = 0; c < columns; c++) means[c]! += weights[row]! * predictors[row * columns + c]!;
  }
  const products = new Float64Array(columns * columns);
  const along = new Float64Array(columns);
  let variance = 0;
  for (let row = 0; row < rows; row++) {
    const [weight, value] = [weights[row]!, values[row]! - mean];
    variance += weight * value ** 2;
    for (let c = 0; c < columns; c++) {
      const moved = weight * (predictors[row * columns + c]! - means[c]!);
      along[c]! += moved * value;
      for (let d = 0; d <= c; d++) products[c * columns + d]! += moved * (predictors[row * columns + d]! - means[d]!);
    }
  }
  const { x: slopes, scaled, solved } = solveStandardized(products, columns, along, RIDGE);
  const explained = solved.reduce((sum, slope, c) => sum + slope * scaled[c]!, 0);
  return { slopes, means, mean, variance, left: variance - explained };
}

// What says, without labels, whether a prediction is right. Predictors are as many as the labelled images allow: each
// costs a little certainty, since its slope has to be found.

export interface PredictedRows {
  /** `[rows]`: class names. */
  predicted: readonly string[];
  /** `[rows]`: the score of the prediction. */
  confidence: readonly number[];
  /** Along the principal components of the clean baseline. */
  coordinates: Matrix64;
}

type Predictor = (rows: PredictedRows, row: number) => number;

/** Labelled images for each predictor. With 40 of them, 2,500 images lose 2 % of their worth. */
const IMAGES_EACH = 60;
/** A class that is predicted more rarely has no slope of its own. */
const LEAST_PREDICTED = 50;
const MOST_COORDINATES = 20;

function predictors(rows: PredictedRows): Predictor[] {
  // The most frequent class is what the others are compared with.
  const classes = frequentClasses(rows).slice(1);
  const isOf = (name: string) => (of: PredictedRows, row: number) => (of.predicted[row] === name ? 1 : 0);
  const all: Predictor[] = [
    (of, row) => of.confidence[row]!,
    ...classes.map(isOf),
    ...classes.map((name) => (of: PredictedRows, row: number) => isOf(name)(of, row) * of.confidence[row]!),
    ...Array.from(
      { length: Math.min(MOST_COORDINATES, rows.coordinates.columns) },
      (_, i) =>
        ({ coordinates: { columns, data } }: PredictedRows, row: number) =>
          data[row * columns + i]!,
    ),
  ];
  return all.slice(0, Math.floor(rows.predicted.length / IMAGES_EACH));
}

function frequentClasses({ predicted }: PredictedRows): string[] {
  const counts = new Map<string, number>();
  for (const name of predicted) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts]
    .filter(([, count]) => count >= LEAST_PREDICTED)
    .sort((a, b) => b[1] - a[1])
    .map(([name]) => name);
}

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

// Whether a network was perhaps trained on labelled images. On images that it has not seen a network is usually right less
// often than its confidence says (Guo et al., "On Calibration of Modern Neural Networks", ICML 2017); on those that it was trained
// on, more often. It is a hint: label smoothing makes a network less sure than it should be of any image.

/** Standard errors by which it must be right more often. */
const BEYOND_CHANCE = 3;

/** @param correct `[rows]`: whether the prediction is the label @param confidence `[rows]`: its score */
export function isRightMoreOftenThanSure(correct: readonly boolean[], confidence: readonly number[]): boolean {
  const gaps = correct.map((isCorrect, row) => (isCorrect ? 1 : 0) - confidence[row]!);
  const centre = mean(gaps);
  const variance = mean(gaps.map((gap) => (gap - centre) ** 2));
  return centre > BEYOND_CHANCE * Math.sqrt(variance / gaps.length);
}
