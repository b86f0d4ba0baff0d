/**
 * Strassen's product of 2×2 blocks with 7 multiplications instead of 8, in Winograd's form with the fewest additions
 * (Higham 2002, *Accuracy and Stability of Numerical Algorithms*, 2nd ed., §23.1,
 * https://doi.org/10.1137/1.9780898718027).
 *
 * Rows are two positions of the map in the same image. So every sum belongs to one image, and its result does not
 * depend on the other images in the batch. Columns are the first and the second half of the output channels. The inner
 * dimension is the first and the second half of the input channels. With `A₁₂` the first position's second half,
 *
 * ```
 * S₁ = A₂₁ + A₂₂    T₁ = B₁₂ − B₁₁    P₁ = A₁₁·B₁₁                 C₁₁ = P₁ + A₁₂·B₂₁
 * S₂ = S₁ − A₁₁     T₂ = B₂₂ − T₁     U₂ = P₁ + S₂·T₂              C₂₁ = U₃ − A₂₂·T₄
 * S₃ = A₁₁ − A₂₁    T₃ = B₂₂ − B₁₂    U₃ = U₂ + S₃·T₃              C₂₂ = U₃ + P₅
 * S₄ = A₁₂ − S₂     T₄ = T₂ − B₂₁     P₅ = S₁·T₁                   C₁₂ = U₂ + P₅ + S₄·B₂₂
 * ```
 *
 * The `T` are packed once, or made from the blocks for many rows at a time. The `S` are computed for a unit's rows, which fit
 * a cache. Everything after that works on one tile of each of the four blocks, in the L1 cache.
 */

/** The sums `S₁ … S₄`, made of two positions. */
export const SUMS = 4;

/**
 * Coefficients of `B₁₁, B₁₂, B₂₁, B₂₂` in the seven right-hand factors, in the order in which the kernel needs them:
 * `B₁₁, B₂₁, T₂, T₃, −T₄, T₁, B₂₂`.
 */
export const FACTORS = [
  [1, 0, 0, 0],
  [0, 0, 1, 0],
  [1, -1, 0, 1],
  [0, -1, 0, 1],
  [-1, 1, 1, -1],
  [-1, 1, 0, 0],
  [0, 0, 0, 1],
] as const;

/**
 * The blocks in the order in which they are stored without the other factors: `B₁₁, B₂₁, B₁₂, B₂₂`, by the half of the
 * output channels and that of the input channels. `T₂, T₃, −T₄, T₁` are made of them.
 */
export const STORED_BLOCKS = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
] as const;
