/** The counts of a profile as JSON: those of rows that the clusters were not fitted on, and those of segments. */
import { z } from 'zod';
import { DriftError, grouped } from '../drift-error.js';
import { base64, fromBase64, isUsable } from '../linear/matrix.js';
import {
  type BinCounts,
  MOST_SEGMENTS,
  type SegmentCounts,
  type SegmentReference,
  type Segments,
} from '../rows/segment-tally.js';
import { totalOf } from '../statistics/counts.js';
import { type CrossFit, FOLDS } from './cross-fit.js';
import type { Profile } from './profile.js';
import { binCountsOf } from './reference-counter.js';

const wholeNumber = z.number().int().nonnegative();

export const crossFitSchema = z.object({
  seed: wholeNumber,
  counts: z.array(wholeNumber),
  /** Absent where it is 1. */
  choice_effect: z.number().min(1).refine(isUsable, 'a finite number is needed').optional(),
  centroids: z.string(),
});

export function crossFitToJson({ seed, counts, choiceEffect, centroids }: CrossFit): string {
  return JSON.stringify({
    seed,
    counts,
    ...(choiceEffect > 1 && { choice_effect: choiceEffect }),
    centroids: base64(Float32Array.from(centroids.data)),
  });
}

/**
 * @param profile the rest of the file, which the counts must fit
 * @param where names the file in messages
 * @throws DriftError `PROFILE_CROSS_FIT_INVALID`
 */
export function readCrossFit(
  { seed, counts, choice_effect: choiceEffect = 1, centroids: text }: z.infer<typeof crossFitSchema>,
  { rows, counts: known, dimensions }: Pick<Profile, 'rows' | 'counts' | 'dimensions'>,
  where: string,
): CrossFit {
  const agree = (what: string, found: number, needed: number) => {
    if (found === needed) return;
    throw invalid(where, `${what}: ${grouped(found)}, ${grouped(needed)} would fit`);
  };
  agree('counts, its clusters', counts.length, known.length);
  agree('counts, their sum', totalOf(counts), rows);
  const data = fromBase64(text, 4);
  agree('centroids, their numbers', data.length, FOLDS * known.length * dimensions);
  const broken = data.findIndex((value) => !isUsable(value));
  if (broken >= 0) throw invalid(where, `centroids: number ${broken} is ${data[broken]}, a finite number is needed`);
  return { seed, counts, choiceEffect, centroids: { rows: FOLDS * known.length, columns: dimensions, data } };
}

function invalid(where: string, disagreement: string): DriftError {
  return new DriftError('PROFILE_CROSS_FIT_INVALID', `${where}: cross_fit.${disagreement}`);
}

/** The segments of a profile as JSON, a value a line. */
const referenceSchema = z.object({
  confidence: z.array(wholeNumber).nullable(),
  statistics: z.record(z.string(), z.array(wholeNumber)),
});
const segmentSchema = z.object({
  value: z.string(),
  rows: wholeNumber,
  clusters: z.array(wholeNumber),
  cross_fit: z.array(wholeNumber),
  labelled: wholeNumber,
  correct: wholeNumber,
  /** Null without a reference. */
  reference: referenceSchema.nullable(),
});
export const segmentsSchema = z.array(z.object({ by: z.string(), values: z.array(segmentSchema).max(MOST_SEGMENTS) }));

export function segmentsToJson(segments: Segments): string {
  const columns = [...segments].map(([by, values]) => {
    const lines = [...values].map(([value, { rows, clusters, crossFit, labelled, correct, reference }]) =>
      JSON.stringify({ value, rows, clusters, cross_fit: crossFit, labelled, correct, reference }),
    );
    return `  { "by": ${JSON.stringify(by)}, "values": [\n   ${lines.join(',\n   ')}\n  ] }`;
  });
  return `[\n${columns.join(',\n')}\n ]`;
}

/**
 * @param profile the rest of the file, which the segments must fit
 * @param where names the file in messages
 * @throws DriftError `PROFILE_SEGMENTS_INVALID`
 */
export function readSegments(
  json: z.infer<typeof segmentsSchema>,
  { rows: all, counts, reference }: Pick<Profile, 'rows' | 'counts' | 'reference'>,
  where: string,
): Segments {
  const invalid = (what: string) => new DriftError('PROFILE_SEGMENTS_INVALID', `${where}: segments.${what}`);
  const bins = reference && binCountsOf(reference);
  const checked = (by: string, { value, cross_fit: crossFit, reference: counted, ...known }: SegmentJson) => {
    const { rows, clusters, labelled, correct } = known;
    const place = `${by}.${value}`;
    for (const [name, found] of Object.entries({ clusters, cross_fit: crossFit })) {
      if (found.length === counts.length && totalOf(found) === rows) continue;
      const [bins, sum] = [grouped(found.length), grouped(totalOf(found))];
      throw invalid(
        `${place}.${name}: ${bins} clusters with ${sum} rows, ${counts.length} with ${grouped(rows)} would fit`,
      );
    }
    if (correct > labelled || labelled > rows || rows > all) {
      throw invalid(
        `${place}: ${grouped(correct)} correct of ${grouped(labelled)} labelled of ${grouped(rows)} of ${grouped(all)} rows`,
      );
    }
    const wrong = misfit(counted, bins, rows);
    if (wrong) throw invalid(`${place}.reference.${wrong}`);
    return { rows, clusters, crossFit, labelled, correct, reference: counted } satisfies SegmentCounts;
  };
  return new Map(json.map(({ by, values }) => [by, new Map(values.map((one) => [one.value, checked(by, one)]))]));
}

/** What does not fit the bins of the reference; null if all does. */
function misfit(counted: SegmentReference | null, bins: BinCounts | null, rows: number): string | null {
  const found = new Map(byPlace(counted?.confidence ?? [], counted?.statistics ?? {}));
  const wanted = new Map(byPlace(bins?.confidence ?? 0, bins?.statistics ?? {}));
  for (const place of new Set([...found.keys(), ...wanted.keys()])) {
    const [counts, most] = [found.get(place) ?? [], wanted.get(place) ?? 0];
    if (counts.length === most && totalOf(counts) <= rows) continue;
    const [seen, all] = [grouped(totalOf(counts)), grouped(rows)];
    return `${place}: ${counts.length} bins with ${seen} rows, ${most} with at most ${all} would fit`;
  }
  return null;
}

function byPlace<T>(confidence: T, statistics: Readonly<Record<string, T>>): [place: string, value: T][] {
  const named = Object.entries(statistics).map(([name, value]): [string, T] => [`statistics.${name}`, value]);
  return [['confidence', confidence], ...named];
}

type SegmentJson = z.infer<typeof segmentSchema>;
