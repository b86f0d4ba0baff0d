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

/** What was published, by bin, the earliest first. Rows without a timestamp are in none. */
export interface OwnCounts {
  untimed: number;
  bins: OwnBin[];
}

/** @throws DriftError `DIMENSIONS_DIFFER`; PublishError `VERIFY_TOO_MANY_BINS` */
export async function countByBin(
  published: AsyncIterable<PublishedRows>,
  centroids: Matrix64,
  bin: VerifyBin,
): Promise<OwnCounts> {
  let untimed = 0;
  const bins = new Map<number, { counter: CentroidCounter; latest: number }>();
  const binAt = (start: number) => {
    const found = bins.get(start) ?? { counter: new CentroidCounter(centroids), latest: start };
    bins.set(start, found);
    if (bins.size > MAX_BINS) throw tooManyBins(bin, start);
    return found;
  };
  for await (const { embeddings, timestamps } of published) {
    const rowsOf = new Map<number, number[]>();
    for (const [row, time] of timestamps.entries()) {
      if (time === null) {
        untimed++;
        continue;
      }
      const start = binStart(time, bin);
      const rows = rowsOf.get(start) ?? [];
      rows.push(row);
      rowsOf.set(start, rows);
    }
    for (const [start, rows] of rowsOf) {
      const found = binAt(start);
      found.counter.add(takeRows({ embeddings }, rows).embeddings);
      for (const row of rows) found.latest = Math.max(found.latest, timestamps[row]!);
    }
  }
  const inOrder = [...bins].sort(([a], [b]) => a - b);
  return { untimed, bins: inOrder.map(([start, { counter, latest }]) => ({ start, latest, counts: counter.counts })) };
}

function tooManyBins(bin: VerifyBin, start: number): PublishError {
  const times = `${MAX_BINS.toLocaleString('en')} times of one ${bin}`;
  const message = `events in more than ${times}, the latest found ${binName(start)}`;
  const hint = 'Verify by week, or fewer events; timestamps must be milliseconds.';
  return new PublishError('VERIFY_TOO_MANY_BINS', message, { hint });
}
