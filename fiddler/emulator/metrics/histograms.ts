/** Counts of bins over a range of time, and counts of a baseline. */
import type { Baseline } from '../store/baselines.js';
import type { Model } from '../store/models.js';
import type { Store } from '../store/store.js';
import type { Binning } from './binning.js';
import { shiftedBin, type TimeRange } from './time-bins.js';

const HOUR = 3_600_000;

/** All events of an environment. */
const ALWAYS: TimeRange = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };

/**
 * Uses the stored counts for whole hours, and the events for the incomplete hours at both ends.
 * @returns one count per bin
 */
export function countsWithin(store: Store, envId: string, binning: Binning, range: TimeRange): number[] {
  const counts = new Array<number>(binning.labels.length).fill(0);
  const firstHour = Math.ceil(range.from / HOUR);
  const lastHour = Math.floor(range.to / HOUR);
  if (firstHour > lastHour) {
    addEvents(counts, store, envId, binning, range);
    return counts;
  }
  const [from, to] = [firstHour, lastHour].map((hour) => Math.max(-1e12, Math.min(1e12, hour))) as [number, number];
  for (const [bin, count] of store.events.counts(envId, binning.id, from, to)) {
    if (bin < counts.length) counts[bin]! += count;
  }
  addEvents(counts, store, envId, binning, { from: range.from, to: firstHour * HOUR });
  addEvents(counts, store, envId, binning, { from: lastHour * HOUR, to: range.to });
  return counts;
}

function addEvents(counts: number[], store: Store, envId: string, binning: Binning, { from, to }: TimeRange): void {
  if (!(from < to)) return;
  const bins = binning.binsOf(store.events.list({ envId, from, to, vectors: true }));
  for (const bin of Array.from(bins)) if (bin >= 0) counts[bin]! += 1;
}

/**
 * A static baseline is its dataset, or its range of production. A rolling baseline is the window that lies
 * `offset_delta` windows before the compared bin.
 * @param bin the compared bin
 */
export function baselineCounts(store: Store, baseline: Baseline, binning: Binning, bin: TimeRange): number[] {
  return countsWithin(store, baseline.env_id, binning, baselineRange(baseline, bin));
}

function baselineRange(baseline: Baseline, bin: TimeRange): TimeRange {
  if (baseline.type === 'ROLLING') {
    const size = baseline.window_bin_size ?? 'Day';
    const from = shiftedBin(bin.from, size, -(baseline.offset_delta ?? 1));
    return { from, to: shiftedBin(from, size, 1) };
  }
  if (baseline.start_time === null || baseline.end_time === null) return ALWAYS;
  return { from: baseline.start_time, to: baseline.end_time };
}

/** The current number of rows of a baseline. */
export function baselineRows(store: Store, baseline: Baseline): number {
  if (baseline.type === 'ROLLING') return 0;
  const { from, to } = baselineRange(baseline, { from: 0, to: 0 });
  if (from === Number.NEGATIVE_INFINITY) return store.events.count(baseline.env_id);
  return store.events.count(baseline.env_id, from, to);
}

export function productionCounts(store: Store, model: Model, binning: Binning, range: TimeRange): number[] {
  return countsWithin(store, store.environments.production(model.id).id, binning, range);
}
