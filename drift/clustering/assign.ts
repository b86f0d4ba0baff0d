import { DriftError, grouped } from '../drift-error.js';
import { loadRow, squaredDistanceBelow } from '../linear/distance.js';
import { checkShape, checkValues, isRowUsable, type Matrix, type Matrix64 } from '../linear/matrix.js';

export interface NearestCounts {
  /** Rows nearest to each centroid. */
  counts: number[];
  /** `[rows]`: index of the nearest centroid; -1 for a row that was skipped. */
  labels: Int32Array;
  /** Rows with a value that is not finite; they are in no count. */
  skipped: number;
}

export class NearestCentroid {
  readonly clusters: number;
  readonly dimensions: number;
  readonly #centroids: Float64Array;
  readonly #row: Float64Array;

  /** @throws DriftError `NO_CENTROIDS`, `MATRIX_MISSHAPEN`, `VALUE_NOT_FINITE` */
  constructor(centroids: Matrix) {
    checkShape(centroids, 'centroids');
    checkValues(centroids, 'centroids');
    if (centroids.rows === 0) throw new DriftError('NO_CENTROIDS', 'centroids: 0 rows, at least 1 is needed');
    this.clusters = centroids.rows;
    this.dimensions = centroids.columns;
    this.#centroids = Float64Array.from(centroids.data);
    this.#row = new Float64Array(this.dimensions);
  }

  /** Index of the centroid nearest to a row of usable values; ties go to the lowest index. */
  of(matrix: Matrix, row: number): number {
    loadRow(matrix, row, this.#row);
    let best = 0;
    let bestDistance = Number.POSITIVE_INFINITY;
    for (let j = 0; j < this.clusters; j++) {
      const distance = squaredDistanceBelow(
        bestDistance,
        this.#row,
        0,
        this.#centroids,
        j * this.dimensions,
        this.dimensions,
      );
      if (distance < bestDistance) {
        best = j;
        bestDistance = distance;
      }
    }
    return best;
  }
}

/** @throws DriftError `DIMENSIONS_DIFFER` */
export function checkDimensions(what: string, found: number, needed: number): void {
  if (found === needed) return;
  throw new DriftError(
    'DIMENSIONS_DIFFER',
    `${what}: vectors of ${grouped(found)} values, the centroids have ${grouped(needed)}`,
  );
}

/**
 * Rows with a value that is not finite are skipped and counted as such.
 * @param centroids `[clusters, dimensions]` @param matrix `[rows, dimensions]`
 * @throws DriftError `NO_CENTROIDS`, `DIMENSIONS_DIFFER`, `MATRIX_MISSHAPEN`, `VALUE_NOT_FINITE` (in a centroid)
 */
export function countNearest(centroids: Matrix, matrix: Matrix): NearestCounts {
  const counter = new CentroidCounter(centroids);
  const labels = counter.add(matrix);
  return { counts: counter.counts, labels, skipped: counter.skipped };
}

/** Counts rows by given centroids alone, for example those of a Fiddler server, without a profile. */
export class CentroidCounter {
  /** Rows nearest to each centroid so far. */
  readonly counts: number[];
  /** Rows left out because a value was not finite. */
  skipped = 0;
  readonly #nearest: NearestCentroid;
  readonly #what: string;

  /**
   * @param centroids `[clusters, dimensions]` @param what names the rows in messages
   * @throws DriftError `NO_CENTROIDS`, `MATRIX_MISSHAPEN`, `VALUE_NOT_FINITE`
   */
  constructor(centroids: Matrix, what = 'embeddings') {
    this.#what = what;
    this.#nearest = new NearestCentroid(centroids);
    this.counts = new Array<number>(centroids.rows).fill(0);
  }

  /**
   * @returns `[rows]`: index of the nearest centroid; -1 for a row that is skipped
   * @throws DriftError `DIMENSIONS_DIFFER`, `MATRIX_MISSHAPEN`
   */
  add(embeddings: Matrix): Int32Array {
    checkShape(embeddings, this.#what);
    checkDimensions(this.#what, embeddings.columns, this.#nearest.dimensions);
    return Int32Array.from({ length: embeddings.rows }, (_, row) => {
      const label = isRowUsable(embeddings, row) ? this.#nearest.of(embeddings, row) : -1;
      if (label < 0) this.skipped++;
      else this.counts[label]!++;
      return label;
    });
  }
}

/** Rows of equal length as a matrix. */
export function matrixOfRows(rows: readonly ArrayLike<number>[]): Matrix64 {
  const columns = rows[0]?.length ?? 0;
  const data = new Float64Array(rows.length * columns);
  for (const [i, row] of rows.entries()) data.set(row, i * columns);
  return { rows: rows.length, columns, data };
}
