import { Random } from '../../base/index.js';
import { type Matrix, rowsOf } from '../linear/matrix.js';
import { type Projection, project } from '../linear/pca.js';
import { SmallestKeys } from './keys.js';

/** Different rows drawn at random: those of smallest key, however often they came. Samples merge exactly. */
export interface RowSample {
  /** `[rows, components]`, float32: in the principal components of the reference. */
  coordinates: Matrix;
  /** `[rows]`, ascending. */
  keys: Float64Array;
  /** `[rows]`: keys of the groups that they belong to. */
  groups: Float64Array;
  /** `[rows]`: how many rows had this embedding. */
  weights: Int32Array;
  /** `[rows]`: the predicted class, -1 where not known. */
  predicted: Int32Array;
  /** `[rows]`: the row's number in its file; the lowest, if it came more than once. */
  rowNumbers: Int32Array;
}

export interface SampledKeys {
  /** `rowKey` of the row. */
  key: number;
  group: number;
  rowNumber: number;
}

interface SampledRow {
  coordinates: Float32Array;
  group: number;
  predicted: number;
  rowNumber: number;
}

/** The row that comes first in the file: equal embeddings may have different scores, and shards come in any order. */
function firstOf(a: SampledRow, b: SampledRow): SampledRow {
  if (a.rowNumber !== b.rowNumber) return a.rowNumber < b.rowNumber ? a : b;
  return a.predicted <= b.predicted ? a : b;
}

export class RowSampler {
  readonly #rows: SmallestKeys<SampledRow>;
  readonly #projection: Projection;

  constructor(projection: Projection, capacity: number) {
    this.#projection = projection;
    this.#rows = new SmallestKeys(capacity, firstOf);
  }

  add({ key, group, rowNumber }: SampledKeys, matrix: Matrix, row: number, predicted: number): void {
    this.#rows.add(key, 1, () => ({ coordinates: this.#coordinatesOf(matrix, row), group, predicted, rowNumber }));
  }

  sample(): RowSample {
    return toSample(this.#rows, this.#projection.components.rows);
  }

  /** Projects one row at a time, so that its bits do not depend on the rows beside it. */
  #coordinatesOf({ columns, data }: Matrix, row: number): Float32Array {
    const one = { rows: 1, columns, data: data.subarray(row * columns, (row + 1) * columns) };
    return Float32Array.from(project(this.#projection, one).data);
  }
}

export function takeSampled(sample: RowSample, places: readonly number[]): RowSample {
  return {
    coordinates: rowsOf(sample.coordinates, places),
    keys: Float64Array.from(places, (place) => sample.keys[place]!),
    groups: Float64Array.from(places, (place) => sample.groups[place]!),
    weights: Int32Array.from(places, (place) => sample.weights[place]!),
    predicted: Int32Array.from(places, (place) => sample.predicted[place]!),
    rowNumbers: Int32Array.from(places, (place) => sample.rowNumbers[place]!),
  };
}

/** The sample of both parts together. Both must have been drawn with one seed. */
export function mergeSamples(a: RowSample, b: RowSample, capacity: number): RowSample {
  const rows = new SmallestKeys(capacity, firstOf);
  for (const sample of [a, b]) addSample(rows, sample);
  return toSample(rows, a.coordinates.columns);
}

function addSample(rows: SmallestKeys<SampledRow>, sample: RowSample) {
  const { coordinates, keys, groups, weights, predicted, rowNumbers } = sample;
  const { columns, data } = coordinates;
  for (const [i, key] of keys.entries()) {
    rows.add(key, weights[i]!, () => ({
      coordinates: Float32Array.from(data.subarray(i * columns, (i + 1) * columns)),
      group: groups[i]!,
      predicted: predicted[i]!,
      rowNumber: rowNumbers[i]!,
    }));
  }
}

function toSample(rows: SmallestKeys<SampledRow>, columns: number): RowSample {
  const kept = rows.kept();
  const data = new Float32Array(kept.length * columns);
  for (const [i, { value }] of kept.entries()) data.set(value.coordinates, i * columns);
  return {
    coordinates: { rows: kept.length, columns, data },
    keys: Float64Array.from(kept, ({ key }) => key),
    groups: Float64Array.from(kept, ({ value }) => value.group),
    weights: Int32Array.from(kept, ({ weight }) => weight),
    predicted: Int32Array.from(kept, ({ value }) => value.predicted),
    rowNumbers: Int32Array.from(kept, ({ value }) => value.rowNumber),
  };
}

// A uniform random sample of a stream (Algorithm R: A. Waterman, in D. Knuth, The Art of Computer Programming 2).

const FIRST_ROWS = 1024;

export class Reservoir {
  seen = 0;
  #data: Float32Array | Float64Array | null = null;
  readonly #random: Random;
  readonly #capacity: number;
  readonly #columns: number;

  constructor(capacity: number, columns: number, seed: number) {
    this.#capacity = capacity;
    this.#columns = columns;
    this.#random = new Random(seed);
  }

  /** @returns the place in the sample that the row took, -1 for none */
  add(matrix: Matrix, row: number): number {
    const place = this.seen < this.#capacity ? this.seen : this.#random.below(this.seen + 1);
    this.seen++;
    if (place >= this.#capacity) return -1;
    const start = row * this.#columns;
    this.#roomFor(place, matrix.data).set(matrix.data.subarray(start, start + this.#columns), place * this.#columns);
    return place;
  }

  /** The sample. It shares memory with the reservoir. */
  sample(): Matrix {
    const rows = Math.min(this.seen, this.#capacity);
    const data = this.#data?.subarray(0, rows * this.#columns) ?? new Float32Array(0);
    return { rows, columns: this.#columns, data };
  }

  /** The buffer, large enough for the place. It becomes float64 once a float64 row has come. */
  #roomFor(place: number, like: Float32Array | Float64Array): Float32Array | Float64Array {
    const held = this.#data === null ? 0 : this.#data.length / this.#columns;
    const rows = place < held ? held : Math.min(this.#capacity, Math.max(FIRST_ROWS, 2 * held));
    const widen = like instanceof Float64Array && !(this.#data instanceof Float64Array);
    if (this.#data === null || rows > held || widen) {
      const wide = like instanceof Float64Array || this.#data instanceof Float64Array;
      const larger = wide ? new Float64Array(rows * this.#columns) : new Float32Array(rows * this.#columns);
      if (this.#data !== null) larger.set(this.#data);
      this.#data = larger;
    }
    return this.#data;
  }
}
