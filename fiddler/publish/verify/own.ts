/** Our side of a verification: the published events counted by the server's centroids, bin of time by bin of time. */
import { CentroidCounter, type Matrix64, takeRows } from '../../../drift/index.js';
import type { PublishedRows } from '../plan/timestamps.js';
import { PublishError } from '../publish-error.js';

/** The days and weeks that Fiddler charts by: in UTC; a week begins on Monday. */
export type VerifyBin = 'Day' | 'Week';

const DAY = 86_400_000;
const LENGTHS: Record<VerifyBin, number> = { Day: DAY, Week: 7 * DAY };
/** The first Monday of 1970 is the 5th of January. */
const ORIGINS: Record<VerifyBin, number> = { Day: 0, Week: 4 * DAY };

/** First moment, ms since 1970, of the bin that a moment is in. */
export function binStart(time: number, bin: VerifyBin): number {
  return Math.floor((time - ORIGINS[bin]) / LENGTHS[bin]) * LENGTHS[bin] + ORIGINS[bin];
}

/** First moment after the bin that begins then. */
export function binEnd(start: number, bin: VerifyBin): number {
  return start + LENGTHS[bin];
}

/** `2026-11-24`: a week is called after its Monday. */
export function binName(start: number): string {
  return new Date(start).toISOString().slice(0, 10);
}

export interface OwnBin {
  /** First moment, ms since 1970, UTC. */
  start: number;
  /** Time of its latest row. */
  latest: number;
  /** Rows nearest to each centroid. */
  counts: number[];
}

/** More bins than this are timestamps in the wrong unit; each costs several requests. */
const MAX_BINS = 1_000;

export class OwnCounts {
  /** Rows without a timestamp; they are in no bin. */
  untimed = 0;
  readonly #bins = new Map<number, { counter: CentroidCounter; latest: number }>();
  readonly #centroids: Matrix64;
  readonly #bin: VerifyBin;

  constructor(centroids: Matrix64, bin: VerifyBin) {
    this.#centroids = centroids;
    this.#bin = bin;
  }

  /** @throws DriftError `DIMENSIONS_DIFFER`; PublishError `VERIFY_TOO_MANY_BINS` */
  add({ embeddings, timestamps }: PublishedRows): void {
    const rowsOf = new Map<number, number[]>();
    for (const [row, time] of timestamps.entries()) {
      if (time === null) this.untimed++;
      else {
        const start = binStart(time, this.#bin);
        const rows = rowsOf.get(start) ?? [];
        rows.push(row);
        rowsOf.set(start, rows);
      }
    }
    for (const [start, rows] of rowsOf) {
      const bin = this.#binAt(start);
      bin.counter.add(takeRows({ embeddings }, rows).embeddings);
      for (const row of rows) bin.latest = Math.max(bin.latest, timestamps[row]!);
    }
  }

  /** The earliest first. */
  inOrder(): OwnBin[] {
    return [...this.#bins]
      .sort(([a], [b]) => a - b)
      .map(([start, { counter, latest }]) => ({ start, latest, counts: counter.counts }));
  }

  #binAt(start: number): { counter: CentroidCounter; latest: number } {
    const known = this.#bins.get(start);
    if (known !== undefined) return known;
    if (this.#bins.size === MAX_BINS) {
      const message = `events in more than ${MAX_BINS.toLocaleString('en')} times of one ${this.#bin}, the latest found ${binName(start)}`;
      throw new PublishError('VERIFY_TOO_MANY_BINS', message, {
        hint: 'Verify by week, or fewer events; timestamps must be milliseconds.',
      });
    }
    const bin = { counter: new CentroidCounter(this.#centroids), latest: start };
    this.#bins.set(start, bin);
    return bin;
  }
}
