/**
 * Fréchet distance of the rows: of the whole window, which the verdict uses, and of each predicted class as in
 * DriftLens. Classes are details, with p-values adjusted for their number.
 */
import type { Matrix } from '../linear/matrix.js';
import type { Profile } from '../profile/profile.js';
import type { RowSample } from '../rows/row-sample.js';
import { frechetTest } from '../tests/frechet-distance.js';
import { holm } from '../tests/p-values.js';
import type { Method, MethodContext } from './method.js';
import { drawsFor, LEAST_ROWS, rowSamples, tested } from './row-samples.js';

const STREAM = 103;
/** Fewest rows of a class on either side: the covariance of fewer says nothing. */
const MIN_LABEL_ROWS = 20;
/** Number of classes compared, those with the most rows. */
const MAX_LABELS = 30;
/** Coordinates used for a class: its rows are few, and the first ones carry nearly all of the variance. */
const LABEL_COMPONENTS = 16;
/** Draws for each class, times the number of classes: the smallest p stays significant after adjustment. */
const DRAWS_PER_LABEL = 50;

export interface LabelDistance {
  label: string;
  /** Rows of this class in the window's sample. */
  rows: number;
  value: number;
  band: [number, number];
  p: number;
  /** p after Holm's adjustment over the classes. */
  p_adjusted: number;
}

export const frechet: Method = {
  name: 'frechet',
  title: 'Fréchet distance',
  explanation: 'How far apart two normal distributions lie that have the means and covariances of the two sets.',
  unit: 'squared units of the embedding, 0 or more',
  greatest: () => Number.POSITIVE_INFINITY,
  alarms: 'above',
  takes: 'a sample of rows, and enough rows',
  needsSample: true,
  compare(profile, window, context) {
    const rows = rowSamples(profile, window, LEAST_ROWS);
    if (rows === null) return null;
    const { reference, sample } = rows;
    const whole = frechetTest(reference.coordinates, sample.coordinates, drawsFor(context, STREAM));
    return tested(whole, byLabel(profile, reference, sample, context));
  },
};

/** The distance of each predicted class that has enough rows, and the names of the classes that have not. */
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
  const options = drawsFor(context, STREAM + 1);
  const most = Math.min(context.maxDraws, Math.max(500, DRAWS_PER_LABEL * enough.length));
  const found = enough.map((label) => {
    const [then, seen] = [pick(reference.coordinates, before.get(label)!), pick(sample.coordinates, now.get(label)!)];
    const { value, band, p } = frechetTest(then, seen, { ...options, maxDraws: Math.max(options.draws, most) });
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
