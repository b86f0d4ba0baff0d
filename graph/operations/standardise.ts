/** The formula that layer norm and group norm share. */

/** `(x − μ)/√(σ² + ε)` of each group of `size` neighbours. The variance is divided by `size`, as in all of PyTorch's norms. */
export function standardised(data: Float64Array, size: number, eps: number): Float64Array {
  const output = new Float64Array(data.length);
  for (let start = 0; start < data.length; start += size) {
    const group = data.subarray(start, start + size);
    const mean = group.reduce((a, b) => a + b, 0) / size;
    const variance = group.reduce((sum, x) => sum + (x - mean) ** 2, 0) / size;
    const scale = 1 / Math.sqrt(variance + eps);
    for (let i = 0; i < size; i++) output[start + i] = (group[i]! - mean) * scale;
  }
  return output;
}
