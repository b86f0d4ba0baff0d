/**
 * Principal components, fitted once on baseline rows and then fixed. Columns are centred, not scaled. Source: I. T.
 * Jolliffe, "Principal Component Analysis" (2nd edition, 2002), chapters 3 and 6.1.1 (number of components by
 * cumulative variance).
 *
 * The shape of the matrix decides the method: the covariance of few columns, the Gram matrix of few rows, otherwise
 * subspace iteration from a fixed random block (N. Halko, P. G. Martinsson and J. A. Tropp, "Finding structure with
 * randomness", SIAM Review 53, 2011, algorithm 4.4).
 */
import { Random } from '../../base/index.js';
import { DriftError } from '../drift-error.js';
import { symmetricEigen } from './decompositions.js';
import { dotProducts, selfDotProducts } from './distance.js';
import { checkShape, checkValues, type Matrix, type Matrix64 } from './matrix.js';

export interface Projection {
  /** `[dimensions]`: mean of the fitted rows. */
  mean: Float64Array;
  /** `[components, dimensions]`: orthonormal, the largest variance first. Each row's largest entry is positive. */
  components: Matrix64;
  /** `[components]`: variance (divisor rows - 1) of the fitted rows along each. */
  variances: Float64Array;
}

interface PcaOptions {
  /** At most this many components; default 32, which is what a profile has room for. */
  maxComponents?: number | undefined;
  /** Share of the total variance that the components must cover; above 0, at most 1; default 0.9999. */
  share?: number | undefined;
}

export const MAX_COMPONENTS = 32;
/** Nearly all: changes of images move embeddings along rare directions; rounding begins in the last ten-thousandth. */
const DEFAULT_SHARE = 0.9999;

/** Largest matrix that is decomposed as a whole; takes half a second. */
const MAX_WHOLE = 512;
/** Directions beyond the wanted ones in subspace iteration, and its rounds. Errors of variance stay below 1e-4. */
const OVERSAMPLING = 16;
const ROUNDS = 5;
/** Variance below this share of the largest is rounding: eigenvalues are exact to about 1e-16 of the largest. */
const ROUNDING = 1e-12;

/**
 * @param matrix `[rows, dimensions]`
 * @returns at least one component: if the rows do not vary, the first axis with variance 0
 * @throws DriftError `NO_ROWS`, `OPTION_OUT_OF_RANGE`, `MATRIX_MISSHAPEN`, `VALUE_NOT_FINITE`
 */
export function fitPca(matrix: Matrix, options: PcaOptions = {}): Projection {
  const { maxComponents = MAX_COMPONENTS, share = DEFAULT_SHARE } = options;
  checkShape(matrix, 'PCA');
  checkValues(matrix, 'PCA');
  if (matrix.rows === 0) throw new DriftError('NO_ROWS', 'PCA: 0 rows, at least 1 is needed');
  if (!Number.isInteger(maxComponents) || maxComponents < 1 || maxComponents > MAX_WHOLE) {
    throw new DriftError('OPTION_OUT_OF_RANGE', `maxComponents ${maxComponents}: 1 to ${MAX_WHOLE} is possible`);
  }
  if (!(share > 0 && share <= 1)) {
    throw new DriftError('OPTION_OUT_OF_RANGE', `share ${share}: above 0, at most 1 is possible`);
  }
  const mean = columnMeans(matrix);
  const centred = centre(matrix, mean);
  const axes = principalAxes(centred, Math.min(maxComponents, matrix.rows, matrix.columns));
  const count = componentsFor(share * sumOfSquares(centred.data), axes);
  const components = axes.vectors.slice(0, count * matrix.columns);
  fixSigns(components, matrix.columns);
  const degrees = Math.max(1, matrix.rows - 1);
  return {
    mean,
    components: { rows: count, columns: matrix.columns, data: components },
    variances: axes.squares.slice(0, count).map((square) => square / degrees),
  };
}

/**
 * Coordinates along the components, `[rows, components]`, float64.
 * @throws DriftError `MATRIX_MISSHAPEN`, `DIMENSIONS_DIFFER`
 */
export function project(projection: Projection, matrix: Matrix): Matrix64 {
  const { mean, components } = projection;
  checkShape(matrix, 'projection');
  if (matrix.columns !== mean.length) {
    throw new DriftError(
      'DIMENSIONS_DIFFER',
      `projection: vectors of ${matrix.columns} values, the components have ${mean.length}`,
    );
  }
  const { rows, columns } = matrix;
  const data = new Float64Array(rows * components.rows);
  for (let from = 0; from < rows; from += PROJECTED_AT_ONCE) {
    const count = Math.min(PROJECTED_AT_ONCE, rows - from);
    const part = { rows: count, columns, data: matrix.data.subarray(from * columns, (from + count) * columns) };
    const found = dotProducts(centre(part, mean).data, count, components.data, components.rows, columns);
    data.set(found, from * components.rows);
  }
  return { rows, columns: components.rows, data };
}

/** Rows that are centred and projected at a time, to bound memory. */
const PROJECTED_AT_ONCE = 256;

interface Axes {
  /** `[count, dimensions]`: orthonormal. */
  vectors: Float64Array;
  /** `[count]`: Σ over the rows of the squared coordinate, largest first. */
  squares: Float64Array;
}

function principalAxes(centred: Matrix64, count: number): Axes {
  const { rows, columns } = centred;
  if (columns <= MAX_WHOLE) return axesOfColumns(centred, count);
  if (rows <= MAX_WHOLE) return axesOfRows(centred, count);
  return axesBySubspace(centred, count);
}

function axesOfColumns(centred: Matrix64, count: number): Axes {
  const { rows, columns } = centred;
  const scatter = selfDotProducts(transpose(centred), columns, rows);
  const { values, vectors } = symmetricEigen(scatter, columns);
  return { vectors: vectors.slice(0, count * columns), squares: values.slice(0, count).map((v) => Math.max(0, v)) };
}

/** An eigenvector u of X·Xᵀ gives the axis Xᵀ·u. Eigenvalues that are only rounding give no axis. */
function axesOfRows(centred: Matrix64, count: number): Axes {
  const { rows, columns } = centred;
  const { values, vectors } = symmetricEigen(selfDotProducts(centred.data, rows, columns), rows);
  const usable = values.slice(0, count).filter((value) => value > ROUNDING * values[0]!);
  const axes = dotProducts(vectors.subarray(0, usable.length * rows), usable.length, transpose(centred), columns, rows);
  orthonormalize(axes, columns);
  return usable.length === 0 ? firstAxis(columns) : { vectors: axes, squares: usable };
}

function axesBySubspace(centred: Matrix64, count: number): Axes {
  const { rows, columns, data } = centred;
  const across = transpose(centred);
  const block = Math.min(count + OVERSAMPLING, rows, columns);
  const random = new Random(0);
  let directions: Float64Array = Float64Array.from({ length: block * columns }, () => random.normal());
  for (let round = 0; round < ROUNDS; round++) {
    orthonormalize(directions, columns);
    const coordinates = dotProducts(directions, block, data, rows, columns);
    directions = dotProducts(coordinates, block, across, columns, rows);
  }
  orthonormalize(directions, columns);
  const coordinates = dotProducts(directions, block, data, rows, columns);
  const { values, vectors } = symmetricEigen(selfDotProducts(coordinates, block, rows), block);
  const usable = values.slice(0, count).filter((value) => value > ROUNDING * values[0]!);
  const inside = transpose({ rows: block, columns, data: directions });
  const axes = dotProducts(vectors.subarray(0, usable.length * block), usable.length, inside, columns, block);
  orthonormalize(axes, columns);
  return usable.length === 0 ? firstAxis(columns) : { vectors: axes, squares: usable };
}

function firstAxis(columns: number): Axes {
  const vectors = new Float64Array(columns);
  vectors[0] = 1;
  return { vectors, squares: new Float64Array(1) };
}

/** The smallest number of components, at least 1, that reaches the sum of squares. Mere rounding is left out. */
function componentsFor(needed: number, { squares }: Axes): number {
  let reached = 0;
  for (let i = 0; i < squares.length; i++) {
    if (i > 0 && squares[i]! <= ROUNDING * squares[0]!) return i;
    reached += squares[i]!;
    if (reached >= needed) return i + 1;
  }
  return squares.length;
}

/** Gram-Schmidt on the rows, each done twice ("twice is enough", W. Kahan). A row that vanishes becomes zero. */
function orthonormalize(rows: Float64Array, columns: number): void {
  for (let start = 0; start < rows.length; start += columns) {
    const row = rows.subarray(start, start + columns);
    const before = Math.sqrt(sumOfSquares(row));
    for (let pass = 0; pass < 2; pass++) {
      for (let other = 0; other < start; other += columns) {
        const along = dot(row, rows, other);
        for (let c = 0; c < columns; c++) row[c]! -= along * rows[other + c]!;
      }
    }
    const norm = Math.sqrt(sumOfSquares(row));
    const scale = norm > ROUNDING * before ? 1 / norm : 0;
    for (let c = 0; c < columns; c++) row[c]! *= scale;
  }
}

function dot(row: Float64Array, rows: Float64Array, start: number): number {
  let sum = 0;
  for (let c = 0; c < row.length; c++) sum += row[c]! * rows[start + c]!;
  return sum;
}

/** Makes the entry of largest absolute value (the first, if several are equal) positive in each component. */
function fixSigns(components: Float64Array, columns: number): void {
  for (let start = 0; start < components.length; start += columns) {
    let largest = start;
    for (let at = start + 1; at < start + columns; at++) {
      if (Math.abs(components[at]!) > Math.abs(components[largest]!)) largest = at;
    }
    if (components[largest]! >= 0) continue;
    for (let at = start; at < start + columns; at++) components[at] = -components[at]!;
  }
}

/** Means of the columns. Sums start from the first row, so that a constant column has exactly its own value as mean. */
function columnMeans({ rows, columns, data }: Matrix): Float64Array {
  const sums = new Float64Array(columns);
  for (let i = 1; i < rows; i++) for (let c = 0; c < columns; c++) sums[c]! += data[i * columns + c]! - data[c]!;
  return sums.map((sum, c) => data[c]! + sum / rows);
}

function centre({ rows, columns, data }: Matrix, mean: Float64Array): Matrix64 {
  const centred = new Float64Array(data.length);
  for (let i = 0; i < rows; i++) {
    for (let c = 0; c < columns; c++) centred[i * columns + c] = data[i * columns + c]! - mean[c]!;
  }
  return { rows, columns, data: centred };
}

/** The transposed matrix, `[columns, rows]`, copied in tiles that stay in the cache. */
function transpose({ rows, columns, data }: Matrix64): Float64Array {
  const result = new Float64Array(data.length);
  const tile = 32;
  for (let top = 0; top < rows; top += tile) {
    for (let left = 0; left < columns; left += tile) {
      for (let i = top; i < Math.min(top + tile, rows); i++) {
        for (let c = left; c < Math.min(left + tile, columns); c++) result[c * rows + i] = data[i * columns + c]!;
      }
    }
  }
  return result;
}

function sumOfSquares(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return sum;
}
