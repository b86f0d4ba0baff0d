/**
 * Greedy k-means++ seeding: each next centre is the best of `2 + floor(ln k)` rows drawn with probability proportional
 * to their squared distance from the centres so far.
 *
 * Sources: D. Arthur and S. Vassilvitskii, "k-means++: the advantages of careful seeding" (SODA 2007), section 3.1 and
 * conclusion for the greedy variant, with scikit-learn's number of trials. Distances that the triangle inequality
 * proves useless are not computed (E. Raff, "Exact acceleration of k-means++ and k-means||", IJCAI 2021).
 */
import type { Random } from '../../base/index.js';
import { DriftError, grouped } from '../drift-error.js';
import { squaredDistance, squaredDistanceBelow } from '../linear/distance.js';
import type { Matrix64 } from '../linear/matrix.js';
import type { KernelRows } from './kernel/kernel-rows.js';
import type { KnownDistances } from './lloyd.js';

/**
 * Draws the centres, `[clusters, columns]`, which are different rows of the matrix, and finds the nearest one of each
 * row.
 *
 * @throws DriftError `TOO_FEW_DISTINCT_ROWS` if there are fewer different rows than clusters
 */
export function kMeansPlusPlus(
  matrix: Matrix64,
  clusters: number,
  random: Random,
  kernel: KernelRows | null = null,
): { centres: Float64Array } & KnownDistances {
  const seeding = new Seeding(matrix, clusters, kernel);
  seeding.first(random.below(matrix.rows));
  const trials = 2 + Math.floor(Math.log(clusters));
  while (seeding.size < clusters) {
    if (!(seeding.potential > 0)) throw tooFewDistinctRows(clusters, seeding.size);
    seeding.addBest(Array.from({ length: trials }, () => seeding.draw(random)));
  }
  return { centres: seeding.centres, labels: seeding.nearest, squares: seeding.closest, others: null };
}

/**
 * Error for the case that every row lies on a centre. No two centres are the same, so there are as many different rows.
 */
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

/**
 * Draws an index with probability proportional to its weight; never one of weight 0 unless all are 0.
 *
 * @param total sum of the weights
 */
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
