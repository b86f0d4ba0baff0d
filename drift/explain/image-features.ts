/**
 * What a set of images looks like, as one vector: means of statistics, of the brightness of parts, and of random
 * Fourier features, which see how statistics spread and hang together (A. Rahimi and B. Recht, "Random features for
 * large-scale kernel machines", NIPS 2007). Statistics are standardised by the baseline, then pass through asinh, so
 * that no outlier decides; an unknown value counts as the baseline's mean. Each feature is divided by its standard
 * deviation among the baseline's images.
 */
import { Random } from '../../base/index.js';
import { asinh, cos } from '../../base/math/index.js';
import { squaredDistance } from '../linear/distance.js';
import type { Matrix, Matrix64 } from '../linear/matrix.js';

/** How much the three kinds of features count in all. */
const WEIGHTS = { statistics: 1, parts: 0.5, fourier: 1 };
const FOURIER = 192;
/** Fourier features are of two widths in turn: that of the median distance, and a multiple of it. */
const WIDER = 3;
/** A smaller spread is taken for this one: a baseline of gray images has no saturation at all. */
const LEAST_SPREAD = 1e-3;
const MEDIAN_ROWS = 400;
const STREAM = 170;

export class ImageFeatures {
  readonly #columns: number;
  readonly #statistics: number;
  readonly #means: Float64Array;
  readonly #spreads: Float64Array;
  readonly #frequencies: Float64Array;
  readonly #phases: Float64Array;
  /** `[size]`: square root of the weight of a feature by its standard deviation. */
  readonly #scales: Float64Array;
  /** Sum over all features of the variance of one image. */
  readonly variance: number;

  /**
   * @param baseline `[images, columns]`: statistics, then parts; NaN where not known
   * @param statistics how many of the columns are statistics
   */
  constructor(baseline: Matrix, statistics: number) {
    this.#columns = baseline.columns;
    this.#statistics = statistics;
    ({ means: this.#means, spreads: this.#spreads } = momentsOf(baseline, LEAST_SPREAD));
    const standardised = this.#standardised(baseline);
    const width = medianDistance(standardised, statistics);
    const random = Random.stream(0, STREAM);
    this.#frequencies = Float64Array.from({ length: FOURIER * statistics }, (_, i) => {
      const isWide = Math.floor(i / statistics) % 2 === 1;
      return random.normal() / (width * (isWide ? WIDER : 1));
    });
    this.#phases = Float64Array.from({ length: FOURIER }, () => 2 * Math.PI * random.uniform());
    this.#scales = new Float64Array(this.size).fill(1);
    const { spreads } = momentsOf(this.#features(standardised), Number.MIN_VALUE);
    const parts = this.#columns - statistics;
    const weights = this.#scales.map((_, i) =>
      i < statistics
        ? WEIGHTS.statistics / statistics
        : i < this.#columns
          ? WEIGHTS.parts / parts
          : WEIGHTS.fourier / FOURIER,
    );
    // A feature that does not vary at all is measured by the spread of its statistic, which is 1.
    this.#scales = weights.map((weight, i) => Math.sqrt(weight) / (spreads[i]! > 1e-6 ? spreads[i]! : 1));
    this.variance = weights.reduce((sum, weight, i) => sum + (spreads[i]! > 1e-6 ? weight : 0), 0);
  }

  get size(): number {
    return this.#columns + FOURIER;
  }

  /** `[size]` of a set of images. @param images `[images, columns]`, at least one */
  of(images: Matrix): Float64Array {
    const features = this.#features(this.#standardised(images));
    const { size } = this;
    const mean = new Float64Array(size);
    for (let row = 0; row < features.rows; row++) {
      for (let f = 0; f < size; f++) mean[f]! += features.data[row * size + f]!;
    }
    return mean.map((sum, i) => (sum / features.rows) * this.#scales[i]!);
  }

  /** `variance`, of other images than the baseline's. @param images `[images, columns]`, at least one */
  varianceOf(images: Matrix): number {
    const { spreads } = momentsOf(this.#features(this.#standardised(images)), 0);
    return spreads.reduce((sum, spread, i) => sum + (spread * this.#scales[i]!) ** 2, 0);
  }

  /** `[images, 2 · statistics]`: the statistics of each image and their squares. @param images `[images, columns]` */
  rowsOf(images: Matrix): Matrix64 {
    const { rows, columns, data } = this.#standardised(images);
    const statistics = this.#statistics;
    const values = new Float64Array(2 * rows * statistics);
    for (let row = 0, to = 0; row < rows; row++, to += 2 * statistics) {
      for (let s = 0; s < statistics; s++) {
        const value = data[row * columns + s]!;
        values[to + s] = value;
        values[to + statistics + s] = value ** 2;
      }
    }
    return { rows, columns: 2 * statistics, data: values };
  }

  #standardised({ rows, columns, data }: Matrix): Matrix64 {
    const values = new Float64Array(data.length);
    for (let row = 0, i = 0; row < rows; row++) {
      for (let c = 0; c < columns; c++, i++) {
        const z = (data[i]! - this.#means[c]!) / this.#spreads[c]!;
        values[i] = Number.isFinite(z) ? asinh(z) : 0;
      }
    }
    return { rows, columns, data: values };
  }

  #features({ rows, columns, data }: Matrix64): Matrix64 {
    const statistics = this.#statistics;
    const features = new Float64Array(rows * this.size);
    for (let row = 0; row < rows; row++) {
      const values = data.subarray(row * columns, (row + 1) * columns);
      const to = row * this.size;
      features.set(values, to);
      for (let f = 0; f < FOURIER; f++) {
        let phase = this.#phases[f]!;
        for (let s = 0; s < statistics; s++) phase += this.#frequencies[f * statistics + s]! * values[s]!;
        features[to + columns + f] = cos(phase);
      }
    }
    return { rows, columns: this.size, data: features };
  }
}

function momentsOf({ rows, columns, data }: Matrix, least: number): { means: Float64Array; spreads: Float64Array } {
  const means = new Float64Array(columns);
  const spreads = new Float64Array(columns);
  for (let c = 0; c < columns; c++) {
    let [count, sum, squares] = [0, 0, 0];
    for (let i = c; i < data.length; i += columns)
      if (Number.isFinite(data[i]!)) [count, sum] = [count + 1, sum + data[i]!];
    means[c] = count === 0 ? 0 : sum / count;
    for (let i = c; i < data.length; i += columns)
      if (Number.isFinite(data[i]!)) squares += (data[i]! - means[c]!) ** 2;
    spreads[c] = Math.max(least, Math.sqrt(squares / Math.max(1, rows)));
  }
  return { means, spreads };
}

/** Between rows that lie evenly spread, by their first columns. */
function medianDistance({ rows, columns, data }: Matrix64, used: number): number {
  const count = Math.min(rows, MEDIAN_ROWS);
  const start = (i: number) => Math.floor((i * rows) / count) * columns;
  const squares: number[] = [];
  for (let i = 1; i < count; i++) squares.push(squaredDistance(data, start(i), data, start(i - 1), used));
  squares.sort((a, b) => a - b);
  return Math.sqrt(squares[squares.length >> 1] ?? 1) || 1;
}
