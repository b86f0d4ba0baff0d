/** The rows of all windows that are most unlike the baseline, most unlike first. Only so many are kept while rows stream by. */
import { DriftError } from '../drift-error.js';
import { type CheckLimits, failedChecks, type ImageCheck, sharpnessBins } from '../images/image-checks.js';
import { squaredDistanceBelow } from '../linear/distance.js';
import { type Matrix, toFloat64 } from '../linear/matrix.js';
import { project } from '../linear/pca.js';
import type { Profile } from '../profile/profile.js';
import type { Reference } from '../profile/reference.js';
import type { DriftBatch } from '../rows/batch.js';
import type { RowSample } from '../rows/row-sample.js';
import { predictedOf } from '../rows/tallies.js';
import { totalOf } from '../statistics/counts.js';

/**
 * How unlike the baseline a row is: the distance to its fifth nearest kept baseline row, in principal components, so
 * that one odd row hides nothing (Y. Sun et al., "Out-of-Distribution Detection with Deep Nearest Neighbors", ICML
 * 2022, without scaling to length 1).
 */
export interface Unlike {
  /** Euclidean distance to the fifth nearest row of the baseline. */
  distance: number;
  /** Share of the kept baseline rows that are at least as far from the others, the row itself counted: 1/1001 to 1. */
  share: number;
  /** Number of the nearest row in the baseline's events, from 0. */
  nearestRow: number;
}

/** A row of a window's sample. */
export interface SampledUnlike extends Unlike {
  row: number;
  /** Rows of the window that are equal to it, itself counted. */
  times: number;
}

const NEIGHBOURS = 5;
/** Share of a window that one row may have beyond its share of the baseline. */
const FREE_REPEATS = 0.02;

interface Neighbours {
  /** Squared. */
  distances: number[];
  nearest: number;
}

export class Unlikeness {
  readonly #reference: Reference;
  readonly #sample: Float64Array;
  readonly #rows: number;
  readonly #neighbours: number;
  /** Squared distances of the kept rows from each other, ascending. */
  readonly #own: Float64Array;

  /** @throws DriftError `BASELINE_TOO_SMALL` where the profile keeps fewer than two different rows */
  constructor({ reference, rows }: Pick<Profile, 'reference' | 'rows'>) {
    const kept = reference?.sample.coordinates.rows ?? 0;
    if (reference === null || kept < 2) {
      throw new DriftError(
        'BASELINE_TOO_SMALL',
        `the baseline of ${rows} rows keeps ${kept} to compare single rows with, at least 2 different ones are needed`,
        { hint: 'Make the profile of more images: from 40 on, a half of them is kept.' },
      );
    }
    this.#reference = reference;
    this.#rows = kept;
    this.#sample = toFloat64(reference.sample.coordinates).data;
    this.#neighbours = Math.min(NEIGHBOURS, kept - 1);
    const columns = reference.projection.components.rows;
    this.#own = Float64Array.from({ length: kept }, (_, row) => {
      return this.#nearest(this.#sample, row * columns, row).distances.at(-1)!;
    }).sort();
  }

  of(embeddings: Matrix): Unlike[] {
    return this.#ofCoordinates(project(this.#reference.projection, embeddings));
  }

  /** First the rows that only the window repeats, as a network may find black images usual; then the most unlike. */
  ranked({ coordinates, rowNumbers, weights }: RowSample): SampledUnlike[] {
    const { sample } = this.#reference;
    const [rows, rowsOfBaseline] = [totalOf(weights), totalOf(sample.weights)];
    const inBaseline = new Map(Array.from(sample.rowNumbers, (row, i) => [row, sample.weights[i]! / rowsOfBaseline]));
    const repeats = ({ times, nearestRow }: SampledUnlike) =>
      times > 1 && times / rows > FREE_REPEATS + inBaseline.get(nearestRow)! ? times : 0;
    return this.#ofCoordinates(coordinates)
      .map((unlike, i) => ({ ...unlike, row: rowNumbers[i]!, times: weights[i]! }))
      .sort((a, b) => repeats(b) - repeats(a) || b.distance - a.distance || a.row - b.row);
  }

  /** `[rows]`, of rows in the profile's principal components, as samples keep them. */
  #ofCoordinates(coordinates: Matrix): Unlike[] {
    const { data, columns } = toFloat64(coordinates);
    return Array.from({ length: coordinates.rows }, (_, row) => {
      const { distances, nearest } = this.#nearest(data, row * columns, -1);
      const square = distances.at(-1)!;
      return {
        distance: Math.sqrt(square),
        share: (1 + this.#asFar(square)) / (1 + this.#rows),
        nearestRow: this.#reference.sample.rowNumbers[nearest]!,
      };
    });
  }

  /** @param without place of a kept row that does not count; -1 for none */
  #nearest(rows: Float64Array, start: number, without: number): Neighbours {
    const columns = this.#reference.projection.components.rows;
    const distances = new Array<number>(this.#neighbours).fill(Number.POSITIVE_INFINITY);
    let nearest = 0;
    for (let place = 0; place < this.#rows; place++) {
      if (place === without) continue;
      const limit = distances.at(-1)!;
      const distance = squaredDistanceBelow(limit, rows, start, this.#sample, place * columns, columns);
      if (distance >= limit) continue;
      if (distance < distances[0]!) nearest = place;
      insert(distances, distance);
    }
    return { distances, nearest };
  }

  /** Kept rows that are at least so far from the others. */
  #asFar(square: number): number {
    let [low, high] = [0, this.#own.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#own[middle]! < square) low = middle + 1;
      else high = middle;
    }
    return this.#own.length - low;
  }
}

function insert(values: number[], value: number): void {
  let place = values.length - 1;
  while (place > 0 && values[place - 1]! > value) {
    values[place] = values[place - 1]!;
    place--;
  }
  values[place] = value;
}

export interface RankedRow extends Unlike {
  window: string;
  /** Its number among the rows of all tables. */
  rowNumber: number;
  /** Index of its cluster in the profile. */
  cluster: number;
  /** Class names; null where not known. */
  predicted: string | null;
  target: string | null;
  /** Milliseconds since 1970, UTC; null where not known. */
  timestamp: number | null;
  imageUrl: string | null;
  eventId: string | null;
  /** What its image is: dark, blurred, …; null where nothing is known of images. */
  flags: ImageCheck[] | null;
}

/** Columns that are not compared, `[rows]` each. */
interface RowNames {
  imageUrls: readonly (string | null)[];
  eventIds: readonly (string | null)[];
}

export class RankedRows {
  readonly #unlikeness: Unlikeness;
  readonly #classes: readonly string[];
  readonly #limits: CheckLimits;
  readonly #most: number;
  #rows: RankedRow[] = [];
  /** Rows that are nearer than this are not among the most unlike. */
  #least = Number.NEGATIVE_INFINITY;
  #seen = 0;

  /** @param most rows to keep @throws DriftError `BASELINE_TOO_SMALL` */
  constructor(profile: Pick<Profile, 'reference' | 'rows' | 'classes' | 'images'>, most: number) {
    this.#unlikeness = new Unlikeness(profile);
    this.#classes = profile.classes;
    const leastSharp = sharpnessBins(profile.reference?.statistics)?.edges[0] ?? null;
    this.#limits = { sizes: profile.images?.sizes ?? null, leastSharp };
    this.#most = most;
  }

  /** All rows that came, kept or not. */
  get seen(): number {
    return this.#seen;
  }

  /** @param clusters `[rows]`: the cluster of each row, -1 if it is skipped; the result of `WindowCounter.add` */
  add(window: string, batch: DriftBatch, clusters: Int32Array, { imageUrls, eventIds }: RowNames): void {
    const { scores, targets, timestamps, rowNumbers, images, statistics } = batch;
    const sharpness = statistics?.['relative_sharpness'];
    for (const [row, unlike] of this.#unlikeness.of(batch.embeddings).entries()) {
      const cluster = clusters[row]!;
      if (cluster < 0) continue;
      const rowNumber = rowNumbers?.[row] ?? this.#seen;
      this.#seen++;
      if (unlike.distance < this.#least) continue;
      this.#rows.push({
        ...unlike,
        window,
        rowNumber,
        cluster,
        predicted: scores ? (this.#classes[predictedOf(scores, row)] ?? null) : null,
        target: targets?.[row] ?? null,
        timestamp: timestamps?.[row] ?? null,
        imageUrl: imageUrls[row] ?? null,
        eventId: eventIds[row] ?? null,
        flags: images ? failedChecks(images, sharpness, row, this.#limits) : null,
      });
      // Pruning is rare, so that a row costs a constant on average.
      if (this.#rows.length >= 2 * this.#most + 64) this.#prune();
    }
  }

  /** Most unlike first; the earlier row first where two are alike. */
  ranked(): RankedRow[] {
    this.#prune();
    return [...this.#rows];
  }

  #prune(): void {
    this.#rows.sort((a, b) => b.distance - a.distance || a.rowNumber - b.rowNumber);
    if (this.#rows.length <= this.#most) return;
    this.#rows.length = this.#most;
    this.#least = this.#rows.at(-1)!.distance;
  }
}
