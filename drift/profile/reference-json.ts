/** The reference as JSON. Of float32 numbers, few are shortest decimals, many are base64 of little-endian bytes. */

import * as z from 'zod';
import { base64, fromBase64 } from '#platform';
import { shown } from '../../base/index.js';
import { MAX_COMPONENTS } from '../linear/pca.js';
import { labelOf } from '../rows/label-columns.js';
import { totalOf } from '../statistics/counts.js';
import { momentsOf } from '../statistics/moments.js';
import { Agreement, doubles, finite, floats, integers, shape, whole, wholes } from './codec.js';
import type { Profile } from './profile.js';
import {
  CLASSED_ROWS,
  type ClassedRows,
  classedBins,
  type Histogram,
  MAX_BINS,
  NO_BIN,
  REFERENCE_SAMPLE_ROWS,
  type Reference,
} from './reference.js';

const histogram = { edges: z.array(finite).max(MAX_BINS - 1), counts: wholes.max(MAX_BINS) };
/** A sum of float64 values spans at most their 2,098 bits, which is 40 parts of 53 bits. */
const exactSum = z.array(finite).max(40);
const bytes = z.codec(z.string(), z.custom<Uint8Array>(), {
  decode: (text) => new Uint8Array(fromBase64(text)),
  encode: base64,
});
const shortFloats = z.codec(z.array(finite.nonnegative()).min(1).max(MAX_COMPONENTS), z.custom<Float64Array>(), {
  decode: (list) => Float64Array.from(list, Math.fround),
  encode: (values) => Array.from(values, shortest),
});
const predicted = integers(-1);

const classedShape = shape({ keys: doubles, weights: integers(1, CLASSED_ROWS), predicted, bins: bytes });

export const referenceShape = shape({
  seed: whole,
  fitRows: whole.positive(),
  rows: whole,
  confidence: shape(histogram).nullable(),
  entropy: shape(histogram).nullable(),
  reliability: shape({ total: wholes, correct: wholes }).nullable(),
  statistics: z.record(
    z.string(),
    shape({ rows: whole, centre: finite, sum: exactSum, squares: exactSum, ...histogram }),
  ),
  correlations: shape({ names: z.array(z.string()), values: floats }),
  /** Absent where no embedding is repeated often. */
  repeated: doubles.optional(),
  /** Absent without predictions or image statistics. */
  classed: classedShape.optional(),
  projection: shape({ mean: floats, variances: shortFloats, components: floats }),
  sample: shape({
    keys: doubles,
    groups: doubles,
    weights: integers(1, REFERENCE_SAMPLE_ROWS),
    predicted,
    rowNumbers: integers(0),
    coordinates: floats,
  }),
});

/** The shortest decimals that read back to the same float32 value. */
function shortest(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return Number(value.toPrecision(9));
}

export function storedReference({ statistics, repeated, classed, projection, sample, ...rest }: Reference) {
  return {
    ...rest,
    // Sorted by name, so that the text does not depend on the order of the columns.
    statistics: Object.fromEntries(Object.entries(statistics).sort(([a], [b]) => (a < b ? -1 : 1))),
    repeated: repeated.length > 0 ? repeated : undefined,
    classed: classed ?? undefined,
    projection: { ...projection, components: projection.components.data },
    sample: { ...sample, coordinates: sample.coordinates.data },
  };
}

/** @param profile the rest of the file @throws DriftError `PROFILE_REFERENCE_INVALID` */
export function readReference(
  json: z.output<typeof referenceShape>,
  { rows: all, dimensions, classes }: Pick<Profile, 'rows' | 'dimensions' | 'classes'>,
  where: string,
): Reference {
  const agreement = new Agreement('PROFILE_REFERENCE_INVALID', where, 'reference.');
  agreement.atMost('rows', json.rows, all);
  checkCounts(json, all, agreement);
  checkCorrelations(json, agreement);
  const { projection, sample, classed = null } = json;
  const components = projection.variances.length;
  const sampled = sample.weights.length;
  agreement.atMost('sample.weights, their sum', totalOf(sample.weights), json.rows);
  agreement.equal('sample.predicted, its rows', sample.predicted.length, sampled);
  agreement.equal('sample.row_numbers, its rows', sample.rowNumbers.length, sampled);
  for (const index of sample.predicted) agreement.atMost('sample.predicted', index, classes.length - 1);
  for (const [what, values, count] of [
    ['sample.keys', sample.keys, sampled],
    ['projection.mean', projection.mean, dimensions],
    ['projection.components', projection.components, components * dimensions],
    ['sample.coordinates', sample.coordinates, sampled * components],
    ['sample.groups', sample.groups, sampled],
  ] as const) {
    checkNumbers(what, values, count, agreement);
  }
  agreement.ascend('sample.keys', sample.keys);
  if (classed) checkClassed(classed, classedBins(json), classes.length, agreement);
  const coordinates = Float32Array.from(sample.coordinates);
  return {
    ...json,
    projection: { ...projection, components: { rows: components, columns: dimensions, data: projection.components } },
    sample: { ...sample, coordinates: { rows: sampled, columns: components, data: coordinates } },
    statistics: Object.fromEntries(
      Object.entries(json.statistics).map(([name, summary]) => {
        const { rows, centre, sum, squares, ...rest } = summary;
        return [name, { ...rest, centre, ...momentsOf(rows, centre, sum, squares) }];
      }),
    ),
    repeated: json.repeated ?? new Float64Array(0),
    classed,
  };
}

function checkNumbers(what: string, values: Float64Array, count: number, agreement: Agreement): void {
  agreement.equal(`${what}, its numbers`, values.length, count);
  agreement.finite(what, values);
}

/** @param all rows of the baseline */
function checkCounts(json: z.output<typeof referenceShape>, all: number, agreement: Agreement): void {
  const { rows, confidence, entropy, reliability, statistics } = json;
  if (confidence) checkHistogram('confidence', confidence, rows, agreement);
  if (entropy) checkHistogram('entropy', entropy, rows, agreement);
  for (const [name, summary] of Object.entries(statistics)) {
    checkHistogram(`statistics.${name}`, summary, summary.rows, agreement);
    agreement.atMost(`statistics.${name}.rows`, summary.rows, labelOf(name)?.kind === 'holds' ? all : rows);
  }
  if (!reliability) return;
  const bins = confidence?.counts.length ?? 0;
  agreement.equal('reliability.total, its bins', reliability.total.length, bins);
  agreement.equal('reliability.correct, its bins', reliability.correct.length, bins);
  for (const [i, count] of reliability.total.entries()) {
    agreement.atMost(`reliability.total.${i}`, count, confidence!.counts[i]!);
    agreement.atMost(`reliability.correct.${i}`, reliability.correct[i]!, count);
  }
}

function checkHistogram(what: string, { edges, counts }: Histogram, rows: number, agreement: Agreement): void {
  agreement.equal(`${what}.counts, its bins`, counts.length, edges.length + 1);
  const unsorted = edges.findIndex((edge, i) => i > 0 && edge <= edges[i - 1]!);
  if (unsorted > 0) {
    agreement.fail(`${what}.edges: ${edges[unsorted]} after ${edges[unsorted - 1]}, they must ascend`);
  }
  agreement.atMost(`${what}.counts, their sum`, totalOf(counts), rows);
}

function checkCorrelations(
  { correlations: { names, values }, statistics }: z.output<typeof referenceShape>,
  agreement: Agreement,
): void {
  const unknown = names.find((name) => !Object.hasOwn(statistics, name));
  if (unknown !== undefined) agreement.fail(`correlations.names: ${shown(unknown)} is not among the statistics`);
  agreement.equal('correlations.names, their number', new Set(names).size, Object.keys(statistics).length);
  checkNumbers('correlations.values', values, names.length ** 2, agreement);
  const most = values.findIndex((value) => Math.abs(value) > 1);
  if (most >= 0) agreement.fail(`correlations.values: number ${most} is ${values[most]}, -1 to 1 is possible`);
}

/** @param columns bins of each column, in their order */
function checkClassed(
  { keys, weights, predicted, bins }: ClassedRows,
  columns: readonly number[],
  classes: number,
  agreement: Agreement,
): void {
  agreement.equal('classed.keys, their number', keys.length, weights.length);
  agreement.equal('classed.predicted, its rows', predicted.length, weights.length);
  agreement.equal('classed.bins, their number', bins.length, weights.length * columns.length);
  agreement.finite('classed.keys', keys);
  agreement.ascend('classed.keys', keys);
  for (const index of predicted) agreement.atMost('classed.predicted', index, classes - 1);
  for (const [i, bin] of bins.entries()) {
    const most = columns[i % columns.length]! - 1;
    if (bin !== NO_BIN && bin > most)
      agreement.fail(`classed.bins: number ${i} is ${bin}, at most ${most} is possible`);
  }
}
