/** The counts of a profile as JSON: those of rows that the clusters were not fitted on, of groups and of segments. */
import * as z from 'zod';
import { grouped } from '../drift-error.js';
import { DRAWN_ROWS } from '../groups/copies.js';
import { KEPT_GROUPS } from '../groups/design-effect.js';
import { BATCHES, BLOCK_ROWS, clusterOf } from '../groups/row-runs.js';
import { MOST_SEGMENTS, type SegmentCounts, type Segments } from '../rows/tallies.js';
import { totalOf } from '../statistics/counts.js';
import { Agreement, doubles, finite, floats, shape, whole, wholes } from './codec.js';
import { type CrossFit, FOLDS } from './cross-fit.js';
import type { Profile } from './profile.js';
import { binCountsOf } from './reference-counter.js';

type Rest = Pick<Profile, 'rows' | 'counts' | 'reference'>;

export const crossFitShape = shape({
  seed: whole,
  counts: wholes,
  /** Absent where it is 1. */
  choiceEffect: finite.min(1).optional(),
  centroids: floats,
});

export function storedCrossFit({ centroids, choiceEffect, ...rest }: CrossFit) {
  return { ...rest, choiceEffect: choiceEffect > 1 ? choiceEffect : undefined, centroids: centroids.data };
}

/** @throws DriftError `PROFILE_CROSS_FIT_INVALID` */
export function readCrossFit(
  { seed, counts, choiceEffect = 1, centroids: data }: z.output<typeof crossFitShape>,
  { rows, counts: known, dimensions }: Pick<Profile, 'rows' | 'counts' | 'dimensions'>,
  where: string,
): CrossFit {
  const agreement = new Agreement('PROFILE_CROSS_FIT_INVALID', where, 'cross_fit.');
  agreement.equal('counts, its clusters', counts.length, known.length);
  agreement.equal('counts, their sum', totalOf(counts), rows);
  agreement.equal('centroids, their numbers', data.length, FOLDS * known.length * dimensions);
  agreement.finite('centroids', data);
  return { seed, counts, choiceEffect, centroids: { rows: FOLDS * known.length, columns: dimensions, data } };
}

export const groupsShape = shape({
  name: z.string().nullable(),
  near: finite.nonnegative(),
  block: z.number().int().positive(),
  given: z.boolean(),
  keys: doubles,
  counts: floats,
  runBlocks: doubles,
  runLabels: floats,
  /** Absent without scores. */
  runScores: floats.optional(),
  /** Absent without image statistics. */
  runSums: floats.optional(),
  drawnRanks: doubles,
  drawnKeys: doubles,
});
type Groups = NonNullable<Profile['groups']>;

export function storedGroups({ groups, runs, drawn, ...rest }: Groups) {
  return {
    ...rest,
    ...groups,
    runBlocks: runs.blocks,
    runLabels: runs.labels,
    runScores: runs.scores.some((scores) => scores > 0) ? runs.scores : undefined,
    runSums: runs.sums.length > 0 ? runs.sums : undefined,
    drawnRanks: drawn.ranks,
    drawnKeys: drawn.keys,
  };
}

/** @throws DriftError `PROFILE_GROUPS_INVALID` */
export function readGroups(
  json: z.output<typeof groupsShape>,
  { rows, counts: known, reference }: Rest,
  where: string,
): Groups {
  const agreement = new Agreement('PROFILE_GROUPS_INVALID', where, 'groups.');
  const { name, near, block, given, keys, counts, runBlocks: blocks, runLabels: labels, drawnRanks: ranks } = json;
  const { runScores: scores = new Float64Array(labels.length), runSums: sums = new Float64Array(0) } = json;
  const numbers = { keys, counts, run_blocks: blocks, run_scores: scores, run_sums: sums, drawn_ranks: ranks };
  for (const [what, values] of Object.entries(numbers)) agreement.whole(what, values);
  agreement.whole('run_labels', labels, -1);
  agreement.whole('drawn_keys', json.drawnKeys);
  if (keys.length > KEPT_GROUPS) agreement.fail(`keys: ${grouped(keys.length)}, at most ${KEPT_GROUPS} are kept`);
  agreement.ascend('keys', keys);
  agreement.ascend('run_blocks', blocks);
  agreement.ascend('drawn_ranks', ranks);
  agreement.equal('drawn_keys, their number', json.drawnKeys.length, ranks.length);
  const most = Math.min(DRAWN_ROWS, rows);
  if (ranks.length > most) agreement.fail(`drawn_ranks: ${grouped(ranks.length)}, at most ${grouped(most)} are kept`);
  agreement.equal('counts, their number', counts.length, keys.length * known.length);
  agreement.equal('run_labels, their number', labels.length, blocks.length * BLOCK_ROWS);
  agreement.equal('run_scores, their number', scores.length, labels.length);
  const columns = Object.keys(reference?.statistics ?? {}).length;
  if (sums.length > 0) agreement.equal('run_sums, their number', sums.length, blocks.length * BATCHES * columns);
  agreement.atMost('counts, their sum', totalOf(counts), rows);
  const beyond = labels.findIndex((label) => label >= 0 && clusterOf(label) >= known.length);
  if (beyond >= 0) {
    const cluster = clusterOf(labels[beyond]!);
    agreement.fail(`run_labels: number ${beyond} is of cluster ${cluster}, there are ${known.length}`);
  }
  const [runLabels, runScores, runSums] = [labels, scores, sums].map((values) => Int32Array.from(values));
  return {
    ...{ name, near, block, given },
    drawn: { ranks, keys: json.drawnKeys },
    groups: { keys, counts: Int32Array.from(counts) },
    runs: { blocks, labels: runLabels!, scores: runScores!, sums: runSums! },
  };
}

export const segmentsShape = z.array(
  shape({
    by: z.string(),
    values: z
      .array(
        shape({
          value: z.string(),
          rows: whole,
          clusters: wholes,
          crossFit: wholes,
          labelled: whole,
          correct: whole,
          /** Null without a reference. */
          reference: shape({ confidence: wholes.nullable(), statistics: z.record(z.string(), wholes) }).nullable(),
        }),
      )
      .max(MOST_SEGMENTS),
  }),
);

export function storedSegments(segments: Segments) {
  return [...segments].map(([by, values]) => ({
    by,
    values: [...values].map(([value, counts]) => ({ value, ...counts })),
  }));
}

/** @throws DriftError `PROFILE_SEGMENTS_INVALID` */
export function readSegments(json: z.output<typeof segmentsShape>, rest: Rest, where: string): Segments {
  const agreement = new Agreement('PROFILE_SEGMENTS_INVALID', where, 'segments.');
  return new Map(
    json.map(({ by, values }) => [
      by,
      new Map(
        values.map(({ value, ...counts }) => {
          checkSegment(counts, rest, agreement, `${by}.${value}`);
          return [value, counts];
        }),
      ),
    ]),
  );
}

function checkSegment(segment: SegmentCounts, profile: Rest, agreement: Agreement, place: string): void {
  const { rows, labelled, correct, reference } = segment;
  for (const [name, found] of Object.entries({ clusters: segment.clusters, cross_fit: segment.crossFit! })) {
    if (found.length === profile.counts.length && totalOf(found) === rows) continue;
    const seen = `${grouped(found.length)} clusters with ${grouped(totalOf(found))} rows`;
    agreement.fail(`${place}.${name}: ${seen}, ${profile.counts.length} with ${grouped(rows)} would fit`);
  }
  if (correct > labelled || labelled > rows || rows > profile.rows) {
    agreement.fail(
      `${place}: ${grouped(correct)} correct of ${grouped(labelled)} labelled of ${grouped(rows)} of ${grouped(profile.rows)} rows`,
    );
  }
  const bins = profile.reference && binCountsOf(profile.reference);
  const found = new Map(byPlace(reference?.confidence ?? [], reference?.statistics ?? {}));
  const wanted = new Map(byPlace(bins?.confidence ?? 0, bins?.statistics ?? {}));
  for (const bin of new Set([...found.keys(), ...wanted.keys()])) {
    const [counts, most] = [found.get(bin) ?? [], wanted.get(bin) ?? 0];
    if (counts.length === most && totalOf(counts) <= rows) continue;
    const seen = `${counts.length} bins with ${grouped(totalOf(counts))} rows`;
    agreement.fail(`${place}.reference.${bin}: ${seen}, ${most} with at most ${grouped(rows)} would fit`);
  }
}

function byPlace<T>(confidence: T, statistics: Readonly<Record<string, T>>): [place: string, value: T][] {
  const named = Object.entries(statistics).map(([name, value]): [string, T] => [`statistics.${name}`, value]);
  return [['confidence', confidence], ...named];
}
