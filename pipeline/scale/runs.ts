/** Where a run is, by what a user names: its folder, or the plan in it. */
import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isUrl } from '../../data/index.js';
import { LocalPlace, lookAtShards, PLAN, type RunPlace, readPlan, ScaleError, shardsText } from '../../scale/index.js';

/** @throws ScaleError `RUN_PLACE` */
export function openRun(path: string): RunPlace {
  if (isUrl(path)) {
    throw new ScaleError('RUN_PLACE', `${path}: a run is kept in a folder that all machines share, not at a URL`);
  }
  return new LocalPlace(basename(path) === PLAN ? dirname(path) : path);
}

/** Whether a path is the folder of a run. */
export async function isRun(path: string): Promise<boolean> {
  return stat(join(path, PLAN)).then(
    (found) => found.isFile(),
    () => false,
  );
}

/**
 * Whoever reads a run where an events file is meant gets all of it or nothing. Sums are compared by `gather` alone.
 * @param path of a run, or of anything else, which is not looked at
 * @throws ScaleError `RUN_INCOMPLETE`, `SHARD_…`, `PLAN_INVALID`
 */
export async function checkWholeRun(path: string): Promise<void> {
  if (isUrl(path) || !(await isRun(path))) return;
  const place = openRun(path);
  const { markers, damage } = await lookAtShards(place, await readPlan(place));
  throwDamage(damage);
  const missing = markers.flatMap((marker, shard) => (marker === null ? [shard] : []));
  if (missing.length > 0) throw incomplete(place, missing, markers.length);
}

/** @throws the first, which tells of the others */
export function throwDamage(damage: readonly ScaleError[]): void {
  const [first, ...others] = damage;
  if (first === undefined) return;
  if (others.length === 0) throw first;
  const more = others.map(({ message }) => message).join('; ');
  throw new ScaleError(first.code, `${first.message}; and ${others.length} more: ${more}`, {
    hint: first.hint ?? undefined,
  });
}

export function incomplete({ run }: RunPlace, missing: readonly number[], shards: number): ScaleError {
  const text = shardsText(missing);
  return new ScaleError('RUN_INCOMPLETE', `${run}: ${missing.length} of ${shards} shards are not done: ${text}`, {
    hint: `Run them: --array=${text} of Slurm, or image-drift embed --plan ${join(run, PLAN)} --only ${text}.`,
  });
}
