/**
 * Whether accuracy could be estimated without labels for each predicted class: the upper ends of three intervals,
 * beside the truth. `all`: the class's rows, with the rates of the bins of all classes. `own`: with the class's own
 * rates, in few bins. `precision`: the class's rate in the baseline, whatever the confidence. The baseline is split
 * into a fitted and a counted half at random, several times. The ways, and the number of bins of `own`, were chosen
 * after the first look at these sets.
 */

import { Random } from '../base/index.js';
import { type DriftBatch, takeRows } from '../drift/index.js';
import { confidenceOf, predictedOf } from '../drift/rows/tallies.js';
import { binOf, quantileEdges } from '../drift/statistics/counts.js';
import { estimateAccuracy } from '../drift/statistics/estimated-accuracy.js';

const SPLITS = 20;
/** Bins of confidence of all classes, as in a profile. */
const BINS = 50;
/** Bins of one class at most, and rows that are fitted for each. */
const [OWN_BINS, OWN_BIN_ROWS] = [3, 20];
/** A class that fewer of the window's rows are predicted as is left out. */
const LEAST_ROWS = 50;

export const WAYS = ['all', 'own', 'precision'] as const;
type Way = (typeof WAYS)[number];

interface Predictions {
  rows: number;
  predicted: readonly number[];
  confidence: readonly number[];
  right: readonly boolean[];
}

/** What was counted of one window over all splits. */
export interface ClassBounds {
  /** Classes that enough rows are predicted as. */
  classes: number;
  /** Share of the bounds that are below the truth, and how far they are above it in the mean. */
  below: Record<Way, number>;
  excess: Record<Way, number>;
}

export function classBounds(baseline: DriftBatch, window: DriftBatch, classes: readonly string[]): ClassBounds {
  const of = predictionsOf(window, classes);
  const known = predictionsOf(baseline, classes);
  const counted = classes.flatMap((_, c) => (rowsOf(of, c).length >= LEAST_ROWS ? [c] : []));
  const errors = new Map<Way, number[]>(WAYS.map((way) => [way, []]));
  for (let seed = 1; seed <= SPLITS; seed++) {
    const order = new Random(seed).shuffle(Int32Array.from({ length: known.rows }, (_, row) => row));
    const half = order.length >> 1;
    const [fitted, held] = [order.slice(0, half), order.slice(half)].map((rows) => taken(known, [...rows])) as [
      Predictions,
      Predictions,
    ];
    for (const c of counted) {
      const rows = taken(of, rowsOf(of, c));
      const truth = share(rows.right);
      const ownFitted = taken(fitted, rowsOf(fitted, c));
      const own = taken(held, rowsOf(held, c));
      const ownBins = Math.max(1, Math.min(OWN_BINS, Math.floor(ownFitted.rows / OWN_BIN_ROWS)));
      const highs: Record<Way, number> = {
        all: highOf(edgesOf(fitted, BINS), held, rows),
        own: highOf(edgesOf(ownFitted, ownBins), own, rows),
        precision: highOf([], own, rows),
      };
      for (const way of WAYS) errors.get(way)!.push(highs[way] - truth);
    }
  }
  const each = (value: (errors: readonly number[]) => number) =>
    Object.fromEntries(WAYS.map((way) => [way, value(errors.get(way)!)])) as Record<Way, number>;
  return {
    classes: counted.length,
    below: each((all) => all.filter((error) => error < 0).length / all.length),
    excess: each((all) => all.reduce((sum, error) => sum + error, 0) / all.length),
  };
}

function predictionsOf({ embeddings: { rows }, scores, targets }: DriftBatch, classes: readonly string[]): Predictions {
  const predicted = Array.from({ length: rows }, (_, row) => predictedOf(scores!, row));
  return {
    rows,
    predicted,
    confidence: predicted.map((_, row) => confidenceOf(scores!, row)),
    right: predicted.map((c, row) => classes[c] === targets![row]),
  };
}

function rowsOf({ predicted }: Predictions, c: number): number[] {
  return predicted.flatMap((one, row) => (one === c ? [row] : []));
}

function taken({ predicted, confidence, right }: Predictions, rows: readonly number[]): Predictions {
  return {
    rows: rows.length,
    predicted: rows.map((row) => predicted[row]!),
    confidence: rows.map((row) => confidence[row]!),
    right: rows.map((row) => right[row]!),
  };
}

/** `quantileEdges` needs three bins; fewer are cut here. */
function edgesOf({ confidence }: Predictions, bins: number): number[] {
  if (bins >= 3) return quantileEdges(Float64Array.from(confidence), bins);
  return bins === 1 ? [] : [confidence.toSorted((a, b) => a - b)[confidence.length >> 1]!];
}

function highOf(edges: readonly number[], held: Predictions, rows: Predictions): number {
  const none = () => new Array<number>(edges.length + 1).fill(0);
  const reliability = { total: none(), correct: none() };
  for (const [row, value] of held.confidence.entries()) {
    const bin = binOf(edges, value);
    reliability.total[bin]!++;
    if (held.right[row]) reliability.correct[bin]!++;
  }
  const counts = none();
  for (const value of rows.confidence) counts[binOf(edges, value)]!++;
  return estimateAccuracy(reliability, counts, rows.rows).high;
}

function share(right: readonly boolean[]): number {
  return right.filter(Boolean).length / right.length;
}

export function windowRows(batch: DriftBatch, classesKept: readonly string[] | null, most: number): DriftBatch {
  const kept = batch.targets!.flatMap((target, row) => ((classesKept?.includes(target!) ?? true) ? [row] : []));
  return takeRows(batch, kept.slice(0, most));
}
