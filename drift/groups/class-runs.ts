/**
 * Whether a file is sorted by class: a folder after the other. Then neighbours are of one cluster because of how the file was
 * made, and what they have in common beyond their class is what counts.
 *
 * True classes say so themselves. Predicted ones are wrong here and there, so the likeliest sequence of classes behind them is
 * looked for (A. J. Viterbi, IEEE Trans. Inf. Theory 13, 1967): a prediction is right in `RIGHT` of the rows, and a class lasts.
 * The file is sorted if at least `LEAST_CLASSES` come in one run each. Clips do not: their classes come back.
 */
import type { RunRow } from './row-runs.js';

const RIGHT = 0.7;
/** Natural logarithm of how much less likely a change of class is than none, beside the number of rows. */
const CHANGE = 3;
/** Fewer classes may come in one run by chance, as of three clips. */
const LEAST_CLASSES = 4;

/** The rows of each class, in pieces that lie together; null if the rows are not sorted by class. */
export function classRuns(blocks: readonly RunRow[][]): RunRow[][][] | null {
  const rows = blocks.flat();
  const classes = areTargetsSorted(rows) ? rows.map(({ target }) => target) : sortedPredictions(rows);
  if (classes === null) return null;
  const runs = new Map<number, RunRow[][]>();
  let at = 0;
  for (const block of blocks) {
    for (const [i, row] of block.entries()) {
      const own = classes[at]!;
      const pieces = runs.get(own) ?? [];
      runs.set(own, pieces);
      if (i === 0 || own !== classes[at - 1]) pieces.push([row]);
      else pieces.at(-1)!.push(row);
      at++;
    }
  }
  return [...runs.values()];
}

/** True if rows of one true class lie together. */
function areTargetsSorted(rows: readonly RunRow[]): boolean {
  const targets = rows.map(({ target }) => target).filter((target) => target > 0);
  const different = new Set(targets).size;
  return different > 1 && runsIn(targets) <= 2 * different;
}

function sortedPredictions(rows: readonly RunRow[]): number[] | null {
  const predicted = rows.map((row) => row.predicted);
  if (predicted.length === 0 || predicted.includes(0)) return null;
  const classes = likeliestClasses(predicted);
  const different = new Set(classes).size;
  return different >= LEAST_CLASSES && runsIn(classes) === different ? classes : null;
}

function runsIn(classes: readonly number[]): number {
  return classes.filter((own, i) => i === 0 || own !== classes[i - 1]).length;
}

/** The class behind each row. */
function likeliestClasses(predicted: readonly number[]): number[] {
  const known = [...new Set(predicted)];
  const wrong = Math.log((1 - RIGHT) / Math.max(1, known.length - 1));
  const change = CHANGE + Math.log(predicted.length);
  let scores = known.map(() => 0);
  /** By row and class: where the best sequence comes from. */
  const from: number[][] = [];
  for (const own of predicted) {
    const best = scores.indexOf(Math.max(...scores));
    const stays = scores.map((score) => score >= scores[best]! - change);
    from.push(stays.map((stayed, c) => (stayed ? c : best)));
    scores = scores.map(
      (score, c) => (stays[c] ? score : scores[best]! - change) + (known[c] === own ? Math.log(RIGHT) : wrong),
    );
  }
  let at = scores.indexOf(Math.max(...scores));
  const classes = new Array<number>(predicted.length);
  for (let row = predicted.length - 1; row >= 0; row--) {
    classes[row] = known[at]!;
    at = from[row]![at]!;
  }
  return classes;
}
