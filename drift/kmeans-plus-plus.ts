/**
 * Greedy k-means++ seeding: each next centre is the best of `2 + floor(ln k)` rows drawn with probability proportional
 * to their squared distance from the centres so far.
 *
 * Sources: D. Arthur and S. Vassilvitskii, "k-means++: the advantages of careful seeding" (SODA 2007), section 3.1 and
 * conclusion for the greedy variant, with scikit-learn's number of trials. Distances that the triangle inequality
 * proves useless are not computed (E. Raff, "Exact acceleration of k-means++ and k-means||", IJCAI 2021).
 */
import { loadRow, squaredDistance } from './distance.js';
import { DriftError, grouped } from './drift-error.js';
import type { Matrix } from './matrix.js';
import type { Random } from './random.js';

/**
 * Centres `[clusters, columns]`, each an own row of the matrix, no two the same.
 *
 * @throws DriftError `TOO_FEW_DISTINCT_ROWS` when there are not so many different rows
 */
export function kMeansPlusPlus(matrix: Matrix, clusters: number, random: Random): Float64Array {
  const seeding = new Seeding(matrix, clusters);
  seeding.first(random.below(matrix.rows));
  const trials = 2 + Math.floor(Math.log(clusters));
  while (seeding.size < clusters) {
    if (!(seeding.potential > 0)) throw tooFewDistinctRows(clusters, seeding.size);
    seeding.addBest(Array.from({ length: trials }, () => seeding.draw(random)));
  }
  return seeding.centres;
}

/** Every row lies on a centre, and no two centres are the same: there are as many different rows as centres. */
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
  /** Squared distance of each row to its nearest centre, and which that is. */
  private closest: Float64Array;
  private readonly nearest: Int32Array;
  private readonly row: Float64Array;

  constructor(
    private readonly matrix: Matrix,
    clusters: number,
  ) {
    this.centres = new Float64Array(clusters * matrix.columns);
    this.closest = new Float64Array(matrix.rows);
    this.nearest = new Int32Array(matrix.rows);
    this.row = new Float64Array(matrix.columns);
  }

  first(row: number): void {
    const { matrix } = this;
    loadRow(matrix, row, this.row);
    this.centres.set(this.row, 0);
    this.size = 1;
    for (let i = 0; i < matrix.rows; i++) {
      loadRow(matrix, i, this.row);
      this.closest[i] = squaredDistance(this.row, 0, this.centres, 0, matrix.columns);
      this.potential += this.closest[i]!;
    }
  }

  /** A row, with probability `closest / potential`; never one that lies on a centre. */
  draw(random: Random): number {
    let left = random.uniform() * this.potential;
    let last = 0;
    for (let i = 0; i < this.closest.length; i++) {
      const weight = this.closest[i]!;
      if (weight === 0) continue;
      if (left < weight) return i;
      left -= weight;
      last = i;
    }
    return last;
  }

  /** Makes that candidate a centre which leaves the smallest potential; the first of equal ones. */
  addBest(candidates: readonly number[]): void {
    const tried = candidates.map((candidate) => this.tryCentre(candidate));
    let best = tried[0]!;
    for (const one of tried) if (one.potential < best.potential) best = one;
    for (let i = 0; i < this.closest.length; i++) {
      if (best.closest[i]! < this.closest[i]!) this.nearest[i] = this.size;
    }
    this.closest = best.closest;
    this.potential = best.potential;
    this.centres.set(best.centre, this.size * this.matrix.columns);
    this.size++;
  }

  private tryCentre(candidate: number): { centre: Float64Array; closest: Float64Array; potential: number } {
    const { columns } = this.matrix;
    const centre = new Float64Array(columns);
    loadRow(this.matrix, candidate, centre);
    const toCentres = new Float64Array(this.size);
    for (let j = 0; j < this.size; j++) {
      toCentres[j] = squaredDistance(centre, 0, this.centres, j * columns, columns);
    }
    const closest = this.closest.slice();
    let potential = 0;
    for (let i = 0; i < closest.length; i++) {
      // d(candidate, centre) ≥ 2 d(row, centre) ⇒ d(row, candidate) ≥ d(row, centre); here all squared.
      if (toCentres[this.nearest[i]!]! < 4 * closest[i]!) {
        loadRow(this.matrix, i, this.row);
        const distance = squaredDistance(this.row, 0, centre, 0, columns);
        if (distance < closest[i]!) closest[i] = distance;
      }
      potential += closest[i]!;
    }
    return { centre, closest, potential };
  }
}
