/**
 * Cholesky factorization of a symmetric positive definite matrix, and solving equations with it.
 * Source: G. H. Golub and C. F. Van Loan, "Matrix Computations" (4th edition, 2013), algorithms 4.2.2 and 3.1.1.
 */

/**
 * The factor L with L·Lᵀ = matrix, `[size, size]`, zero above the diagonal.
 *
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
