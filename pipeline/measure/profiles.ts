/** Makes profiles from event tables, and reads and writes them. */
import {
  BaselineCounter,
  BaselineSample,
  checkComparable,
  DriftError,
  mergeProfiles,
  type Profile,
  type ProfileOptions,
  parseProfile,
  profileToJson,
} from '../../drift/index.js';
import { readSmallFile, writeFileAtomically } from '../../files/index.js';
import { baselineSource, driftBatches, withEvents } from './event-batches.js';

/** Enough for a profile of 256 clusters of 8,192 dimensions as text. A longer file cannot be a profile. */
const MAX_PROFILE_BYTES = 64 * 1024 * 1024;

/**
 * Makes the profile of a baseline. Reads the table twice: to fit, and to count.
 *
 * @throws DataError, DriftError, FileError
 */
export async function fitProfileFromEvents(path: string, options: ProfileOptions = {}): Promise<Profile> {
  return withEvents(path, async (events) => {
    const sample = new BaselineSample(baselineSource(events.schema), options, path);
    for await (const batch of driftBatches(events)) sample.add(batch);
    const counter = sample.fit();
    for await (const batch of driftBatches(events)) counter.add(batch);
    return counter.profile();
  });
}

/**
 * Counts a shard of a baseline against a profile that was fitted elsewhere. The profiles of all shards merge to that of
 * a single run.
 *
 * @param fitted any profile of the same fit; its counts are ignored
 * @param firstRow number of the shard's first row in the whole baseline
 * @throws DataError, DriftError, FileError
 */
export async function countProfileShard(fitted: Profile, path: string, firstRow: number): Promise<Profile> {
  return withEvents(path, async (events) => {
    checkComparable(fitted, events.schema, path);
    const counter = new BaselineCounter(fitted, { what: path, firstRow });
    for await (const batch of driftBatches(events)) counter.add(batch);
    return counter.profile();
  });
}

/** @throws FileError; DriftError `PROFILES_DIFFER`, `SHARD_TWICE`, which name the file */
export async function mergeProfileFiles(paths: readonly string[]): Promise<Profile> {
  let merged: Profile | null = null;
  for (const path of paths) {
    const profile = await readProfile(path);
    merged = merged === null ? profile : mergeNamed(merged, profile, path);
  }
  if (merged === null) throw new RangeError('no profiles to merge');
  return merged;
}

function mergeNamed(merged: Profile, profile: Profile, path: string): Profile {
  try {
    return mergeProfiles(merged, profile);
  } catch (error) {
    if (!(error instanceof DriftError)) throw error;
    throw new DriftError(error.code, `${path}, merged with those before it: ${error.message}`, {
      hint: error.hint ?? undefined,
      cause: error,
    });
  }
}

export async function writeProfile(path: string, profile: Profile): Promise<void> {
  await writeFileAtomically(path, (file) => file.write(new TextEncoder().encode(profileToJson(profile))));
}

/** @throws FileError, DriftError `PROFILE_…` */
export async function readProfile(path: string): Promise<Profile> {
  const bytes = await readSmallFile(path, MAX_PROFILE_BYTES, 'a profile');
  return parseProfile(new TextDecoder().decode(bytes), path);
}
