/** Random samples of different rows, in principal components: drawn from a stream, and merged. */
import type { Matrix } from '../linear/matrix.js';
import { type Projection, project } from '../linear/pca.js';
import { SmallestKeys } from './smallest-keys.js';

/**
 * Different rows drawn at random: those whose key, a hash of the embedding, is smallest. Each is as likely as any
 * other, however often it came. Two samples merge to exactly the sample of all rows.
 */
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

/** What identifies a row. */
export interface SampledKeys {
  /** `rowKey` of the row. */
  key: number;
  /** Key of its group. */
  group: number;
  rowNumber: number;
}

interface SampledRow {
  coordinates: Float32Array;
  group: number;
  predicted: number;
  rowNumber: number;
}

/**
 * Keeps the row that comes first in the file. Equal embeddings may have different scores, and shards come in any order.
 */
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

/** Some rows of a sample, by their places. */
export function takeSampled(sample: RowSample, places: readonly number[]): RowSample {
  const { columns, data } = sample.coordinates;
  const coordinates = new Float32Array(places.length * columns);
  for (const [to, from] of places.entries()) {
    coordinates.set(data.subarray(from * columns, (from + 1) * columns), to * columns);
  }
  return {
    coordinates: { rows: places.length, columns, data: coordinates },
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
