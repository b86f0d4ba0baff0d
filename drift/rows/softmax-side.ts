/** What the scores (softmax) of a row tell: predicted class, confidence and entropy. */
import type { Matrix } from '../linear/matrix.js';

/** The largest score of a row. */
export function confidenceOf({ data, columns }: Matrix, row: number): number {
  let largest = data[row * columns]!;
  for (let c = 1; c < columns; c++) largest = Math.max(largest, data[row * columns + c]!);
  return largest;
}

/** -Σ p ln p in nats, from 0 to ln(classes); scores that are not positive add nothing. */
export function entropyOf({ data, columns }: Matrix, row: number): number {
  let entropy = 0;
  for (let c = 0; c < columns; c++) {
    const p = data[row * columns + c]!;
    if (p > 0) entropy -= p * Math.log(p);
  }
  return entropy;
}

/** Index of the largest score; the first, if several are equal, as in PyTorch and NumPy. */
export function predictedOf({ data, columns }: Matrix, row: number): number {
  let best = 0;
  for (let c = 1; c < columns; c++) if (data[row * columns + c]! > data[row * columns + best]!) best = c;
  return best;
}
