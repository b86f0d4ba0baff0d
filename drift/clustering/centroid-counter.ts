/** Counts rows by given centroids alone, for example those of a Fiddler server, without a profile. */
import { checkShape, isRowUsable, type Matrix, type Matrix64 } from '../linear/matrix.js';
import { checkDimensions, NearestCentroid } from './assign.js';

export class CentroidCounter {
  /** Rows nearest to each centroid so far. */
  readonly counts: number[];
  /** Rows left out because a value was not finite. */
  skipped = 0;
  readonly #nearest: NearestCentroid;
  readonly #what: string;

  /**
   * @param centroids `[clusters, dimensions]`
   * @param what names the rows in messages
   * @throws DriftError `NO_CENTROIDS`, `MATRIX_MISSHAPEN`, `VALUE_NOT_FINITE`
   */
  constructor(centroids: Matrix64, what = 'embeddings') {
    this.#what = what;
    this.#nearest = new NearestCentroid(centroids);
    this.counts = new Array<number>(centroids.rows).fill(0);
  }

  /** @throws DriftError `DIMENSIONS_DIFFER`, `MATRIX_MISSHAPEN` */
  add(embeddings: Matrix): void {
    checkShape(embeddings, this.#what);
    checkDimensions(this.#what, embeddings.columns, this.#nearest.dimensions);
    for (let row = 0; row < embeddings.rows; row++) {
      if (isRowUsable(embeddings, row)) this.counts[this.#nearest.of(embeddings, row)]!++;
      else this.skipped++;
    }
  }
}

/** Rows of equal length as a matrix. */
export function matrixOfRows(rows: readonly (readonly number[])[]): Matrix64 {
  return { rows: rows.length, columns: rows[0]?.length ?? 0, data: Float64Array.from(rows.flat()) };
}
