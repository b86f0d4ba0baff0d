/**
 * Fréchet distance of the rows: of the whole window, and of the rows of each predicted class, as DriftLens does, so that
 * a drift of one class is not lost among the others. The verdict is that of the whole; classes are told as details, with
 * p-values adjusted for their number.
 */
import type { Matrix } from '../linear/matrix.js';
import type { Profile } from '../profile/profile.js';
import type { RowSample } from '../rows/row-sample.js';
import { holm } from '../statistics/adjusted-p-values.js';
import { frechetTest } from '../tests/frechet-distance.js';
import type { Method, MethodContext } from './method.js';
import { drawsFor, rowSamples, tested } from './row-samples.js';

const STREAM = 103;
/** Rows of a class on either side below which its covariance says nothing. */
const MIN_LABEL_ROWS = 20;
/** Classes with the most rows that are looked at. */
const MAX_LABELS = 30;
/** Coordinates of a class: its rows are few, and the first ones carry nearly all of its variance. */
const LABEL_COMPONENTS = 16;
/** Draws a class, per class: so many that the smallest p stays significant after adjustment. */
const DRAWS_PER_LABEL = 50;

export interface LabelDistance {
  label: string;
  /** Rows of the window's sample. */
  rows: number;
  value: number;
  band: [number, number];
  p: number;
  /** By Holm's rule over the classes. */
  p_adjusted: number;
}

export const frechet: Method = {
  name: 'frechet',
  title: 'Fréchet distance',
  unit: 'squared units of the embedding, 0 or more',
  alarms: 'above',
  needsSample: true,
  compare(profile, window, context) {
    const rows = rowSamples(profile, window, 2);
    if (rows === null) return null;
    const { reference, sample } = rows;
    const whole = frechetTest(reference.coordinates, sample.coordinates, drawsFor(context, STREAM));
    return tested(whole, byLabel(profile, reference, sample, context));
  },
};

/** Where predicted classes are known: the distance of each that has enough rows, and the names of those that have not. */
function byLabel(profile: Profile, reference: RowSample, sample: RowSample, context: MethodContext) {
  const [before, now] = [rowsByLabel(reference.predicted), rowsByLabel(sample.predicted)];
  const labels = [...new Set([...before.keys(), ...now.keys()])].sort((a, b) => a - b);
  const count = (rows: Map<number, number[]>, label: number) => rows.get(label)?.length ?? 0;
  const enough = labels
    .filter((label) => Math.min(count(before, label), count(now, label)) >= MIN_LABEL_ROWS)
    .sort((a, b) => count(now, b) - count(now, a) || a - b)
    .slice(0, MAX_LABELS)
    .sort((a, b) => a - b);
  const name = (label: number) => profile.classes[label] ?? String(label);
  const options = drawsFor(context, STREAM + 1, Math.max(500, DRAWS_PER_LABEL * enough.length));
  const found = enough.map((label) => {
    const [then, seen] = [pick(reference.coordinates, before.get(label)!), pick(sample.coordinates, now.get(label)!)];
    const { value, band, p } = frechetTest(then, seen, options);
    return { label: name(label), rows: seen.rows, value, band, p };
  });
  const adjusted = holm(found.map(({ p }) => p));
  return {
    labels: found.map((entry, i): LabelDistance => ({ ...entry, p_adjusted: adjusted[i]! })),
    labels_left_out: labels.filter((label) => !enough.includes(label)).map(name),
    labels_p: adjusted.length === 0 ? null : Math.min(...adjusted),
  };
}

function rowsByLabel(predicted: Int32Array): Map<number, number[]> {
  const rows = new Map<number, number[]>();
  for (const [row, label] of predicted.entries()) {
    if (label < 0) continue;
    const known = rows.get(label);
    if (known) known.push(row);
    else rows.set(label, [row]);
  }
  return rows;
}

function pick({ columns, data }: Matrix, rows: readonly number[]): Matrix {
  const kept = Math.min(columns, LABEL_COMPONENTS);
  const picked = new Float64Array(rows.length * kept);
  for (const [to, from] of rows.entries()) {
    picked.set(data.subarray(from * columns, from * columns + kept), to * kept);
  }
  return { rows: rows.length, columns: kept, data: picked };
}
