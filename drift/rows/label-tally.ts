/** Counts of predicted classes and of correct predictions. They are sums, so shards merge by adding. */

import { DriftError, grouped } from '../drift-error.js';
import type { Matrix } from '../linear/matrix.js';
import { addCounts } from '../statistics/counts.js';
import type { DriftBatch } from './batch.js';

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

export interface LabelCounts {
  /** Rows by predicted class, in the order of the classes; null where no row had scores or no classes are known. */
  predicted: number[] | null;
  /** Rows that have both a label and a prediction. */
  labelled: number;
  /** Rows among them whose label and prediction agree. */
  correct: number;
}

export interface LabelledRow {
  /** Index of the predicted class, -1 where not known. */
  predicted: number;
  /** Null without a label. */
  correct: boolean | null;
}

const UNKNOWN: LabelledRow = { predicted: -1, correct: null };

export class LabelTally {
  #predicted: number[] | null = null;
  #labelled = 0;
  #correct = 0;
  readonly #indexOf: ReadonlyMap<string, number>;
  readonly #classes: readonly string[];
  readonly #what: string;

  constructor(classes: readonly string[], what: string) {
    this.#classes = classes;
    this.#what = what;
    this.#indexOf = new Map(classes.map((name, i) => [name, i]));
  }

  /**
   * @returns the row's prediction, and whether it is correct
   * @throws DriftError `TARGET_NOT_A_CLASS`
   */
  add(batch: DriftBatch, row: number): LabelledRow {
    if (!batch.scores || this.#classes.length === 0) return UNKNOWN;
    this.#predicted ??= new Array<number>(this.#classes.length).fill(0);
    const predicted = predictedOf(batch.scores, row);
    this.#predicted[predicted]!++;
    const target = batch.targets?.[row] ?? null;
    if (target === null) return { predicted, correct: null };
    const index = this.#indexOf.get(target);
    if (index === undefined) {
      throw new DriftError(
        'TARGET_NOT_A_CLASS',
        `${this.#what}: target ${JSON.stringify(target)} is none of the ${grouped(this.#classes.length)} classes`,
      );
    }
    this.#labelled++;
    const correct = index === predicted;
    if (correct) this.#correct++;
    return { predicted, correct };
  }

  counts(): LabelCounts {
    return { predicted: this.#predicted?.slice() ?? null, labelled: this.#labelled, correct: this.#correct };
  }
}

export function addLabelCounts(a: LabelCounts, b: LabelCounts): LabelCounts {
  const predicted = a.predicted && b.predicted ? addCounts(a.predicted, b.predicted) : (a.predicted ?? b.predicted);
  return { predicted, labelled: a.labelled + b.labelled, correct: a.correct + b.correct };
}

/** `correct / labelled`, from 0 to 1; null without labels. */
export function accuracyOf(counts: Pick<LabelCounts, 'labelled' | 'correct'>): number | null {
  return counts.labelled === 0 ? null : counts.correct / counts.labelled;
}
