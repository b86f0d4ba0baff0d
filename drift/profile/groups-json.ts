/** The groups of a profile as JSON: keys as base64 of float64 numbers, counts and runs as base64 of float32 ones, all whole. */
import { z } from 'zod';
import { DriftError, grouped } from '../drift-error.js';
import { DRAWN_ROWS } from '../groups/copies.js';
import { KEPT_GROUPS } from '../groups/design-effect.js';
import { BATCHES, BLOCK_ROWS, clusterOf } from '../groups/row-runs.js';
import { base64, fromBase64, isUsable } from '../linear/matrix.js';
import { totalOf } from '../statistics/counts.js';
import type { Profile } from './profile.js';

export const groupsSchema = z.object({
  name: z.string().nullable(),
  near: z.number().nonnegative().refine(isUsable, 'a finite number is needed'),
  block: z.number().int().positive(),
  given: z.boolean(),
  keys: z.string(),
  counts: z.string(),
  run_blocks: z.string(),
  run_labels: z.string(),
  /** Absent without scores. */
  run_scores: z.string().optional(),
  /** Absent without image statistics. */
  run_sums: z.string().optional(),
  drawn_ranks: z.string(),
  drawn_keys: z.string(),
});

export function groupsToJson(all: NonNullable<Profile['groups']>): string {
  const { name, near, block, given, groups, runs, drawn } = all;
  return JSON.stringify({
    name,
    near,
    block,
    given,
    keys: base64(groups.keys),
    counts: base64(Float32Array.from(groups.counts)),
    run_blocks: base64(runs.blocks),
    run_labels: base64(Float32Array.from(runs.labels)),
    ...(runs.scores.some((scores) => scores > 0) && { run_scores: base64(Float32Array.from(runs.scores)) }),
    ...(runs.sums.length > 0 && { run_sums: base64(Float32Array.from(runs.sums)) }),
    drawn_ranks: base64(drawn.ranks),
    drawn_keys: base64(drawn.keys),
  });
}

/**
 * @param profile the rest of the file, which the groups must fit
 * @param where names the file in messages
 * @throws DriftError `PROFILE_GROUPS_INVALID`
 */
export function readGroups(
  json: z.infer<typeof groupsSchema>,
  { rows, counts: known, reference }: Pick<Profile, 'rows' | 'counts' | 'reference'>,
  where: string,
): NonNullable<Profile['groups']> {
  const invalid = (disagreement: string) =>
    new DriftError('PROFILE_GROUPS_INVALID', `${where}: groups.${disagreement}`);
  const whole = (what: string, text: string, size: 4 | 8, least: number) => {
    const values = fromBase64(text, size);
    const broken = values.findIndex((value) => !Number.isSafeInteger(value) || value < least);
    if (broken >= 0) throw invalid(`${what}: number ${broken} is ${values[broken]}, a whole number is needed`);
    return values;
  };
  const agree = (what: string, found: number, needed: number) => {
    if (found !== needed) throw invalid(`${what}: ${grouped(found)}, ${grouped(needed)} would fit`);
  };
  const ascend = (what: string, values: Float64Array) => {
    const unsorted = values.findIndex((value, i) => i > 0 && value <= values[i - 1]!);
    if (unsorted > 0) throw invalid(`${what}: number ${unsorted} is not above the one before`);
  };
  const keys = whole('keys', json.keys, 8, 0);
  const counts = whole('counts', json.counts, 4, 0);
  const blocks = whole('run_blocks', json.run_blocks, 8, 0);
  const labels = whole('run_labels', json.run_labels, 4, -1);
  const scores =
    json.run_scores === undefined ? new Float64Array(labels.length) : whole('run_scores', json.run_scores, 4, 0);
  const sums = json.run_sums === undefined ? new Float64Array(0) : whole('run_sums', json.run_sums, 4, 0);
  const ranks = whole('drawn_ranks', json.drawn_ranks, 8, 0);
  const drawn = whole('drawn_keys', json.drawn_keys, 8, 0);
  if (keys.length > KEPT_GROUPS) throw invalid(`keys: ${grouped(keys.length)}, at most ${KEPT_GROUPS} are kept`);
  ascend('keys', keys);
  ascend('run_blocks', blocks);
  ascend('drawn_ranks', ranks);
  agree('drawn_keys, their number', drawn.length, ranks.length);
  if (ranks.length > Math.min(DRAWN_ROWS, rows)) {
    throw invalid(`drawn_ranks: ${grouped(ranks.length)}, at most ${grouped(Math.min(DRAWN_ROWS, rows))} are kept`);
  }
  agree('counts, their number', counts.length, keys.length * known.length);
  agree('run_labels, their number', labels.length, blocks.length * BLOCK_ROWS);
  agree('run_scores, their number', scores.length, labels.length);
  if (sums.length > 0) {
    const columns = Object.keys(reference?.statistics ?? {}).length;
    agree('run_sums, their number', sums.length, blocks.length * BATCHES * columns);
  }
  const counted = totalOf(Array.from(counts));
  if (counted > rows) throw invalid(`counts, their sum: ${grouped(counted)}, at most ${grouped(rows)} is possible`);
  const beyond = labels.findIndex((label) => label >= 0 && clusterOf(label) >= known.length);
  if (beyond >= 0) {
    const cluster = clusterOf(labels[beyond]!);
    throw invalid(`run_labels: number ${beyond} is of cluster ${cluster}, there are ${known.length}`);
  }
  return {
    name: json.name,
    near: json.near,
    block: json.block,
    given: json.given,
    drawn: { ranks, keys: drawn },
    groups: { keys, counts: Int32Array.from(counts) },
    runs: { blocks, labels: Int32Array.from(labels), scores: Int32Array.from(scores), sums: Int32Array.from(sums) },
  };
}
