/** The segments of a profile as JSON, a value a line. */
import { z } from 'zod';
import { DriftError, grouped } from '../drift-error.js';
import {
  type BinCounts,
  MOST_SEGMENTS,
  type SegmentCounts,
  type SegmentReference,
  type Segments,
} from '../rows/segment-tally.js';
import { totalOf } from '../statistics/counts.js';
import type { Profile } from './profile.js';
import { binCountsOf } from './reference-counter.js';

const wholeNumber = z.number().int().nonnegative();
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
