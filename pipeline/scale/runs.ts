/** Where a run is, by what a user names: its folder, or the plan in it. */

import { createHash } from 'node:crypto';
import { cpus } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { Random } from '../../base/index.js';
import { type ImageListing, isUrl } from '../../data/index.js';
import type { Embedder, ImageBatch } from '../../engine/index.js';
import { isS3Url } from '../../files/download/index.js';
import { isThere } from '../../files/index.js';
import {
  BucketPlace,
  type KnownPlan,
  LocalPlace,
  lookAtShards,
  MARKERS,
  type Marker,
  PARTS,
  PLAN,
  PLAN_SETTINGS,
  type Plan,
  type PlanSettings,
  type RunPlace,
  readPlan,
  ScaleError,
  shardsText,
} from '../../scale/index.js';
import type { EmbedImagesOptions } from '../embed/index.js';

const PLAN_OF_BUCKET = new RegExp(`/${PLAN.replace('.', '\\.')}$`);

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
  const has = (name: string) => isThere(join(path, name));
  return (await has(PLAN)) || ((await has(PARTS)) && has(MARKERS));
}

/**
 * A run that is read where an events file is meant must be whole. Sums are compared by `gather` alone.
 * @param path of a run, or of anything else, which is left alone @throws `RUN_INCOMPLETE`, `SHARD_…`, `PLAN_INVALID`
 */
export async function checkWholeRun(path: string): Promise<void> {
  if (!isS3Url(path) && !(await isRun(path))) return;
  await withRun(path, async (place) => void (await wholeMarkers(place, await readPlan(place))));
}

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
  const hint = first.hint ?? undefined;
  throw new ScaleError(first.code, `${first.message}; and ${others.length} more: ${more}`, { hint });
}

function incomplete(place: RunPlace, missing: readonly number[], shards: number): ScaleError {
  const text = shardsText(missing);
  return new ScaleError('RUN_INCOMPLETE', `${place.run}: ${missing.length} of ${shards} shards are not done: ${text}`, {
    hint: `Run them: --array=${text} of Slurm, or image-drift embed --plan ${place.pathOf(PLAN)} --only ${text}.`,
  });
}

export function plannedSettings(options: EmbedImagesOptions): PlanSettings {
  const given = PLAN_SETTINGS.map((name) => [name, options[name]]).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as PlanSettings;
}

export function settingsOf({ settings, dataset }: Plan): EmbedImagesOptions {
  return { ...settings, dataset };
}

/** Where the images of a plan are found again, by full paths: its tasks run in other folders, on other machines. */
type PlanOrigin = Plan['source']['origin'];

export function fullOrigin({ source: { origin, directory } }: Plan): PlanOrigin {
  const full = (path: string) => (isUrl(path) ? path : resolve(directory, path));
  if (origin === null) return null;
  if ('array' in origin) return { array: { ...origin.array, file: full(origin.array.file) } };
  return 'folder' in origin ? { folder: full(origin.folder) } : { inputs: origin.inputs.map(full) };
}

/** As `fullOrigin`, of files; null where the images are in an array. */
export function listingOrigin(plan: Plan): ImageListing['origin'] {
  const origin = fullOrigin(plan);
  return origin !== null && 'array' in origin ? null : origin;
}

// sha256 of what the network gives for one image of made pixels: machines with the same probe may share a run.

const SIDE = 224;
const SEED = 19;

export async function probeOf(embedder: Embedder): Promise<string> {
  const hash = createHash('sha256');
  for await (const { taps, scores } of embedder.run([madeImage(embedder)])) {
    for (const { data } of taps.values()) hash.update(data);
    if (scores !== null) hash.update(scores);
  }
  return hash.digest('hex');
}

export function machineName(): string {
  return `${process.platform} ${process.arch}, ${cpus()[0]?.model.trim() || 'unknown processor'}, Node ${process.version}`;
}

function madeImage({ config: { preprocessing } }: Embedder): ImageBatch {
  const [height, width] = preprocessing.size ?? [SIDE, SIDE];
  const random = new Random(SEED);
  const data = Uint8Array.from({ length: height * width * preprocessing.mean.length }, () => random.uint32() & 255);
  return { rows: 1, height, width, data };
}
