/** The segments of a profile as JSON, a value a line. */
import { z } from 'zod';
import { DriftError, grouped } from '../drift-error.js';
import { MOST_SEGMENTS, type SegmentCounts, type Segments } from '../rows/segment-tally.js';
import { totalOf } from '../statistics/counts.js';
import type { Profile } from './profile.js';

const wholeNumber = z.number().int().nonnegative();
const segmentSchema = z.object({
  value: z.string(),
  rows: wholeNumber,
  clusters: z.array(wholeNumber),
  cross_fit: z.array(wholeNumber),
  labelled: wholeNumber,
  correct: wholeNumber,
});
export const segmentsSchema = z.array(z.object({ by: z.string(), values: z.array(segmentSchema).max(MOST_SEGMENTS) }));

export function segmentsToJson(segments: Segments): string {
  const columns = [...segments].map(([by, values]) => {
    const lines = [...values].map(([value, { rows, clusters, crossFit, labelled, correct }]) =>
      JSON.stringify({ value, rows, clusters, cross_fit: crossFit, labelled, correct }),
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
  { rows: all, counts }: Pick<Profile, 'rows' | 'counts'>,
  where: string,
): Segments {
  const invalid = (what: string) => new DriftError('PROFILE_SEGMENTS_INVALID', `${where}: segments.${what}`);
  const checked = (by: string, { value, rows, clusters, cross_fit: crossFit, labelled, correct }: SegmentJson) => {
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
    return { rows, clusters, crossFit, labelled, correct } satisfies SegmentCounts;
  };
  return new Map(json.map(({ by, values }) => [by, new Map(values.map((one) => [one.value, checked(by, one)]))]));
}

type SegmentJson = z.infer<typeof segmentSchema>;
