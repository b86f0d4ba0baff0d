/** Softmax over the last axis: `exp(x_i - max) / Σ exp(x_j - max)`, summed in float64. */

/** `logits` is `[rows, classes]`, row-major; so is the result. */
export function softmax(logits: Float32Array, classes: number): Float32Array {
  const scores = new Float32Array(logits.length);
  const exponentials = new Float64Array(classes);
  for (let start = 0; start < logits.length; start += classes) {
    const row = logits.subarray(start, start + classes);
    let largest = Number.NEGATIVE_INFINITY;
    for (const value of row) if (value > largest) largest = value;
    let sum = 0;
    for (let i = 0; i < classes; i++) {
      const exponential = Math.exp(row[i]! - largest);
      exponentials[i] = exponential;
      sum += exponential;
    }
    for (let i = 0; i < classes; i++) scores[start + i] = exponentials[i]! / sum;
  }
  return scores;
}
