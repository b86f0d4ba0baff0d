/**
 * How a column or custom feature becomes bins, for histograms, JSD and PSI. A custom feature: the nearest centroid. A
 * number: its schema's edges; values beyond go into the end bins. A category: one bin each. What is missing is in none.
 */
import { countNearest } from 'image-drift/drift';
import type { Column, CustomFeature, ModelBody } from '../model/model-body.js';
import { type EventRow, numberOf } from '../model/values.js';
import type { Store } from '../store/store.js';
import type { Baseline, Model } from '../store/tables.js';
import { shiftedBin, type TimeRange } from './time-bins.js';

export interface Binning {
  /** What queries name it by. */
  id: string;
  name: string;
  kind: 'custom feature' | 'number' | 'category' | 'accuracy';
  /** One a bin. */
  labels: readonly string[];
  /** For each event its bin, or -1. */
  binsOf(events: readonly EventRow[]): ArrayLike<number>;
}

/** Right and wrong predictions, counted like a column; no name that a column can have in a query. */
export const ACCURACY = '(accuracy)';

/** Everything of a model that is counted. */
export function binningsOf(model: ModelBody): Binning[] {
  const accuracy = accuracyBinning(model);
  return [
    ...model.spec.custom_features.flatMap((feature) => clusters(feature) ?? []),
    ...model.schema.columns.flatMap((column) => columnBinning(column) ?? []),
    ...(accuracy ? [accuracy] : []),
  ];
}

/** By id or by name; custom features first. */
export function findBinning(model: ModelBody, idOrName: string): Binning | null {
  const all = binningsOf(model).filter(({ id }) => id !== ACCURACY);
  return all.find(({ id }) => id === idOrName) ?? all.find(({ name }) => name === idOrName) ?? null;
}

function clusters(feature: CustomFeature): Binning | null {
  const { name, centroids } = feature;
  if (feature.type === 'ENRICHMENT' || !centroids || centroids.length === 0) return null;
  const columns = centroids[0]!.length;
  const matrix = { rows: centroids.length, columns, data: Float64Array.from(centroids.flat()) };
  return {
    id: name,
    name,
    kind: 'custom feature',
    labels: centroids.map((_, index) => `Cluster ${index + 1}`),
    binsOf(events) {
      const data = new Float64Array(events.length * columns).fill(Number.NaN);
      for (const [i, event] of events.entries()) {
        const vector = vectorOf(feature, event);
        if (vector?.length === columns) data.set(vector, i * columns);
      }
      return countNearest(matrix, { rows: events.length, columns, data }).labels;
    },
  };
}

function vectorOf(
  { type, column, columns }: CustomFeature,
  { fields, vectors }: EventRow,
): ArrayLike<number> | undefined {
  if (type !== 'FROM_COLUMNS') return vectors.get(column ?? '');
  return (columns ?? []).map((name) => numberOf(fields[name]) ?? Number.NaN);
}

function columnBinning(column: Column): Binning | null {
  const { name, data_type: type, bins, categories } = column;
  const id = name;
  if ((type === 'int' || type === 'float') && bins && bins.length >= 2) {
    const labels = bins.slice(1).map((edge, i) => `${bins[i]} to ${edge}`);
    return {
      id,
      name,
      kind: 'number',
      labels,
      binsOf: (events) => events.map(({ fields }) => binOf(bins, fields[name])),
    };
  }
  if ((type === 'category' || type === 'bool') && categories && categories.length > 0) {
    const indices = new Map(categories.map((category, index) => [category, index]));
    const of = ({ fields }: EventRow) => indices.get(fields[name] as string) ?? -1;
    return { id, name, kind: 'category', labels: categories.map(String), binsOf: (events) => events.map(of) };
  }
  return null;
}

/** The last bin includes its right edge, as numpy.histogram has it. */
function binOf(edges: readonly number[], value: unknown): number {
  if (typeof value !== 'number') return -1;
  let bin = 0;
  while (bin < edges.length - 2 && value >= edges[bin + 1]!) bin++;
  return bin;
}

/** For a multiclass model: whether the output with the highest score is that of the target. */
function accuracyBinning({ task, task_params, spec }: ModelBody): Binning | null {
  const target = spec.targets[0];
  const classes = task_params?.target_class_order;
  if (task !== 'multiclass_classification' || target === undefined || classes?.length !== spec.outputs.length)
    return null;
  const of = ({ fields }: EventRow): number => {
    const scores = spec.outputs.map((output) => numberOf(fields[output]) ?? Number.NEGATIVE_INFINITY);
    const truth = fields[target] ?? null;
    const best = scores.indexOf(Math.max(...scores));
    if (truth === null || scores[best] === Number.NEGATIVE_INFINITY) return -1;
    return String(classes[best]) === String(truth) ? 0 : 1;
  };
  const labels = ['right', 'wrong'];
  return { id: ACCURACY, name: ACCURACY, kind: 'accuracy', labels, binsOf: (events) => events.map(of) };
}

/** Counts of bins over a range of time, and counts of a baseline. */
const HOUR = 3_600_000;

/** All events of an environment. */
const ALWAYS: TimeRange = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };

/** Stored counts for whole hours, and the events of incomplete hours at both ends. @returns one count per bin */
function countsWithin(store: Store, envId: string, binning: Binning, range: TimeRange): number[] {
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
 * A static baseline is its dataset, or its range of production. A rolling one is the window `offset_delta` windows
 * before the compared bin. @param bin the compared bin
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

export function baselineRows(store: Store, baseline: Baseline): number {
  if (baseline.type === 'ROLLING') return 0;
  const { from, to } = baselineRange(baseline, { from: 0, to: 0 });
  if (from === Number.NEGATIVE_INFINITY) return store.events.count(baseline.env_id);
  return store.events.count(baseline.env_id, from, to);
}

export function productionCounts(store: Store, model: Model, binning: Binning, range: TimeRange): number[] {
  return countsWithin(store, store.environments.production(model.id), binning, range);
}
