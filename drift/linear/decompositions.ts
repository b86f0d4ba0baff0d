/**
 * Eigenvalues and eigenvectors of a real symmetric matrix: Householder's tridiagonal form, then implicit QL steps.
 *
 * Sources: H. Bowdler, R. S. Martin, C. Reinsch and J. H. Wilkinson, "The QR and QL algorithms for symmetric matrices"
 * (Numerische Mathematik 11, 1968), procedures tred2 and tql2; in the form of JAMA's `EigenvalueDecomposition` (NIST
 * and The MathWorks, public domain), transposed so that inner loops run along memory. Backward stable: errors are of
 * the order of 1e-16 times the largest eigenvalue.
 *
 * Cost: about 4 size³ with the vectors, about 4/3 size³ without; for sizes up to a thousand.
 */

interface SymmetricEigen {
  /** Largest first. */
  values: Float64Array;
  /** `[size, size]`: row i is the unit eigenvector of value i. */
  vectors: Float64Array;
}

/** Limit of QL steps for one eigenvalue. Two are usual, and thirty were never seen. */
const MAX_STEPS = 60;
const EPSILON = 2 ** -52;

/** @param matrix `[size, size]`, symmetric and finite; only its lower triangle is read */
export function symmetricEigen(matrix: Float64Array, size: number): SymmetricEigen {
  const { work, scale } = scaledCopy(matrix, size);
  const diagonal = new Float64Array(size);
  const off = new Float64Array(size);
  tridiagonalize(work, size, diagonal, off);
  accumulateReflections(work, size, diagonal);
  diagonalize(diagonal, off, size, work);
  const order = Array.from(diagonal.keys()).sort((a, b) => diagonal[b]! - diagonal[a]! || a - b);
  const vectors = new Float64Array(size * size);
  for (const [to, from] of order.entries()) vectors.set(work.subarray(from * size, (from + 1) * size), to * size);
  return { values: Float64Array.from(order, (from) => diagonal[from]! * scale), vectors };
}

/** The eigenvalues alone, largest first; same parameters. */
export function symmetricEigenvalues(matrix: Float64Array, size: number): Float64Array {
  const { work, scale } = scaledCopy(matrix, size);
  const diagonal = new Float64Array(size);
  const off = new Float64Array(size);
  tridiagonalize(work, size, diagonal, off);
  for (let i = 0; i < size; i++) diagonal[i] = work[i * size + i]!;
  diagonalize(diagonal, off, size, null);
  return diagonal
    .sort()
    .reverse()
    .map((value) => value * scale);
}

/** The full symmetric matrix, scaled to a largest absolute value of 1, so that no square overflows. */
function scaledCopy(matrix: Float64Array, size: number): { work: Float64Array; scale: number } {
  let scale = 0;
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) scale = Math.max(scale, Math.abs(matrix[i * size + j]!));
  }
  const work = new Float64Array(size * size);
  if (scale === 0) return { work, scale };
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      const value = matrix[i * size + j]! / scale;
      work[i * size + j] = value;
      work[j * size + i] = value;
    }
  }
  return { work, scale };
}

/**
 * Householder reflections, from the last column up. Afterwards the diagonal of the tridiagonal form is that of `v`, its
 * off-diagonal is `e[1…]`, the reflections are left of the diagonal of `v`, and their norms in `d[1…]`.
 */
function tridiagonalize(v: Float64Array, n: number, d: Float64Array, e: Float64Array): void {
  for (let j = 0; j < n; j++) d[j] = v[j * n + n - 1]!;
  for (let i = n - 1; i > 0; i--) {
    let scale = 0;
    for (let k = 0; k < i; k++) scale += Math.abs(d[k]!);
    let h = 0;
    if (scale === 0) {
      e[i] = d[i - 1]!;
      for (let j = 0; j < i; j++) v[i * n + j] = 0;
    } else {
      for (let k = 0; k < i; k++) {
        d[k]! /= scale;
        h += d[k]! * d[k]!;
      }
      const f = d[i - 1]!;
      const g = f > 0 ? -Math.sqrt(h) : Math.sqrt(h);
      e[i] = scale * g;
      h -= f * g;
      d[i - 1] = f - g;
      reflect(v, n, i, d, e, h);
    }
    for (let j = 0; j < i; j++) {
      d[j] = v[j * n + i - 1]!;
      v[j * n + i] = 0;
    }
    d[i] = h;
  }
}

/** Applies the reflection in `d` to the leading `size` rows and columns, from both sides. */
function reflect(v: Float64Array, n: number, size: number, d: Float64Array, e: Float64Array, h: number): void {
  e.fill(0, 0, size);
  for (let j = 0; j < size; j++) {
    const f = d[j]!;
    v[size * n + j] = f;
    let g = e[j]! + v[j * n + j]! * f;
    for (let k = j + 1; k < size; k++) {
      const value = v[j * n + k]!;
      g += value * d[k]!;
      e[k]! += value * f;
    }
    e[j] = g;
  }
  let sum = 0;
  for (let j = 0; j < size; j++) {
    e[j]! /= h;
    sum += e[j]! * d[j]!;
  }
  const half = sum / (h + h);
  for (let j = 0; j < size; j++) e[j]! -= half * d[j]!;
  for (let j = 0; j < size; j++) {
    const f = d[j]!;
    const g = e[j]!;
    for (let k = j; k < size; k++) v[j * n + k]! -= f * e[k]! + g * d[k]!;
  }
}

/** Turns the reflections into the orthogonal transformation, in rows of `v`, and puts the diagonal into `d`. */
function accumulateReflections(v: Float64Array, n: number, d: Float64Array): void {
  for (let i = 0; i < n - 1; i++) {
    v[i * n + n - 1] = v[i * n + i]!;
    v[i * n + i] = 1;
    const h = d[i + 1]!;
    const next = (i + 1) * n;
    if (h !== 0) {
      for (let k = 0; k <= i; k++) d[k] = v[next + k]! / h;
      for (let j = 0; j <= i; j++) {
        let g = 0;
        for (let k = 0; k <= i; k++) g += v[next + k]! * v[j * n + k]!;
        for (let k = 0; k <= i; k++) v[j * n + k]! -= g * d[k]!;
      }
    }
    v.fill(0, next, next + i + 1);
  }
  for (let j = 0; j < n; j++) {
    d[j] = v[j * n + n - 1]!;
    v[j * n + n - 1] = 0;
  }
  v[n * n - 1] = 1;
}

/**
 * Runs implicit QL steps until the off-diagonal is gone. The rotations are applied to the rows of `vectors`, if given.
 */
function diagonalize(d: Float64Array, e: Float64Array, n: number, vectors: Float64Array | null): void {
  e.copyWithin(0, 1);
  e[n - 1] = 0;
  let shift = 0;
  let largest = 0;
  for (let l = 0; l < n; l++) {
    largest = Math.max(largest, Math.abs(d[l]!) + Math.abs(e[l]!));
    let m = l;
    while (Math.abs(e[m]!) > EPSILON * largest) m++;
    if (m > l) {
      for (let step = 0; step < MAX_STEPS; step++) {
        shift += stepQl(d, e, n, l, m, vectors);
        if (Math.abs(e[l]!) <= EPSILON * largest) break;
      }
    }
    d[l]! += shift;
    e[l] = 0;
  }
}

/** One step on the unreduced block from `l` to `m`. Returns the shift that was taken off the diagonal. */
function stepQl(
  d: Float64Array,
  e: Float64Array,
  n: number,
  l: number,
  m: number,
  vectors: Float64Array | null,
): number {
  const corner = d[l]!;
  const ratio = (d[l + 1]! - corner) / (2 * e[l]!);
  const root = ratio < 0 ? -Math.sqrt(ratio * ratio + 1) : Math.sqrt(ratio * ratio + 1);
  d[l] = e[l]! / (ratio + root);
  d[l + 1] = e[l]! * (ratio + root);
  const next = d[l + 1]!;
  const shift = corner - d[l]!;
  for (let i = l + 2; i < n; i++) d[i]! -= shift;

  const afterL = e[l + 1]!;
  let p = d[m]!;
  let c = 1;
  let c2 = 1;
  let c3 = 1;
  let s = 0;
  let s2 = 0;
  for (let i = m - 1; i >= l; i--) {
    c3 = c2;
    c2 = c;
    s2 = s;
    const g = c * e[i]!;
    const h = c * p;
    const r = Math.sqrt(p * p + e[i]! * e[i]!);
    e[i + 1] = s * r;
    s = e[i]! / r;
    c = p / r;
    p = c * d[i]! - s * g;
    d[i + 1] = h + s * (c * g + s * d[i]!);
    if (vectors !== null) rotate(vectors, n, i, c, s);
  }
  p = (-s * s2 * c3 * afterL * e[l]!) / next;
  e[l] = s * p;
  d[l] = c * p;
  return shift;
}

function rotate(vectors: Float64Array, n: number, i: number, c: number, s: number): void {
  const first = i * n;
  const second = first + n;
  for (let k = 0; k < n; k++) {
    const h = vectors[second + k]!;
    const g = vectors[first + k]!;
    vectors[second + k] = s * g + c * h;
    vectors[first + k] = c * g - s * h;
  }
}

// Cholesky factorization of a symmetric positive definite matrix, and solving equations with it.
// Source: G. H. Golub and C. F. Van Loan, "Matrix Computations" (4th edition, 2013), algorithms 4.2.2 and 3.1.1.

/**
 * The factor L with L·Lᵀ = matrix, `[size, size]`, zero above the diagonal.
 * @param matrix symmetric, positive definite beyond rounding (add a ridge if it may not be)
 */
export function cholesky(matrix: Float64Array, size: number): Float64Array {
  const factor = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = matrix[i * size + j]!;
      for (let k = 0; k < j; k++) rest -= factor[i * size + k]! * factor[j * size + k]!;
      factor[i * size + j] = i === j ? Math.sqrt(rest) : rest / factor[j * size + j]!;
    }
  }
  return factor;
}

/** Solves L·Lᵀ x = right, in place of `right`. */
export function solveCholesky(factor: Float64Array, size: number, right: Float64Array): Float64Array {
  for (let i = 0; i < size; i++) {
    let rest = right[i]!;
    for (let k = 0; k < i; k++) rest -= factor[i * size + k]! * right[k]!;
    right[i] = rest / factor[i * size + i]!;
  }
  for (let i = size - 1; i >= 0; i--) {
    const value = right[i]! / factor[i * size + i]!;
    right[i] = value;
    for (let k = 0; k < i; k++) right[k]! -= factor[i * size + k]! * value;
  }
  return right;
}

/**
 * Solves `matrix · x = right` for variables of variance 1, with a ridge on the diagonal.
 * @param matrix covariances `[size, size]`, of which the lower triangle is read
 * @returns also `right` and the solution for those variables
 */
export function solveStandardized(matrix: Float64Array, size: number, right: Float64Array, ridge: number) {
  const spreads = right.map((_, c) => Math.sqrt(matrix[c * size + c]!) || 1);
  const standard = matrix.map((value, i) => {
    const [c, d] = [Math.floor(i / size), i % size];
    return value / (spreads[c]! * spreads[d]!) + (c === d ? ridge : 0);
  });
  const scaled = right.map((value, c) => value / spreads[c]!);
  const solved = solveCholesky(cholesky(standard, size), size, scaled.slice());
  return { x: solved.map((value, c) => value / spreads[c]!), scaled, solved };
}
