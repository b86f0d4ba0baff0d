/**
 * Greedy k-means++ seeding: each next centre is the best of `2 + floor(ln k)` rows drawn by squared distance (D. Arthur
 * and S. Vassilvitskii, "k-means++: the advantages of careful seeding", SODA 2007, section 3.1 and conclusion, with
 * scikit-learn's number of trials). Distances that the triangle inequality proves useless are not computed (E. Raff,
 * "Exact acceleration of k-means++ and k-means||", IJCAI 2021).
 */
import type { Random } from '../../base/index.js';
import { log } from '../../base/math/index.js';
import { DriftError, grouped } from '../drift-error.js';
import { squaredDistance, squaredDistanceBelow } from '../linear/distance.js';
import type { Matrix64 } from '../linear/matrix.js';
import { elkanBelow } from './elkan.js';
import type { KernelRows } from './kernel/kernel-rows.js';
import type { KnownDistances, LloydOptions, LloydResult } from './lloyd.js';

/** Draws centres, `[clusters, columns]`, which are different rows. @throws DriftError `TOO_FEW_DISTINCT_ROWS` */
export function kMeansPlusPlus(
  matrix: Matrix64,
  clusters: number,
  random: Random,
  kernel: KernelRows | null = null,
): { centres: Float64Array } & KnownDistances {
  const seeding = new Seeding(matrix, clusters, kernel);
  seeding.first(random.below(matrix.rows));
  const trials = 2 + Math.floor(log(clusters));
  while (seeding.size < clusters) {
    if (!(seeding.potential > 0)) throw tooFewDistinctRows(clusters, seeding.size);
    seeding.addBest(Array.from({ length: trials }, () => seeding.draw(random)));
  }
  return { centres: seeding.centres, labels: seeding.nearest, squares: seeding.closest, others: null };
}

/** No two centres are the same: if every row lies on one, there are as many different rows. */
function tooFewDistinctRows(clusters: number, distinct: number): DriftError {
  return new DriftError(
    'TOO_FEW_DISTINCT_ROWS',
    `k-means: ${grouped(clusters)} clusters asked for, only ${grouped(distinct)} different ` +
      `${distinct === 1 ? 'row' : 'rows'} in the data`,
    { hint: `Ask for at most ${grouped(distinct)}, or give more varied rows.` },
  );
}

class Seeding {
  /** `[clusters, columns]`, filled up to `size`. */
  readonly centres: Float64Array;
  size = 0;
  /** Σ of `closest`. */
  potential = 0;
  /** Squared distance of each row to its nearest centre, and the index of that centre. */
  closest: Float64Array;
  readonly nearest: Int32Array;
  readonly #matrix: Matrix64;
  readonly #kernel: KernelRows | null;

  constructor(matrix: Matrix64, clusters: number, kernel: KernelRows | null) {
    this.#matrix = matrix;
    this.#kernel = kernel;
    this.centres = new Float64Array(clusters * matrix.columns);
    this.closest = new Float64Array(matrix.rows);
    this.nearest = new Int32Array(matrix.rows);
  }

  first(row: number): void {
    const { rows, columns, data } = this.#matrix;
    this.centres.set(data.subarray(row * columns, (row + 1) * columns));
    this.size = 1;
    if (this.#kernel?.isExact) this.closest = this.#kernel.squaresToRow(row);
    else {
      for (let i = 0; i < rows; i++) {
        this.closest[i] = squaredDistance(data, i * columns, data, row * columns, columns);
      }
    }
    this.potential = sum(this.closest);
  }

  draw(random: Random): number {
    return drawByWeight(this.closest, this.potential, random);
  }

  /** Adds the candidate that leaves the smallest potential; the first, if several are equal. */
  addBest(candidates: readonly number[]): void {
    const { columns, data } = this.#matrix;
    const tried = this.#closestWith(candidates);
    const potentials = tried.map((closest) => sum(closest));
    const best = potentials.indexOf(Math.min(...potentials));
    const closest = tried[best]!;
    for (let i = 0; i < closest.length; i++) if (closest[i]! < this.closest[i]!) this.nearest[i] = this.size;
    this.closest.set(closest);
    this.potential = potentials[best]!;
    const start = candidates[best]! * columns;
    this.centres.set(data.subarray(start, start + columns), this.size * columns);
    this.size++;
  }

  /** For each candidate, what `closest` would be with it as one more centre. */
  #closestWith(candidates: readonly number[]): Float64Array[] {
    const { rows, columns, data } = this.#matrix;
    const toCentres = candidates.map((candidate) => this.#distancesToCentres(candidate));
    if (this.#kernel) return this.#kernel.closestWith(candidates, this.nearest, this.closest, toCentres);
    const closest = candidates.map(() => this.closest.slice());
    for (let i = 0; i < rows; i++) {
      const square = this.closest[i]!;
      for (let t = 0; t < candidates.length; t++) {
        // d(candidate, centre) ≥ 2 d(row, centre) ⇒ d(row, candidate) ≥ d(row, centre); here all squared.
        if (toCentres[t]![this.nearest[i]!]! >= 4 * square) continue;
        const found = squaredDistanceBelow(square, data, i * columns, data, candidates[t]! * columns, columns);
        if (found < square) closest[t]![i] = found;
      }
    }
    return closest;
  }

  #distancesToCentres(candidate: number): Float64Array {
    const { columns, data } = this.#matrix;
    const distances = new Float64Array(this.size);
    for (let j = 0; j < this.size; j++) {
      distances[j] = squaredDistance(data, candidate * columns, this.centres, j * columns, columns);
    }
    return distances;
  }
}

function sum(values: Float64Array): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]!;
  return total;
}

/** Draws an index in proportion to its weight, none of weight 0 unless all are 0. @param total sum of the weights */
export function drawByWeight(weights: Float64Array, total: number, random: Random): number {
  let left = random.uniform() * total;
  let last = 0;
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i]!;
    if (weight === 0) continue;
    if (left < weight) return i;
    left -= weight;
    last = i;
  }
  return last;
}

// Local search after the restarts: takes one centroid out, puts another in, iterates, and keeps the better result.
// Lloyd's iteration cannot move a centroid across clusters. Sources: P. Fränti, "Efficiency of random swap clustering"
// (Journal of Big Data 5:13, 2018) for swapping and iterating; S. Lattanzi and C. Sohler, "A better k-means++ algorithm
// via local search" (ICML 2019) for drawing the centre by squared distance and removing the cheapest one.

/** Limit of swaps in a row without improvement; the number of clusters, if that is smaller. */
const FAILURES_TO_STOP = 10;

/** Returns a result at least as good as the given one. It tries at most twice as many swaps as there are clusters. */
export function searchSwaps(matrix: Matrix64, from: LloydResult, random: Random, options: LloydOptions): LloydResult {
  const clusters = from.centroids.length / matrix.columns;
  let best = from;
  const kernel = options.kernel ?? null;
  let second = measureSecond(matrix, best, kernel);
  let failures = 0;
  for (let swap = 0; swap < 2 * clusters && failures < Math.min(clusters, FAILURES_TO_STOP); swap++) {
    const candidate = drawByWeight(best.squares, best.inertia, random);
    const { centroids, known } = swapped(matrix, best, second, candidate, kernel);
    const tried = elkanBelow(best.inertia, matrix, centroids, options, known);
    failures++;
    if (tried === null) continue;
    failures = 0;
    best = { ...tried, iterations: best.iterations + tried.iterations };
    second = measureSecond(matrix, best, kernel);
  }
  return best;
}

/** `[rows]`: squared distance to the second nearest centroid. */
function measureSecond(matrix: Matrix64, result: LloydResult, kernel: KernelRows | null): Float64Array {
  const { rows, columns, data } = matrix;
  const { centroids, labels, squares } = result;
  const { neighbours, apart } = neighboursOf(centroids, columns);
  if (kernel !== null) return kernel.secondSquares(result, neighbours, apart);
  const second = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    const first = Math.sqrt(squares[i]!);
    const near = neighbours[labels[i]!]!;
    const far = apart[labels[i]!]!;
    let least = Number.POSITIVE_INFINITY;
    let leastRoot = Number.POSITIVE_INFINITY;
    for (let at = 0; at < near.length; at++) {
      // By the triangle inequality, neither this centroid nor any later one is nearer.
      if (far[at]! - first >= leastRoot) break;
      const square = squaredDistanceBelow(least, data, i * columns, centroids, near[at]! * columns, columns);
      if (square >= least) continue;
      least = square;
      leastRoot = Math.sqrt(square);
    }
    second[i] = least;
  }
  return second;
}

/** For each centroid: the other centroids, nearest first, and their distances. */
function neighboursOf(centroids: Float64Array, columns: number): { neighbours: Int32Array[]; apart: Float64Array[] } {
  const clusters = centroids.length / columns;
  const neighbours: Int32Array[] = [];
  const apart: Float64Array[] = [];
  for (let a = 0; a < clusters; a++) {
    const distances = Float64Array.from({ length: clusters }, (_, b) =>
      Math.sqrt(squaredDistance(centroids, a * columns, centroids, b * columns, columns)),
    );
    const others = Int32Array.from(distances.keys()).filter((b) => b !== a);
    others.sort((b, c) => distances[b]! - distances[c]! || b - c);
    neighbours.push(others);
    apart.push(Float64Array.from(others, (b) => distances[b]!));
  }
  return { neighbours, apart };
}

/** Replaces the centroid whose removal costs least by the row `candidate`, and gives what is known of the distances. */
function swapped(
  matrix: Matrix64,
  { centroids, labels, squares }: LloydResult,
  second: Float64Array,
  candidate: number,
  kernel: KernelRows | null,
): { centroids: Float64Array; known: KnownDistances } {
  const { rows, columns, data } = matrix;
  const extraCost = new Float64Array(centroids.length / columns);
  const toCandidate = kernel?.isExact ? kernel.squaresToRow(candidate) : squaresToRow(matrix, candidate);
  for (let i = 0; i < rows; i++) {
    const square = toCandidate[i]!;
    extraCost[labels[i]!]! += Math.min(second[i]!, square) - Math.min(squares[i]!, square);
  }
  const removed = extraCost.indexOf(Math.min(...extraCost));
  const known = { labels: labels.slice(), squares: squares.slice(), others: second.slice() };
  for (let i = 0; i < rows; i++) {
    const label = labels[i]!;
    const square = toCandidate[i]!;
    if (label !== removed && square >= squares[i]!) {
      known.others[i] = Math.min(second[i]!, square);
      continue;
    }
    known.labels[i] = removed;
    known.squares[i] = square;
    if (label !== removed) known.others[i] = squares[i]!;
  }
  const result = centroids.slice();
  result.set(data.subarray(candidate * columns, (candidate + 1) * columns), removed * columns);
  return { centroids: result, known };
}

function squaresToRow({ rows, columns, data }: Matrix64, row: number): Float64Array {
  return Float64Array.from({ length: rows }, (_, i) =>
    squaredDistance(data, i * columns, data, row * columns, columns),
  );
}
