/** Largest absolute difference, divided by the largest expected value; infinite for NaN or different lengths. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let difference = 0;
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    const d = Math.abs(actual[i]! - expected[i]!);
    if (Number.isNaN(d)) return Number.POSITIVE_INFINITY;
    difference = Math.max(difference, d);
    largest = Math.max(largest, Math.abs(expected[i]!));
  }
  return largest === 0 ? difference : difference / largest;
}

/** Root of the sum of squared differences over that of the expected values. @throws Error for different lengths */
export function relativeRms(actual: ArrayLike<number>, expected: ArrayLike<number>, where: string): number {
  if (actual.length !== expected.length) {
    throw new Error(`${where}: ${actual.length} values, PyTorch has ${expected.length}`);
  }
  let [difference, size] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    difference += (actual[i]! - expected[i]!) ** 2;
    size += expected[i]! ** 2;
  }
  return Math.sqrt(difference / size);
}

/** A sample of an output, as the generators of the fixtures store it. */
export interface Sample {
  shape: number[];
  /** Every step-th value is stored. */
  step: number;
  /** The largest absolute value of all. */
  largest: number;
  values: number[];
}

/** The largest difference of an output from its sample, relative to the largest absolute value; infinite if the shapes differ. */
export function sampledError(sample: Sample, shape: readonly number[], data: ArrayLike<number>): number {
  if (shape.join() !== sample.shape.join()) return Number.POSITIVE_INFINITY;
  const errors = sample.values.map((expected, i) => Math.abs(data[i * sample.step]! - expected));
  return Math.max(...errors) / sample.largest;
}
