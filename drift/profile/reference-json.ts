/**
 * The reference of a profile as JSON. Float32 numbers are stored as such: few as their shortest decimals, the larger arrays
 * as base64 of their little-endian bytes.
 */
import { z } from 'zod';
import { shown } from '../../base/index.js';
import { DriftError, grouped } from '../drift-error.js';
import { base64, fromBase64, isUsable } from '../linear/matrix.js';
import { MAX_COMPONENTS } from '../linear/pca.js';
import { totalOf } from '../statistics/counts.js';
import { momentsOf } from '../statistics/moments.js';
import type { RankCorrelations } from '../statistics/ranks.js';
import { classedJson, classedSchema, readClassed } from './classed-rows.js';
import type { Profile } from './profile.js';
import {
  classedBins,
  type Histogram,
  MAX_BINS,
  REFERENCE_SAMPLE_ROWS,
  type Reference,
  type StatisticSummary,
} from './reference.js';

const wholeNumber = z.number().int().nonnegative();
const finite = z.number().refine(isUsable, 'a finite number is needed');
const histogramSchema = z.object({
  edges: z.array(finite).max(MAX_BINS - 1),
  counts: z.array(wholeNumber).max(MAX_BINS),
});
/** A sum of float64 values spans at most their 2,098 bits, which is 40 parts of 53 bits. */
const exactSumSchema = z.array(finite).max(40);

export const referenceSchema = z.object({
  seed: wholeNumber,
  fit_rows: wholeNumber.positive(),
  rows: wholeNumber,
  confidence: histogramSchema.nullable(),
  entropy: histogramSchema.nullable(),
  reliability: z.object({ total: z.array(wholeNumber), correct: z.array(wholeNumber) }).nullable(),
  statistics: z.record(
    z.string(),
    histogramSchema.extend({ rows: wholeNumber, centre: finite, sum: exactSumSchema, squares: exactSumSchema }),
  ),
  correlations: z.object({ names: z.array(z.string()), values: z.string() }),
  /** Absent where no embedding is repeated often. */
  repeated: z.string().optional(),
  /** Absent without predictions or image statistics. */
  classed: classedSchema.optional(),
  projection: z.object({
    mean: z.string(),
    variances: z.array(finite.nonnegative()).min(1).max(MAX_COMPONENTS),
    components: z.string(),
  }),
  sample: z.object({
    keys: z.string(),
    groups: z.string(),
    weights: z.array(wholeNumber.positive()).max(REFERENCE_SAMPLE_ROWS),
    predicted: z.array(z.number().int().min(-1)),
    row_numbers: z.array(wholeNumber),
    coordinates: z.string(),
  }),
});

type ReferenceJson = z.infer<typeof referenceSchema>;

/** The JSON text, with a line for each member. */
export function referenceToJson(reference: Reference): string {
  const { confidence, entropy, reliability, projection, sample } = reference;
  const members = {
    seed: reference.seed,
    fit_rows: reference.fitRows,
    rows: reference.rows,
    confidence: confidence && histogramJson(confidence),
    entropy: entropy && histogramJson(entropy),
    reliability: reliability && { total: reliability.total, correct: reliability.correct },
    statistics: statisticsJson(reference.statistics),
    correlations: correlationsJson(reference.correlations),
    ...(reference.repeated.length > 0 && { repeated: base64(reference.repeated) }),
    ...(reference.classed && { classed: classedJson(reference.classed) }),
    projection: {
      mean: base64(Float32Array.from(projection.mean)),
      variances: numbersAsFloat32(projection.variances),
      components: base64(Float32Array.from(projection.components.data)),
    },
    sample: {
      keys: base64(sample.keys),
      groups: base64(sample.groups),
      weights: [...sample.weights],
      predicted: [...sample.predicted],
      row_numbers: [...sample.rowNumbers],
      coordinates: base64(Float32Array.from(sample.coordinates.data)),
    },
  };
  const lines = Object.entries(members).map(([name, value]) => `  ${JSON.stringify(name)}: ${JSON.stringify(value)}`);
  return `{\n${lines.join(',\n')}\n }`;
}

function histogramJson({ edges, counts }: Histogram): Histogram {
  return { edges, counts };
}

/** Sorted by name, so that the text does not depend on the order of the columns. */
function statisticsJson(statistics: Reference['statistics']): Record<string, unknown> {
  const names = Object.keys(statistics).sort();
  return Object.fromEntries(
    names.map((name) => {
      const { rows, centre, sum, squares, edges, counts } = statistics[name]!;
      return [name, { rows, centre, sum, squares, edges, counts }];
    }),
  );
}

function correlationsJson({ names, values }: RankCorrelations): { names: readonly string[]; values: string } {
  return { names, values: base64(Float32Array.from(values)) };
}

/** The shortest decimals that read back to the same float32 values. */
function numbersAsFloat32(values: Float64Array): number[] {
  return Array.from(values, (value) => {
    for (let digits = 6; digits < 9; digits++) {
      const short = Number(value.toPrecision(digits));
      if (Math.fround(short) === value) return short;
    }
    return Number(value.toPrecision(9));
  });
}

/**
 * @param profile the rest of the file, which the reference must fit
 * @param where names the file in messages
 * @throws DriftError `PROFILE_REFERENCE_INVALID`
 */
export function readReference(
  json: ReferenceJson,
  profile: Pick<Profile, 'rows' | 'dimensions' | 'classes'>,
  where: string,
): Reference {
  const invalid = (disagreement: string) =>
    new DriftError('PROFILE_REFERENCE_INVALID', `${where}: reference.${disagreement}`);
  const agree = (what: string, found: number, needed: number) => {
    if (found !== needed) throw invalid(`${what}: ${grouped(found)}, ${grouped(needed)} would fit`);
  };
  const atMost = (what: string, found: number, most: number) => {
    if (found > most) throw invalid(`${what}: ${grouped(found)}, at most ${grouped(most)} is possible`);
  };
  const numbers = (what: string, text: string, count: number, size: 4 | 8) => {
    const values = fromBase64(text, size);
    agree(`${what}, its numbers`, values.length, count);
    const broken = values.findIndex((value) => !isUsable(value));
    if (broken >= 0) throw invalid(`${what}: number ${broken} is ${values[broken]}, a finite number is needed`);
    return values;
  };
  const checkHistogram = (what: string, { edges, counts }: Histogram, rows: number) => {
    agree(`${what}.counts, its bins`, counts.length, edges.length + 1);
    const unsorted = edges.findIndex((edge, i) => i > 0 && edge <= edges[i - 1]!);
    if (unsorted > 0) throw invalid(`${what}.edges: ${edges[unsorted]} after ${edges[unsorted - 1]}, they must ascend`);
    atMost(`${what}.counts, their sum`, totalOf(counts), rows);
  };

  const { dimensions, classes } = profile;
  const { rows, confidence, entropy, reliability, statistics, correlations, projection, sample } = json;
  atMost('rows', rows, profile.rows);
  if (confidence) checkHistogram('confidence', confidence, rows);
  if (entropy) checkHistogram('entropy', entropy, rows);
  if (reliability) {
    const bins = confidence?.counts.length ?? 0;
    agree('reliability.total, its bins', reliability.total.length, bins);
    agree('reliability.correct, its bins', reliability.correct.length, bins);
    for (const [i, count] of reliability.total.entries()) {
      atMost(`reliability.total.${i}`, count, confidence!.counts[i]!);
      atMost(`reliability.correct.${i}`, reliability.correct[i]!, count);
    }
  }
  for (const [name, summary] of Object.entries(statistics)) {
    checkHistogram(`statistics.${name}`, summary, summary.rows);
    atMost(`statistics.${name}.rows`, summary.rows, rows);
  }

  const readCorrelations = ({ names, values }: { names: string[]; values: string }): RankCorrelations => {
    const unknown = names.find((name) => !Object.hasOwn(statistics, name));
    if (unknown !== undefined) throw invalid(`correlations.names: ${shown(unknown)} is not among the statistics`);
    agree('correlations.names, their number', new Set(names).size, Object.keys(statistics).length);
    const read = numbers('correlations.values', values, names.length ** 2, 4);
    const most = read.findIndex((value) => Math.abs(value) > 1);
    if (most >= 0) throw invalid(`correlations.values: number ${most} is ${read[most]}, -1 to 1 is possible`);
    return { names, values: read };
  };

  const components = projection.variances.length;
  const sampled = sample.weights.length;
  atMost('sample.weights, their sum', totalOf(sample.weights), rows);
  agree('sample.predicted, its rows', sample.predicted.length, sampled);
  agree('sample.row_numbers, its rows', sample.row_numbers.length, sampled);
  for (const index of sample.predicted) atMost('sample.predicted', index, classes.length - 1);
  for (const row of sample.row_numbers) atMost('sample.row_numbers', row, MAX_ROW_NUMBER);
  const keys = numbers('sample.keys', sample.keys, sampled, 8);
  const unsortedKey = keys.findIndex((key, i) => i > 0 && key <= keys[i - 1]!);
  if (unsortedKey > 0) throw invalid(`sample.keys: number ${unsortedKey} is not above the one before`);

  return {
    seed: json.seed,
    fitRows: json.fit_rows,
    rows,
    projection: {
      mean: numbers('projection.mean', projection.mean, dimensions, 4),
      components: {
        rows: components,
        columns: dimensions,
        data: numbers('projection.components', projection.components, components * dimensions, 4),
      },
      variances: Float64Array.from(projection.variances, Math.fround),
    },
    sample: {
      coordinates: {
        rows: sampled,
        columns: components,
        data: Float32Array.from(numbers('sample.coordinates', sample.coordinates, sampled * components, 4)),
      },
      keys,
      groups: numbers('sample.groups', sample.groups, sampled, 8),
      weights: Int32Array.from(sample.weights),
      predicted: Int32Array.from(sample.predicted),
      rowNumbers: Int32Array.from(sample.row_numbers),
    },
    confidence,
    entropy,
    reliability,
    statistics: Object.fromEntries(Object.entries(statistics).map(([name, json]) => [name, summaryOf(json)])),
    repeated: json.repeated === undefined ? new Float64Array(0) : fromBase64(json.repeated, 8),
    correlations: readCorrelations(correlations),
    classed: json.classed ? readClassed(json.classed, classedBins(json), classes.length, invalid) : null,
  };
}

/** Row numbers are kept as Int32. */
const MAX_ROW_NUMBER = 2 ** 31 - 1;

function summaryOf({
  edges,
  counts,
  centre,
  rows,
  sum,
  squares,
}: ReferenceJson['statistics'][string]): StatisticSummary {
  return { edges, counts, centre, ...momentsOf(rows, centre, sum, squares) };
}
