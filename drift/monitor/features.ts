/**
 * What a monitor sums of each row: indicators of clusters, principal components, what the network says, and image
 * statistics. Features are whole numbers of a bounded size, so that sums are exact, and adding them in any order gives
 * the same bits. All that they need is fitted before a row is counted, so baseline, shards and windows agree.
 */
import { pow } from '../../base/math/index.js';
import { NearestCentroid } from '../clustering/assign.js';
import { symmetricEigen } from '../linear/decompositions.js';
import { isUsable, type Matrix64 } from '../linear/matrix.js';
import type { Projection } from '../linear/pca.js';
import type { DriftBatch } from '../rows/batch.js';
import { labelOf } from '../rows/label-columns.js';
import { confidenceOf, entropyOf } from '../rows/tallies.js';
import { binOf } from '../statistics/counts.js';
import { type RankCorrelations, valueAt } from '../statistics/ranks.js';

export type BlockName = 'clusters' | 'embedding' | 'confidence' | 'labels' | 'images';

/** Features that are judged together. */
export interface FeatureBlock {
  name: BlockName;
  /** Its features are those from `first` to before `end`. */
  first: number;
  end: number;
  /** Where its products begin in `Sums.products`: the lower triangle, row by row; clusters have none. */
  products: number;
}

/** The parts of a fitted profile that features are computed with. */
export interface FeatureSource {
  centroids: Matrix64;
  classes: readonly string[];
  reference: FittedReference | null;
  /** Null in a profile of an earlier version. */
  monitor: { readonly scales: Float64Array } | null;
}

interface FittedReference {
  projection: Projection;
  confidence: Edges | null;
  entropy: Edges | null;
  statistics: Readonly<Record<string, Edges>>;
  correlations: RankCorrelations;
}

interface Edges {
  edges: readonly number[];
}

/** One standard deviation as a whole number. Rounding adds 1e-6 of the variance. */
export const UNIT = 256;
/** Standard deviations at which a component is cut off: a mean of 100 rows is then nearly normal, whatever their tails. */
const MOST_DEVIATIONS = 3;
/** Components of embeddings and of image statistics. Each costs power where the change is in another one. */
const EMBEDDING_FEATURES = 16;
const IMAGE_FEATURES = 8;
/** Directions of image statistics with less variance than this share of one statistic are rounding. */
const LEAST_VARIANCE = 0.05;

/** Computes a block's features of a row. */
interface BlockReader {
  name: BlockName;
  size: number;
  /** @returns false if the row lacks them; `into` then has no meaning */
  read(batch: DriftBatch, row: number, into: Float64Array, first: number): boolean;
}

export class FeatureModel {
  readonly blocks: readonly FeatureBlock[];
  /** Number of features. */
  readonly size: number;
  /** Number of products of features. */
  readonly products: number;
  readonly #readers: readonly BlockReader[];
  readonly #nearest: NearestCentroid;

  constructor(source: FeatureSource) {
    this.#nearest = new NearestCentroid(source.centroids);
    const { reference } = source;
    const readers =
      reference === null
        ? []
        : [
            embeddingReader(reference, scalesOf(source)),
            scoreReader(reference, source.classes),
            columnReader('labels', reference, (name) => labelOf(name)?.kind === 'score'),
            columnReader('images', reference, (name) => labelOf(name) === null),
          ];
    this.#readers = readers.filter(({ size }) => size > 0);
    const blocks: FeatureBlock[] = [{ name: 'clusters', first: 0, end: this.#nearest.clusters, products: 0 }];
    let products = 0;
    for (const { name, size } of this.#readers) {
      const first = blocks.at(-1)!.end;
      blocks.push({ name, first, end: first + size, products });
      products += (size * (size + 1)) / 2;
    }
    this.blocks = blocks;
    this.size = blocks.at(-1)!.end;
    this.products = products;
  }

  clusterOf(batch: DriftBatch, row: number): number {
    return this.#nearest.of(batch.embeddings, row);
  }

  /**
   * @param block from 1: the clusters' features need only the cluster
   * @param into `[size]`
   * @returns false if the row lacks what the block is made of
   */
  read(batch: DriftBatch, row: number, block: number, into: Float64Array): boolean {
    return this.#readers[block - 1]!.read(batch, row, into, this.blocks[block]!.first);
  }
}

/** `[features]`: what a unit of each component is; standard deviations where a profile has no others. */
export function scalesOf({ reference, monitor }: FeatureSource): Float64Array {
  const variances = reference?.projection.variances.subarray(0, EMBEDDING_FEATURES) ?? new Float64Array(0);
  return monitor?.scales ?? variances.filter((variance) => variance > 0).map(Math.sqrt);
}

/**
 * Standard deviations of components as the median says them, since a few outliers make variances of any size.
 * @param coordinates `[rows, components]` of the fit @param inFit `[rows]`: those to use
 */
export function robustScales({ columns, data }: Matrix64, inFit: readonly boolean[]): Float64Array {
  const scales: number[] = [];
  for (let c = 0; c < Math.min(columns, EMBEDDING_FEATURES); c++) {
    const column = Float64Array.from(inFit.flatMap((isIn, row) => (isIn ? [data[row * columns + c]!] : [])));
    const centre = medianOf(column);
    const spread = NORMAL * medianOf(column.map((value) => Math.abs(value - centre)));
    const variance = column.reduce((sum, value) => sum + (value - centre) ** 2, 0) / Math.max(1, column.length);
    if (variance > 0) scales.push(spread > 0 ? spread : Math.sqrt(variance));
  }
  return Float64Array.from(scales);
}

/** The standard deviation of a normal variable over its median absolute deviation. */
const NORMAL = 1.4826;

function medianOf(values: Float64Array): number {
  return valueAt(values.slice(), values.length >> 1);
}

function embeddingReader({ projection }: FittedReference, scales: Float64Array): BlockReader {
  const { mean, components } = projection;
  const columns = mean.length;
  const units = scales.map((scale) => UNIT / scale);
  const centred = new Float64Array(columns);
  const along = new Float64Array(AT_ONCE);
  return {
    name: 'embedding',
    size: units.length,
    read({ embeddings: { data } }, row, into, first) {
      for (let c = 0; c < columns; c++) centred[c] = data[row * columns + c]! - mean[c]!;
      for (let k = 0; k < units.length; k += AT_ONCE) {
        alongFour(centred, components.data, k, along);
        const end = Math.min(AT_ONCE, units.length - k);
        for (let i = 0; i < end; i++) into[first + k + i] = bounded(along[i]! * units[k + i]!);
      }
      return true;
    },
  };
}

/** Sums that do not wait for each other: a processor adds four in the time of one. */
const AT_ONCE = 4;

/** Coordinates along components `first` to `first + 3`; those behind the last have no meaning. @param into `[4]` */
function alongFour(centred: Float64Array, components: Float64Array, first: number, into: Float64Array): void {
  const columns = centred.length;
  const start = first * columns;
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let i = 0; i < columns; i++) {
    const value = centred[i]!;
    const at = start + i;
    a += value * components[at]!;
    b += value * components[at + columns]!;
    c += value * components[at + 2 * columns]!;
    d += value * components[at + 3 * columns]!;
  }
  into[0] = a;
  into[1] = b;
  into[2] = c;
  into[3] = d;
}

function bounded(value: number): number {
  const most = MOST_DEVIATIONS * UNIT;
  return Math.round(Math.max(-most, Math.min(most, value)));
}

function scoreReader({ confidence, entropy }: FittedReference, classes: readonly string[]): BlockReader {
  const isKnown = confidence !== null && entropy !== null && classes.length > 0;
  const [first, second] = isKnown ? [normalScores(confidence), normalScores(entropy)] : [[], []];
  return {
    name: 'confidence',
    size: isKnown ? 2 : 0,
    read({ scores }, row, into, at) {
      if (!scores) return false;
      into[at] = Math.round(UNIT * first[binOf(confidence!.edges, confidenceOf(scores, row))]!);
      into[at + 1] = Math.round(UNIT * second[binOf(entropy!.edges, entropyOf(scores, row))]!);
      return true;
    },
  };
}

/**
 * A score for each bin between quantiles: about the standard normal quantile of its middle, as Tukey's lambda
 * distribution gives it (J. J. Filliben, Technometrics 17, 1975; 0.14 is nearest to the normal).
 */
function normalScores({ edges }: Edges): number[] {
  const bins = edges.length + 1;
  return Array.from({ length: bins }, (_, bin) => {
    const share = (bin + 0.5) / bins;
    return 4.91 * (pow(share, 0.14) - pow(1 - share, 0.14));
  });
}

/**
 * Principal components of the normal scores of some columns, by their rank correlations: the images' statistics, or the
 * scores of labels of which several may hold.
 */
function columnReader(
  block: BlockName,
  { statistics, correlations }: FittedReference,
  isOf: (name: string) => boolean,
): BlockReader {
  const places = [...correlations.names.keys()].filter((place) => isOf(correlations.names[place]!));
  const names = places.map((place) => correlations.names[place]!);
  const values = Float64Array.from({ length: places.length ** 2 }, (_, at) => {
    const [i, j] = [places[Math.floor(at / places.length)]!, places[at % places.length]!];
    return correlations.values[i * correlations.names.length + j]!;
  });
  const { values: variances, vectors } = names.length === 0 ? NO_AXES : symmetricEigen(values, names.length);
  const used = variances.subarray(0, IMAGE_FEATURES).filter((variance) => variance > LEAST_VARIANCE);
  const scores = names.map((name) => normalScores(statistics[name]!));
  const own = new Float64Array(names.length);
  return {
    name: block,
    size: used.length,
    read({ statistics: columns }, row, into, first) {
      if (!columns || !names.some((name) => columns[name] !== undefined)) return false;
      for (const [s, name] of names.entries()) {
        const value = columns[name]?.[row] ?? Number.NaN;
        // What is not known of an image, such as the hue of a grey one, is in the middle.
        own[s] = isUsable(value) ? scores[s]![binOf(statistics[name]!.edges, value)]! : 0;
      }
      for (let k = 0; k < used.length; k++) {
        let along = 0;
        for (let s = 0; s < own.length; s++) along += own[s]! * vectors[k * own.length + s]!;
        into[first + k] = bounded((UNIT * along) / Math.sqrt(used[k]!));
      }
      return true;
    },
  };
}

const NO_AXES = { values: new Float64Array(0), vectors: new Float64Array(0) };
