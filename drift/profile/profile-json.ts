/**
 * Profiles as JSON text: one cluster a line, and numbers in the shortest form that reads back to the same float64.
 * Equal profiles give equal bytes. Unknown members are ignored, so later versions may add some; a change that an old
 * reader would misunderstand raises `version`. A profile of 30 clusters of 128 dimensions takes about 750 kB.
 */
import * as z from 'zod';
import { issueWords, shown, shownValue } from '../../base/index.js';
import { MAX_CLUSTERS } from '../clustering/kmeans.js';
import { DriftError, grouped } from '../drift-error.js';
import { isUsable, type Matrix64 } from '../linear/matrix.js';
import { baselineSumsShape, readBaselineSums, storedBaselineSums } from '../monitor/sums-json.js';
import { totalOf } from '../statistics/counts.js';
import { Agreement, shape, whole, wholes } from './codec.js';
import {
  crossFitShape,
  groupsShape,
  readCrossFit,
  readGroups,
  readSegments,
  segmentsShape,
  storedCrossFit,
  storedGroups,
  storedSegments,
} from './counts-json.js';
import { imagesShape, readImages, storedImages } from './images-json.js';
import type { Profile } from './profile.js';
import { readReference, referenceShape, storedReference } from './reference-json.js';
import { WEEKDAY, type Weekdays } from './weekdays.js';

export const PROFILE_FORMAT = 'image-drift-profile';
export const PROFILE_VERSION = 5;

const PARQUET = 'PAR1';
/** Enough for 256 clusters of 10,000 dimensions; a longer file would only fill memory. */
const MAX_PROFILE_CHARACTERS = 64 * 2 ** 20;

/** Shards that do not lie beside each other yet. */
const MAX_RANGES = 100_000;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const profileShape = shape({
  format: z.literal(PROFILE_FORMAT),
  version: z.literal(PROFILE_VERSION),
  rows: whole,
  skipped: whole,
  counted: z.array(z.tuple([whole, whole])).max(MAX_RANGES),
  dimensions: whole.positive(),
  tap: z.string().nullable(),
  weightsSha256: sha256.nullable(),
  pixelsSha256: sha256.exactOptional(),
  weightsNote: z.string().exactOptional(),
  classes: z.array(z.string()),
  thresholds: z.array(z.number().gt(0).lt(1)).exactOptional(),
  labels: shape({ predicted: wholes.nullable(), labelled: whole, correct: whole }),
  fit: shape({
    rows: whole.positive(),
    seed: whole,
    restarts: whole.positive(),
    iterations: whole,
    inertia: z.number().nonnegative(),
  }).nullable(),
  clusters: z
    .array(shape({ count: whole, centroid: z.array(z.unknown()) }))
    .min(1)
    .max(MAX_CLUSTERS),
  crossFit: crossFitShape.nullable(),
  groups: groupsShape.nullable(),
  reference: referenceShape.nullable(),
  segments: segmentsShape.optional(),
  /** Absent without timestamps. */
  weekdays: shape({ from: z.number(), to: z.number(), days: segmentsShape }).optional(),
  images: imagesShape.optional(),
  monitor: baselineSumsShape.optional(),
});

type StoredProfile = z.output<typeof profileShape>;
type ProfileJson = z.input<typeof profileShape>;

/** The text of a profile file, ending in a line feed. @throws DriftError `PROFILE_MEMBER_INVALID` */
export function profileToJson(profile: Profile): string {
  const { centroids, counts, dimensions, crossFit, groups, reference, segments, weekdays, images, monitor } = profile;
  const stored = {
    format: PROFILE_FORMAT,
    version: PROFILE_VERSION,
    ...profile,
    clusters: counts.map((count, j) => {
      return { count, centroid: Array.from(centroids.data.subarray(j * dimensions, (j + 1) * dimensions)) };
    }),
    crossFit: crossFit && storedCrossFit(crossFit),
    groups: groups && storedGroups(groups),
    reference: reference && storedReference(reference),
    segments: segments ? storedSegments(segments) : undefined,
    weekdays: weekdays ? { ...weekdays, days: storedSegments(new Map([[WEEKDAY, weekdays.days]])) } : undefined,
    images: images ? storedImages(images) : undefined,
    monitor: monitor ? storedBaselineSums(monitor) : undefined,
  };
  // Arrays of numbers may be of other kinds than those that are read.
  const json = valid(z.safeEncode(profileShape, stored as unknown as StoredProfile), 'the profile');
  return `${block(json as ProfileJson, ' ', LAYOUT)}\n`;
}

/** How members are laid out that take more than a line. */
const LAYOUT: Readonly<Record<string, (value: never) => string>> = {
  clusters: (clusters: unknown[]) =>
    listed(
      '[',
      clusters.map((one) => JSON.stringify(one)),
      ']',
      '  ',
    ),
  segments: segmentLines,
  reference: (reference: object) => block(reference, '  '),
  weekdays: ({ from, to, days }: Weekdays) =>
    `{ "from": ${from}, "to": ${to}, "days": ${segmentLines(days as never)} }`,
  images: (images: object) => block(images, '  '),
};

function segmentLines(segments: readonly { by: string; values: readonly object[] }[]): string {
  const columns = segments.map(({ by, values }) => {
    const lines = values.map((one) => JSON.stringify(one));
    return `{ "by": ${JSON.stringify(by)}, "values": ${listed('[', lines, ']', '   ')} }`;
  });
  return listed('[', columns, ']', '  ');
}

function block(value: object, indent: string, layout: typeof LAYOUT = {}): string {
  const members = Object.entries(value).map(([name, member]) => {
    const text = layout[name] && member !== null ? layout[name](member as never) : JSON.stringify(member);
    return `${JSON.stringify(name)}: ${text}`;
  });
  return listed('{', members, '}', indent);
}

function listed(open: string, lines: readonly string[], close: string, indent: string): string {
  return `${open}\n${indent}${lines.join(`,\n${indent}`)}\n${indent.slice(1)}${close}`;
}

function valid<T>(parsed: z.ZodSafeParseResult<T>, where: string): T {
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  throw new DriftError('PROFILE_MEMBER_INVALID', `${where}: ${shown(path.join('.'))}: ${issueWords(message)}`);
}

/**
 * @param where names the file in messages
 * @throws DriftError `PROFILE_NOT_JSON`, `PROFILE_TOO_LARGE`, `PROFILE_NOT_A_PROFILE`, `PROFILE_VERSION`,
 *   `PROFILE_MEMBER_INVALID`, `PROFILE_DIMENSIONS_INVALID`, `PROFILE_CENTROID_NOT_FINITE`, `PROFILE_COUNTS_INVALID`,
 *   `PROFILE_CROSS_FIT_INVALID`, `PROFILE_GROUPS_INVALID`, `PROFILE_SEGMENTS_INVALID`, `PROFILE_REFERENCE_INVALID`,
 *   `PROFILE_IMAGES_INVALID`
 */
export function parseProfile(text: string, where: string): Profile {
  const json = parseJson(text, where);
  checkVersion(json, where);
  const stored = valid(profileShape.safeParse(json), where);
  const agreement = new Agreement('PROFILE_COUNTS_INVALID', where);
  checkCounts(stored, agreement);
  const { format: _, version: __, clusters, crossFit, groups, segments, weekdays, images, monitor, ...plain } = stored;
  const centroids = readCentroids(stored, where);
  const rest = { ...plain, centroids, counts: clusters.map(({ count }) => count) };
  const reference = plain.reference && readReference(plain.reference, rest, where);
  const known = { ...rest, reference };
  return {
    ...known,
    crossFit: crossFit && readCrossFit(crossFit, rest, where),
    segments: segments ? readSegments(segments, known, where) : null,
    groups: groups && readGroups(groups, known, where),
    weekdays: weekdays ? readWeekdays(weekdays, known, where, agreement) : null,
    images: images ? readImages(images, rest.rows, where) : null,
    monitor: monitor ? readBaselineSums(monitor) : null,
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
  const head = z.object({ format: z.literal(PROFILE_FORMAT), version: whole.positive() }).safeParse(json);
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

function checkCounts(stored: StoredProfile, agreement: Agreement): void {
  const { rows, skipped, counted, clusters, classes, labels } = stored;
  const inClusters = totalOf(clusters.map(({ count }) => count));
  if (inClusters !== rows) {
    agreement.fail(`clusters count ${grouped(inClusters)} rows, rows says ${grouped(rows)}`);
  }
  const isInOrder = counted.every(([first, end], i) => first < end && first >= (counted[i - 1]?.[1] ?? 0));
  const total = totalOf(counted.map(([first, end]) => end - first));
  if (!isInOrder || total !== rows + skipped) {
    agreement.fail(`counted has ranges of ${grouped(total)} rows, rows and skipped say ${grouped(rows + skipped)}`);
  }
  const { predicted, labelled, correct } = labels;
  if ((stored.thresholds ?? classes).length !== classes.length) {
    agreement.fail(`thresholds has ${stored.thresholds!.length} numbers, classes ${classes.length} names`);
  }
  if (correct > labelled || labelled > rows) {
    agreement.fail(`${grouped(correct)} correct of ${grouped(labelled)} labelled of ${grouped(rows)} rows`);
  }
  if (predicted === null) return;
  if (predicted.length !== classes.length) {
    agreement.fail(`labels.predicted has ${predicted.length} counts, classes ${classes.length} names`);
  }
  const predictions = totalOf(predicted);
  if (predictions > rows) {
    agreement.fail(`labels.predicted counts ${grouped(predictions)} rows, rows says ${grouped(rows)}`);
  }
}

function readWeekdays(
  { from, to, days: segments }: NonNullable<StoredProfile['weekdays']>,
  profile: Pick<Profile, 'rows' | 'counts' | 'reference'>,
  where: string,
  agreement: Agreement,
): Weekdays {
  const days = readSegments(segments, profile, where).get(WEEKDAY) ?? new Map();
  const total = totalOf(Array.from(days.values(), ({ rows }) => rows));
  if (total > profile.rows) {
    agreement.fail(`weekdays count ${grouped(total)} rows, rows says ${grouped(profile.rows)}`);
  }
  return { from, to, days };
}

function readCentroids({ clusters, dimensions }: StoredProfile, where: string): Matrix64 {
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
