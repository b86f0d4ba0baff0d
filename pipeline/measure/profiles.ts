import { loadAssets, sha256Of } from '#platform';
import { checkedOptions } from '../../base/index.js';
import type { ColumnChoice } from '../../data/index.js';
import {
  BaselineCounter,
  BaselineSample,
  DriftError,
  mergeProfiles,
  type Profile,
  parseProfile,
  profileToJson,
} from '../../drift/index.js';
import { readSmallFile, writeFileAtomically } from '../../files/index.js';
import { type FitOptions, fitFields } from '../options/index.js';
import {
  baselineSource,
  checkLabels,
  comparedSchema,
  driftBatches,
  IMAGE_SIZE_COLUMNS,
  withEvents,
} from './event-batches.js';
import { rowGroups, rowSegments } from './row-groups.js';

/** Enough for a profile of 256 clusters of 8,192 dimensions as text. A longer file cannot be a profile. */
export const MAX_PROFILE_BYTES = 64 * 1024 * 1024;

/**
 * Makes the profile of a baseline: finds clusters of its embeddings by k-means and counts the rows of each. Reads the
 * table twice. Memory does not grow with the number of rows.
 *
 * @param path event table of the baseline
 * @param options number of clusters, seed, columns of embeddings and scores
 * @returns the profile, for `measureWindows` and `writeProfile`
 * @throws DataError if the table cannot be read; DriftError `TOO_FEW_DISTINCT_ROWS`, `NO_ROWS`, `TOO_MANY_SKIPPED`,
 *   `OPTION_OUT_OF_RANGE`; FileError
 *
 * @example
 * ```ts
 * import { fitProfileFromEvents, writeProfile } from 'image-drift';
 *
 * const profile = await fitProfileFromEvents('reference.parquet', { clusters: 5 });
 * await writeProfile('new-profile.json', profile);
 * ```
 */
export async function fitProfileFromEvents(path: string, options: FitOptions = {}): Promise<Profile> {
  options = checkedOptions('fitProfileFromEvents', options, fitFields);
  await loadAssets('dist/drift/');
  return withEvents(path, options.columns ?? {}, async (events) => {
    checkLabels(path, events.schema);
    const groups = await rowGroups(options.group, events, path);
    const told = { groups, segments: rowSegments(options.by, events.schema, path) };
    const sample = new BaselineSample(baselineSource(events.schema, groups), options, path);
    for await (const batch of driftBatches(events, told, IMAGE_SIZE_COLUMNS)) {
      options.signal?.throwIfAborted();
      sample.add(batch);
    }
    const counter = sample.fit();
    for await (const batch of driftBatches(events, told)) {
      options.signal?.throwIfAborted();
      counter.add(batch);
    }
    return counter.profile();
  });
}

/**
 * Counts one part of a baseline that is too large for one machine. Fit a profile on one part, count every part with
 * this function, and merge the results: they equal the profile of one run with that fit.
 *
 * @param fitted a profile with the clusters to use. Its counts are not used.
 * @param path event table with one part of the baseline
 * @param firstRow number of the part's first row in the whole baseline, from 0
 * @param columns which columns are embeddings and scores, where the table does not say
 * @returns the profile of this part
 * @throws DataError, FileError; DriftError if the events are of another model than the profile
 *
 * @example
 * ```ts
 * import { countProfileShard, fitProfileFromEvents, writeProfile } from 'image-drift';
 *
 * const fitted = await fitProfileFromEvents('reference.parquet');
 * await writeProfile('part_1.json', await countProfileShard(fitted, 'reference.parquet', 0));
 * await writeProfile('part_2.json', await countProfileShard(fitted, 'week_1.parquet', 500));
 * ```
 */
export async function countProfileShard(
  fitted: Profile,
  path: string,
  firstRow: number,
  columns: ColumnChoice = {},
): Promise<Profile> {
  return withEvents(path, { ...columns, knownClasses: fitted.classes }, async (events) => {
    const schema = comparedSchema(fitted, events.schema, path);
    const counter = new BaselineCounter(fitted, { what: path, firstRow });
    const groups = fitted.groups?.name ? await rowGroups(fitted.groups.name, events, path) : null;
    const by = fitted.segments === null ? undefined : [...fitted.segments.keys()];
    const told = { groups, segments: rowSegments(by, schema, path) };
    for await (const batch of driftBatches({ ...events, schema }, told)) counter.add(batch);
    return counter.profile();
  });
}

/**
 * Adds up the profiles of all parts of a baseline. The order does not matter.
 *
 * @param paths at least one file that `writeProfile` wrote. All profiles must have the same clusters.
 * @returns the profile of the whole baseline
 * @throws FileError; DriftError `PROFILES_DIFFER` if the clusters are not the same, `SHARD_TWICE` if two profiles have
 *   counted the same rows; RangeError if there are no paths
 *
 * @example
 * ```ts
 * import { countProfileShard, mergeProfileFiles, readProfile, writeProfile } from 'image-drift';
 *
 * const fitted = await readProfile('profile.json');
 * await writeProfile('monday.json', await countProfileShard(fitted, 'reference.parquet', 0));
 * await writeProfile('tuesday.json', await countProfileShard(fitted, 'week_1.parquet', 500));
 * const whole = await mergeProfileFiles(['monday.json', 'tuesday.json']);
 * console.log(whole.rows); // 1000
 * ```
 */
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

/** Names a profile in what is made with it: the sha256 of its file. */
export function profileSha256(profile: Profile): string {
  return sha256Of(profileToJson(profile));
}

/**
 * Writes a profile as JSON. The file appears whole or not at all.
 *
 * @param path file to write. A file of that name is replaced.
 * @param profile the profile
 * @throws FileError if the file cannot be written
 *
 * @example
 * ```ts
 * import { fitProfileFromEvents, writeProfile } from 'image-drift';
 *
 * await writeProfile('baseline.json', await fitProfileFromEvents('reference.parquet'));
 * ```
 */
export async function writeProfile(path: string, profile: Profile): Promise<void> {
  await writeFileAtomically(path, (file) => file.write(new TextEncoder().encode(profileToJson(profile))));
}

/**
 * Reads a profile that `writeProfile` or `image-drift baseline` wrote.
 *
 * @param path the JSON file
 * @returns the profile
 * @throws FileError if the file cannot be read; DriftError `PROFILE_…` if it is not a profile
 *
 * @example
 * ```ts
 * import { measureWindows, readProfile } from 'image-drift';
 *
 * const profile = await readProfile('profile.json');
 * const { report } = await measureWindows(profile, ['week_1.parquet']);
 * console.log(report.windows[0]?.verdict);
 * ```
 */
export async function readProfile(path: string): Promise<Profile> {
  const bytes = await readSmallFile(path, MAX_PROFILE_BYTES, 'a profile');
  return parseProfile(new TextDecoder().decode(bytes), path);
}
