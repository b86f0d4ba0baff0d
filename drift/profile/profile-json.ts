/**
 * Profiles as JSON text: one cluster a line, and numbers in the shortest form that reads back to the same float64.
 *
 * The same profile always gives the same bytes. Unknown members are ignored when read, so later versions may add some.
 * A change that an old reader would misunderstand raises `version`; one version is read. A profile of 30 clusters of 128
 * dimensions takes about 750 kB.
 */
import { z } from 'zod';
import { issueWords, shown, shownValue } from '../../base/index.js';
import { MAX_CLUSTERS } from '../clustering/kmeans.js';
import { DriftError, grouped } from '../drift-error.js';
import { isUsable, type Matrix64 } from '../linear/matrix.js';
import { totalOf } from '../statistics/counts.js';
import {
  crossFitSchema,
  crossFitToJson,
  readCrossFit,
  readSegments,
  segmentsSchema,
  segmentsToJson,
} from './counts-json.js';
import { groupsSchema, groupsToJson, readGroups } from './groups-json.js';
import { imagesSchema, imagesToJson, readImages } from './images-json.js';
import type { Profile, RowRange } from './profile.js';
import { readReference, referenceSchema, referenceToJson } from './reference-json.js';
import { WEEKDAY, type Weekdays } from './weekdays.js';

export const PROFILE_FORMAT = 'image-drift-profile';
export const PROFILE_VERSION = 5;

/** A parquet file begins with it. */
const PARQUET = 'PAR1';
/** Enough for 256 clusters of 10,000 dimensions. A longer file cannot be a profile, and would only fill memory. */
const MAX_PROFILE_CHARACTERS = 64 * 2 ** 20;

/** Shards that do not lie beside each other yet. */
const MAX_RANGES = 100_000;

const wholeNumber = z.number().int().nonnegative();

const profileSchema = z.object({
  rows: wholeNumber,
  skipped: wholeNumber,
  counted: z.array(z.tuple([wholeNumber, wholeNumber])).max(MAX_RANGES),
  dimensions: wholeNumber.positive(),
  tap: z.string().nullable(),
  weights_sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable(),
  pixels_sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  weights_note: z.string().optional(),
  classes: z.array(z.string()),
  labels: z.object({ predicted: z.array(wholeNumber).nullable(), labelled: wholeNumber, correct: wholeNumber }),
  fit: z
    .object({
      rows: wholeNumber.positive(),
      seed: wholeNumber,
      restarts: wholeNumber.positive(),
      iterations: wholeNumber,
      inertia: z.number().nonnegative(),
    })
    .nullable(),
  clusters: z
    .array(z.object({ count: wholeNumber, centroid: z.array(z.unknown()) }))
    .min(1)
    .max(MAX_CLUSTERS),
  cross_fit: crossFitSchema.nullable(),
  groups: groupsSchema.nullable(),
  segments: segmentsSchema.optional(),
  reference: referenceSchema.nullable(),
  /** Absent without timestamps. */
  weekdays: z.object({ from: z.number(), to: z.number(), days: segmentsSchema }).optional(),
  images: imagesSchema.optional(),
});

type ProfileJson = z.infer<typeof profileSchema>;

/** The text of a profile file, ending in a line feed. */
export function profileToJson(profile: Profile): string {
  const { centroids, counts, dimensions } = profile;
  const head = {
    format: PROFILE_FORMAT,
    version: PROFILE_VERSION,
    rows: profile.rows,
    skipped: profile.skipped,
    counted: profile.counted,
    dimensions,
    tap: profile.tap,
    weights_sha256: profile.weightsSha256,
    ...(profile.pixelsSha256 === undefined ? {} : { pixels_sha256: profile.pixelsSha256 }),
    ...(profile.weightsNote === undefined ? {} : { weights_note: profile.weightsNote }),
    classes: profile.classes,
    labels: pick(profile.labels, ['predicted', 'labelled', 'correct']),
    fit: profile.fit && pick(profile.fit, ['rows', 'seed', 'restarts', 'iterations', 'inertia']),
  };
  const clusters = counts.map((count, j) =>
    JSON.stringify({ count, centroid: Array.from(centroids.data.subarray(j * dimensions, (j + 1) * dimensions)) }),
  );
  const members = Object.entries(head).map(([name, value]) => ` ${JSON.stringify(name)}: ${JSON.stringify(value)}`);
  const crossFit = profile.crossFit === null ? 'null' : crossFitToJson(profile.crossFit);
  const groups = profile.groups === null ? 'null' : groupsToJson(profile.groups);
  const reference = profile.reference === null ? 'null' : referenceToJson(profile.reference);
  const segments = profile.segments === null ? '' : `,\n "segments": ${segmentsToJson(profile.segments)}`;
  const weekdays = profile.weekdays === null ? '' : `,\n "weekdays": ${weekdaysToJson(profile.weekdays)}`;
  const images = profile.images === null ? '' : `,\n "images": ${imagesToJson(profile.images)}`;
  return `{\n${members.join(',\n')},\n "clusters": [\n  ${clusters.join(',\n  ')}\n ],\n "cross_fit": ${crossFit},\n "groups": ${groups},\n "reference": ${reference}${segments}${weekdays}${images}\n}\n`;
}

function weekdaysToJson({ from, to, days }: Weekdays): string {
  return `{ "from": ${from}, "to": ${to}, "days": ${segmentsToJson(new Map([[WEEKDAY, days]]))} }`;
}

/** The named members in this order, so that the text does not depend on how the object was built. */
function pick<T, K extends keyof T>(from: T, names: readonly K[]): Pick<T, K> {
  return Object.fromEntries(names.map((name) => [name, from[name]])) as Pick<T, K>;
}

/**
 * @param where names the file in messages
 * @throws DriftError `PROFILE_NOT_JSON`, `PROFILE_TOO_LARGE`, `PROFILE_NOT_A_PROFILE`, `PROFILE_VERSION`,
 *   `PROFILE_MEMBER_INVALID`, `PROFILE_DIMENSIONS_INVALID`, `PROFILE_CENTROID_NOT_FINITE`, `PROFILE_COUNTS_INVALID`,
 *   `PROFILE_CROSS_FIT_INVALID`, `PROFILE_GROUPS_INVALID`, `PROFILE_SEGMENTS_INVALID`, `PROFILE_REFERENCE_INVALID`, `PROFILE_IMAGES_INVALID`
 */
export function parseProfile(text: string, where: string): Profile {
  const json = parseJson(text, where);
  checkVersion(json, where);
  const parsed = profileSchema.safeParse(json);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    throw new DriftError('PROFILE_MEMBER_INVALID', `${where}: ${shown(path.join('.'))}: ${issueWords(message)}`);
  }
  checkCounts(parsed.data, where);
  const { rows, skipped, dimensions, tap, classes, labels, fit, clusters, weights_sha256, pixels_sha256 } = parsed.data;
  const counts = clusters.map((cluster) => cluster.count);
  const centroids = readCentroids(parsed.data, where);
  const rest = {
    rows,
    skipped,
    counted: parsed.data.counted,
    dimensions,
    centroids,
    counts,
    fit,
    tap,
    weightsSha256: weights_sha256,
    ...(pixels_sha256 === undefined ? {} : { pixelsSha256: pixels_sha256 }),
    ...(parsed.data.weights_note === undefined ? {} : { weightsNote: parsed.data.weights_note }),
    classes,
    labels,
  };
  const { cross_fit: crossFit, groups, segments, images, weekdays } = parsed.data;
  const reference = parsed.data.reference ? readReference(parsed.data.reference, rest, where) : null;
  return {
    ...rest,
    crossFit: crossFit ? readCrossFit(crossFit, rest, where) : null,
    segments: segments ? readSegments(segments, { ...rest, reference }, where) : null,
    groups: groups ? readGroups(groups, { ...rest, reference }, where) : null,
    reference,
    weekdays: weekdays ? readWeekdays(weekdays, { ...rest, reference }, where) : null,
    images: images ? readImages(images, rows, where) : null,
  };
}

function parseJson(text: string, where: string): unknown {
  if (text.length > MAX_PROFILE_CHARACTERS) {
    throw new DriftError(
      'PROFILE_TOO_LARGE',
      `${where}: ${grouped(text.length)} characters, a profile has at most ${grouped(MAX_PROFILE_CHARACTERS)}`,
    );
  }
  if (text.startsWith(PARQUET)) {
    throw new DriftError('PROFILE_NOT_JSON', `${where}: not a profile, but a parquet file`, {
      hint: 'Are events given as the profile? A profile is what `image-drift baseline` writes.',
    });
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new DriftError(
      'PROFILE_NOT_JSON',
      `${where}: not a profile, it is no JSON (${shown((error as Error).message)})`,
      {
        hint: 'A profile is what `image-drift baseline` writes.',
        cause: error,
      },
    );
  }
}

function checkVersion(json: unknown, where: string): void {
  const head = z.object({ format: z.literal(PROFILE_FORMAT), version: wholeNumber.positive() }).safeParse(json);
  if (!head.success) {
    throw new DriftError(
      'PROFILE_NOT_A_PROFILE',
      `${where}: JSON, but not a profile: "format" must be "${PROFILE_FORMAT}" and "version" a whole number`,
      { hint: 'A profile is what `image-drift baseline` writes.' },
    );
  }
  if (head.data.version === PROFILE_VERSION) return;
  throw new DriftError(
    'PROFILE_VERSION',
    `${where}: profile version ${head.data.version}, this image-drift reads version ${PROFILE_VERSION}`,
    {
      hint: 'Make the profile again with this version (image-drift baseline EVENTS), or use the version that made it.',
    },
  );
}

function checkCounts({ rows, skipped, counted, clusters, classes, labels }: ProfileJson, where: string): void {
  const inClusters = totalOf(clusters.map(({ count }) => count));
  if (inClusters !== rows) {
    throw countsInvalid(where, `clusters count ${grouped(inClusters)} rows, rows says ${grouped(rows)}`);
  }
  checkRanges(counted, rows + skipped, where);
  const { predicted, labelled, correct } = labels;
  if (correct > labelled || labelled > rows) {
    throw countsInvalid(where, `${grouped(correct)} correct of ${grouped(labelled)} labelled of ${grouped(rows)} rows`);
  }
  if (predicted === null) return;
  if (predicted.length !== classes.length) {
    throw countsInvalid(where, `labels.predicted has ${predicted.length} counts, classes ${classes.length} names`);
  }
  const predictions = totalOf(predicted);
  if (predictions > rows) {
    throw countsInvalid(where, `labels.predicted counts ${grouped(predictions)} rows, rows says ${grouped(rows)}`);
  }
}

function checkRanges(ranges: readonly RowRange[], seen: number, where: string): void {
  const isInOrder = ranges.every(([first, end], i) => first < end && first >= (ranges[i - 1]?.[1] ?? 0));
  const total = totalOf(ranges.map(([first, end]) => end - first));
  if (isInOrder && total === seen) return;
  throw countsInvalid(where, `counted has ranges of ${grouped(total)} rows, rows and skipped say ${grouped(seen)}`);
}

function readWeekdays(
  { from, to, days: segments }: NonNullable<ProfileJson['weekdays']>,
  profile: Pick<Profile, 'rows' | 'counts' | 'reference'>,
  where: string,
): Weekdays {
  const days = readSegments(segments, profile, where).get(WEEKDAY) ?? new Map();
  const total = totalOf(Array.from(days.values(), ({ rows }) => rows));
  if (total <= profile.rows) return { from, to, days };
  throw countsInvalid(where, `weekdays count ${grouped(total)} rows, rows says ${grouped(profile.rows)}`);
}

function countsInvalid(where: string, disagreement: string): DriftError {
  return new DriftError('PROFILE_COUNTS_INVALID', `${where}: ${disagreement}`);
}

function readCentroids({ clusters, dimensions }: ProfileJson, where: string): Matrix64 {
  for (const [j, { centroid }] of clusters.entries()) {
    if (centroid.length === dimensions) continue;
    throw new DriftError(
      'PROFILE_DIMENSIONS_INVALID',
      `${where}: the centroid of cluster ${j} has ${grouped(centroid.length)} values, dimensions says ${grouped(dimensions)}`,
    );
  }
  const data = new Float64Array(clusters.length * dimensions);
  for (const [j, { centroid }] of clusters.entries()) {
    for (const [c, value] of centroid.entries()) {
      if (typeof value !== 'number' || !isUsable(value)) {
        throw new DriftError(
          'PROFILE_CENTROID_NOT_FINITE',
          `${where}: value ${c} of the centroid of cluster ${j} is ${shownValue(value)}, a finite number is needed`,
        );
      }
      data[j * dimensions + c] = value;
    }
  }
  return { rows: clusters.length, columns: dimensions, data };
}
