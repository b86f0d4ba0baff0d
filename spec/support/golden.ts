/** Samples of an output, as the fixtures' generators store them, and the distance of another output from them. */
export interface Sample {
  shape: number[];
  /** Every step-th value is stored. */
  step: number;
  /** The largest absolute value of all. */
  largest: number;
  values: number[];
}

/** The largest difference, relative to the largest absolute value; infinite if the shapes differ. */
export function relativeError(sample: Sample, shape: readonly number[], data: ArrayLike<number>): number {
  if (shape.join() !== sample.shape.join()) return Number.POSITIVE_INFINITY;
  const errors = sample.values.map((expected, i) => Math.abs(data[i * sample.step]! - expected));
  return Math.max(...errors) / sample.largest;
}
