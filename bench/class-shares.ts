/**
 * How far the shares of the classes that `explain` finds are from the truth, beside black-box shift estimation (Z. Lipton, Y.-X. Wang and A. Smola,
 * "Detecting and correcting for label shift with black box predictors", ICML 2018): the shares with which the baseline's confusion matrix
 * gives the predictions of the window.
 */
import { openEvents } from '../data/index.js';
import { cholesky, solveCholesky } from '../drift/linear/cholesky.js';
import type { ClassAccuracy } from '../pipeline/index.js';

interface Named {
  predicted: string[];
  target: string[];
}

/** Enough for a confusion matrix of classes that are never predicted. */
const RIDGE = 1e-9;

/** Largest error of the share of a class, in points: of what was found, and of black-box shift estimation. */
export async function shareErrors(
  found: readonly ClassAccuracy[],
  classes: readonly string[],
  baseline: string,
  window: string,
): Promise<{ found: number; blackBox: number }> {
  const [known, own] = [await namesOf(baseline, classes), await namesOf(window, classes)];
  const truth = classes.map((name) => own.target.filter((target) => target === name).length / own.target.length);
  const largest = (shares: readonly number[]) =>
    100 * Math.max(...shares.map((share, i) => Math.abs(share - truth[i]!)));
  const shares = classes.map((name) => found.find((one) => one.name === name)?.share ?? 0);
  return { found: largest(shares), blackBox: largest(blackBoxShares(known, own.predicted, classes)) };
}

function blackBoxShares({ predicted, target }: Named, window: readonly string[], classes: readonly string[]): number[] {
  const size = classes.length;
  const place = new Map(classes.map((name, i) => [name, i]));
  const counts = classes.map((name) => target.filter((one) => one === name).length);
  // `[predicted, true]`: how often a row of a class is predicted as each.
  const rates = new Float64Array(size * size);
  for (const [row, name] of target.entries()) {
    const of = place.get(name)!;
    rates[place.get(predicted[row]!)! * size + of]! += 1 / counts[of]!;
  }
  const seen = classes.map((name) => window.filter((one) => one === name).length / window.length);
  const products = new Float64Array(size * size);
  const right = new Float64Array(size);
  for (let a = 0; a < size; a++) {
    for (let p = 0; p < size; p++) {
      right[a]! += rates[p * size + a]! * seen[p]!;
      for (let b = 0; b < size; b++) products[a * size + b]! += rates[p * size + a]! * rates[p * size + b]!;
    }
    products[a * size + a]! += RIDGE;
  }
  const shares = [...solveCholesky(cholesky(products, size), size, right)].map((share) => Math.max(0, share));
  const sum = shares.reduce((total, share) => total + share, 0);
  return shares.map((share) => share / sum);
}

async function namesOf(path: string, classes: readonly string[]): Promise<Named> {
  const events = await openEvents(path);
  const named: Named = { predicted: [], target: [] };
  for await (const { rows, scores, targets } of events.batches({ columns: ['scores', 'targets'] })) {
    for (let row = 0; row < rows; row++) {
      const own = scores!.subarray(row * classes.length, (row + 1) * classes.length);
      named.predicted.push(classes[own.indexOf(Math.max(...own))]!);
      named.target.push(targets![row]!);
    }
  }
  await events.close();
  return named;
}
