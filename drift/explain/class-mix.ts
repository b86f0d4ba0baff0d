/**
 * Other shares of the classes: weights of the baseline's classes with which it lies nearest to the window, in means of random
 * Fourier features of the embeddings. Kernel mean matching for shifted labels: K. Zhang et al., "Domain adaptation under
 * target and conditional shift" (ICML 2013).
 */
import { Random } from '../../base/index.js';
import { dot } from '../linear/distance.js';
import { type Matrix64, meanOf } from '../linear/matrix.js';
import { medianKernelWidth } from '../tests/maximum-mean-discrepancy.js';

const FEATURES = 256;
const STREAM = 173;
const ROUNDS = 2_000;

export interface ClassMix {
  /** Share of each class in the window, in the order of the names. */
  shares: { name: string; share: number }[];
  /** Half of the sum of the differences from the baseline's shares, 0 to 1. */
  strength: number;
  /** Rows of the baseline, drawn so that the classes have these shares. */
  rows: Uint32Array;
}

/**
 * @param baseline, window coordinates along the principal components
 * @param targets of the baseline's rows
 */
export function fitClassMix(
  baseline: Matrix64,
  targets: readonly string[],
  window: Matrix64,
  variances: Float64Array,
  seed: number,
): ClassMix {
  const names = [...new Set(targets)].sort();
  const scale = variances.map((variance) => (variance > 0 ? variance ** -0.25 : 1));
  const kernel = new Kernel(scaled(baseline, scale));
  const [own, wanted] = [kernel.features(scaled(baseline, scale)), kernel.features(scaled(window, scale))];
  const rowsOf = names.map((name) => targets.flatMap((target, row) => (target === name ? [row] : [])));
  const means = rowsOf.map((rows) => meanOf(own, rows));
  const target = meanOf(
    wanted,
    Array.from({ length: wanted.rows }, (_, row) => row),
  );
  const before = rowsOf.map((rows) => rows.length / targets.length);
  const shares = nearestMix(means, target, before);
  return {
    shares: names.map((name, i) => ({ name, share: shares[i]! })),
    strength: shares.reduce((sum, share, i) => sum + Math.abs(share - before[i]!) / 2, 0),
    rows: drawn(rowsOf, shares, targets.length, seed),
  };
}

/** Shares that add up to 1, by multiplicative steps down the gradient (J. Kivinen and M. Warmuth, 1997). */
function nearestMix(means: readonly Float64Array[], target: Float64Array, start: readonly number[]): number[] {
  const products = means.map((a) => means.map((b) => dot(a, b)));
  const along = means.map((mean) => dot(mean, target));
  const rate = 1 / Math.max(...products.map((row, i) => row[i]!));
  let shares = [...start];
  for (let round = 0; round < ROUNDS; round++) {
    const steps = shares.map((share, i) => {
      const slope = products[i]!.reduce((sum, product, j) => sum + product * shares[j]!, 0) - along[i]!;
      return share * Math.exp(-rate * slope);
    });
    const sum = steps.reduce((total, step) => total + step, 0);
    shares = steps.map((step) => step / sum);
  }
  return shares;
}

/** As many rows as before, each class as often as its share says, every row about equally often. */
function drawn(rowsOf: readonly number[][], shares: readonly number[], count: number, seed: number): Uint32Array {
  const chosen = rowsOf.flatMap((rows, i) => {
    const order = Random.stream(seed, STREAM + 1 + i).shuffle(Uint32Array.from(rows));
    return Array.from({ length: Math.round(shares[i]! * count) }, (_, k) => order[k % order.length]!);
  });
  return Uint32Array.from(chosen);
}

class Kernel {
  readonly #frequencies: Float64Array;
  readonly #phases: Float64Array;

  constructor(rows: Matrix64) {
    const width = medianKernelWidth(rows);
    const random = Random.stream(0, STREAM);
    this.#frequencies = Float64Array.from({ length: FEATURES * rows.columns }, () => random.normal() / width);
    this.#phases = Float64Array.from({ length: FEATURES }, () => 2 * Math.PI * random.uniform());
  }

  features({ rows, columns, data }: Matrix64): Matrix64 {
    const features = new Float64Array(rows * FEATURES);
    for (let row = 0; row < rows; row++) {
      for (let f = 0; f < FEATURES; f++) {
        let phase = this.#phases[f]!;
        for (let c = 0; c < columns; c++) phase += this.#frequencies[f * columns + c]! * data[row * columns + c]!;
        features[row * FEATURES + f] = Math.cos(phase);
      }
    }
    return { rows, columns: FEATURES, data: features };
  }
}

function scaled({ rows, columns, data }: Matrix64, scale: Float64Array): Matrix64 {
  return { rows, columns, data: data.map((value, i) => value * scale[i % columns]!) };
}
