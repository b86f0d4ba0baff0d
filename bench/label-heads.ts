/** Logistic heads on stored embeddings: models that are quick to train again. */
import { Random } from '../base/index.js';
import type { Matrix } from '../drift/index.js';

export interface HeadRows {
  embeddings: Matrix;
  /** `[rows]`: indices of classes. */
  labels: readonly number[];
}

export interface Head {
  classes: number;
  /** `[classes, columns]`. */
  weights: Float64Array;
  /** `[classes]`. */
  bias: Float64Array;
}

const EPOCHS = 2;
const RATE = 0.02;

/** One row after another, in an order of this seed, with a step that falls to 0. */
export function trainedHead({ embeddings, labels }: HeadRows, classes: number, seed: number): Head {
  const { rows, columns, data } = embeddings;
  const head = { classes, weights: new Float64Array(classes * columns), bias: new Float64Array(classes) };
  const random = Random.stream(seed, rows);
  const scores = new Float64Array(classes);
  for (let step = 0; step < EPOCHS * rows; step++) {
    const row = random.below(rows);
    const offset = row * columns;
    scoresOf(head, data, offset, scores);
    const rate = RATE * (1 - step / (EPOCHS * rows));
    for (let label = 0; label < classes; label++) {
      const change = rate * (Number(labels[row] === label) - scores[label]!);
      head.bias[label]! += change;
      const from = label * columns;
      for (let i = 0; i < columns; i++) head.weights[from + i]! += change * data[offset + i]!;
    }
  }
  return head;
}

/** @returns `[rows, classes]`, each row with a sum of 1 */
export function headScores(head: Head, { rows, columns, data }: Matrix): Matrix {
  const all = new Float32Array(rows * head.classes);
  const scores = new Float64Array(head.classes);
  for (let row = 0; row < rows; row++) {
    scoresOf(head, data, row * columns, scores);
    all.set(scores, row * head.classes);
  }
  return { rows, columns: head.classes, data: all };
}

/** Softmax of one row's logits. */
function scoresOf({ classes, weights, bias }: Head, data: ArrayLike<number>, offset: number, scores: Float64Array) {
  const columns = weights.length / classes;
  for (let label = 0; label < classes; label++) {
    let logit = bias[label]!;
    const from = label * columns;
    for (let i = 0; i < columns; i++) logit += weights[from + i]! * data[offset + i]!;
    scores[label] = logit;
  }
  const largest = Math.max(...scores);
  let sum = 0;
  for (let label = 0; label < classes; label++) sum += scores[label] = Math.exp(scores[label]! - largest);
  for (let label = 0; label < classes; label++) scores[label]! /= sum;
}
