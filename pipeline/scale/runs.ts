/** Where a run is, by what a user names: its folder, or the plan in it. */
import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isUrl } from '../../data/index.js';
import { isS3Url } from '../../files/download/index.js';
import {
  BucketPlace,
  type KnownPlan,
  LocalPlace,
  lookAtShards,
  MARKERS,
  type Marker,
  PARTS,
  PLAN,
  type RunPlace,
  readPlan,
  ScaleError,
  shardsText,
} from '../../scale/index.js';

const PLAN_OF_BUCKET = new RegExp(`/${PLAN.replace('.', '\\.')}$`);

/** Close it. @throws ScaleError `RUN_PLACE` */
export function openRun(path: string): RunPlace {
  if (isS3Url(path)) return new BucketPlace(path.replace(PLAN_OF_BUCKET, ''));
  if (isUrl(path)) {
    throw new ScaleError('RUN_PLACE', `${path}: a run is kept in a folder that all machines share, or in a bucket`, {
      hint: 'A bucket is named as s3://BUCKET/PREFIX; AWS_ENDPOINT_URL says on which server it is.',
    });
  }
  return new LocalPlace(basename(path) === PLAN ? dirname(path) : path);
}

/** Opens a run, passes it to `use`, and always closes it. @throws ScaleError `RUN_PLACE` */
export async function withRun<T>(path: string, use: (place: RunPlace) => Promise<T>): Promise<T> {
  const place = openRun(path);
  try {
    return await use(place);
  } finally {
    await place.close();
  }
}

/** Whether a path is the folder of a run: it has a plan, or has lost it. */
async function isRun(path: string): Promise<boolean> {
  const has = (name: string) =>
    stat(join(path, name)).then(
      () => true,
      () => false,
    );
  return (await has(PLAN)) || ((await has(PARTS)) && has(MARKERS));
}

/**
 * Whoever reads a run where an events file is meant gets all of it or nothing. Sums are compared by `gather` alone.
 * @param path of a run, or of anything else, which is not looked at
 * @throws ScaleError `RUN_INCOMPLETE`, `SHARD_…`, `PLAN_INVALID`
 */
export async function checkWholeRun(path: string): Promise<void> {
  if (!isS3Url(path) && !(await isRun(path))) return;
  await withRun(path, async (place) => void (await wholeMarkers(place, await readPlan(place))));
}

/** The markers of all shards. @throws ScaleError `RUN_INCOMPLETE`, `SHARD_…` */
export async function wholeMarkers(place: RunPlace, known: KnownPlan): Promise<Marker[]> {
  const { markers, damage } = await lookAtShards(place, known);
  throwDamage(damage);
  const missing = markers.flatMap((marker, shard) => (marker === null ? [shard] : []));
  if (missing.length > 0) throw incomplete(place, missing, markers.length);
  return markers as Marker[];
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

function incomplete(place: RunPlace, missing: readonly number[], shards: number): ScaleError {
  const text = shardsText(missing);
  return new ScaleError('RUN_INCOMPLETE', `${place.run}: ${missing.length} of ${shards} shards are not done: ${text}`, {
    hint: `Run them: --array=${text} of Slurm, or image-drift embed --plan ${place.pathOf(PLAN)} --only ${text}.`,
  });
}
