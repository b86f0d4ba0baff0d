/** Counts of predicted classes and of correct predictions. They are sums, so shards merge by adding. */
import { DriftError, grouped } from '../drift-error.js';
import { addCounts } from '../statistics/counts.js';
import type { DriftBatch } from './batch.js';
import { predictedOf } from './softmax-side.js';

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
