/**
 * What says of a row, without its label, whether its prediction is right: the network's confidence, the class that it
 * predicts, how sure it is of that class, and where the row lies. They are as many as the labelled images allow: each costs
 * a little certainty, since its slope has to be found.
 */
import type { Matrix64 } from '../linear/matrix.js';

/** Rows without labels. */
export interface PredictedRows {
  /** `[rows]`: class names. */
  predicted: readonly string[];
  /** `[rows]`: the score of the prediction. */
  confidence: readonly number[];
  /** Along the principal components of the clean baseline. */
  coordinates: Matrix64;
}

/** One number of a row. */
export type Predictor = (rows: PredictedRows, row: number) => number;

/** Labelled images for each predictor. With 40 of them, 2,500 images lose 2 % of their worth. */
const IMAGES_EACH = 60;
/** A class that is predicted more rarely has no slope of its own. */
const LEAST_PREDICTED = 50;
const MOST_COORDINATES = 20;

/** @param rows of the labelled images */
export function predictors(rows: PredictedRows): Predictor[] {
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
