/** Reads event tables as rows to compare: from the format of `data` to that of `drift`. */

import { nearest, quoted, quotedNames } from '../../base/index.js';
import {
  type CarriedColumn,
  type CarriedValue,
  type EventBatch,
  type EventSource,
  type EventTableSchema,
  isProbability,
  type OpenEventsOptions,
  openEvents,
} from '../../data/index.js';
import {
  type BaselineSource,
  checkComparable,
  type DriftBatch,
  DriftError,
  type ImageRows,
  labelColumns,
  type Profile,
  withRelativeStatistics,
} from '../../drift/index.js';
import type { RowGroups, RowSegments } from './row-groups.js';

/** What a table tells of its rows beside what is compared; absent or null where that is not known, or not asked. */
interface RowFacts {
  groups?: RowGroups | null;
  segments?: RowSegments | null;
}

export async function withEvents<T>(
  path: string,
  options: OpenEventsOptions,
  use: (events: EventSource) => Promise<T>,
): Promise<T> {
  const events = await openEvents(path, options);
  try {
    return await use(events);
  } finally {
    await events.close();
  }
}

/** The columns of a table that are neither compared nor anything else that is known here. */
export function carriedColumns(path: string, options: OpenEventsOptions): Promise<readonly CarriedColumn[]> {
  return withEvents(path, options, async ({ schema }) => schema.carried ?? []);
}

/**
 * All rows of a table, with the columns that a comparison needs. Each call is another pass.
 * @param told which rows hang together, and their segments @param imageColumns which columns about the images to read
 * @throws DriftError `TARGET_NOT_A_CLASS`, `SCORES_OUT_OF_RANGE`
 */
export async function* driftBatches(
  { path, schema, batches }: EventSource,
  told: RowFacts = {},
  imageColumns: readonly string[] = IMAGE_ROW_COLUMNS,
): AsyncIterable<DriftBatch> {
  const columns = ['scores', 'targets', 'timestamps', 'statistics', 'carried'] as const;
  const carried = [...imageColumns, ...(told.groups?.columns ?? []), ...(told.segments?.columns ?? [])];
  let rows = 0;
  for await (const batch of batches({ columns, carried })) {
    checkRows(path, batch, schema, rows);
    rows += batch.rows;
    yield toDriftBatch(batch, schema, told);
  }
}

export function toDriftBatch(
  batch: EventBatch,
  schema: EventTableSchema,
  { groups, segments }: RowFacts = {},
): DriftBatch {
  const { dimensions, classes, thresholds, carried: columns = [] } = schema;
  const hasImages = columns.some(({ name, type }) => type !== 'other' && IMAGE_ROW_COLUMNS.includes(name));
  const { rows, embeddings, targets, timestamps, statistics, carried } = batch;
  const scores = batch.scores && { rows, columns: classes.length, data: batch.scores };
  const labels = scores && thresholds !== undefined ? labelColumns(scores, classes, thresholds) : {};
  return {
    embeddings: { rows, columns: dimensions, data: embeddings },
    ...(thresholds === undefined ? { scores, targets } : { scores: null, targets: null }),
    timestamps,
    groups: groups?.of(batch),
    segments: segments?.of(batch),
    statistics: { ...withRelativeStatistics(Object.fromEntries(statistics)), ...labels },
    images: carried && hasImages ? imageRows(carried) : null,
  };
}

export function baselineSource(schema: EventTableSchema, groups: RowGroups | null): BaselineSource {
  const { dimensions, classes, thresholds, tap, weightsSha256, pixelsSha256, weightsNote } = schema;
  return { dimensions, classes, thresholds, tap, weightsSha256, pixelsSha256, weightsNote, groupName: groups?.name };
}

/** More would make a profile of megabytes. */
const MOST_LABELS = 100;

/** @throws DriftError `LABELS_TOO_MANY` */
export function checkLabels(path: string, { classes, thresholds }: EventTableSchema): void {
  if (thresholds === undefined || classes.length <= MOST_LABELS) return;
  const found = classes.length.toLocaleString('en');
  const message = `${path}: ${found} labels of which several may hold, at most ${MOST_LABELS} are compared`;
  throw new DriftError('LABELS_TOO_MANY', message, {
    hint: `Name those that matter: --scores ${classes.slice(0, 3).join()},…`,
  });
}

/**
 * What a table holds, as it is compared: one with scores that does not say whether several of its labels may hold is
 * taken as the profile says.
 * @throws DriftError as `checkComparable`
 */
export function comparedSchema(profile: Profile, schema: EventTableSchema, path: string): EventTableSchema {
  checkComparable(profile, schema, path);
  const { thresholds } = profile;
  return thresholds === undefined || schema.classes.length === 0 ? schema : { ...schema, thresholds };
}

const MAX_LISTED = 10;

/**
 * What would make a comparison wrong. @param firstRow number of the batch's first row in its file
 * @throws DriftError `TARGET_NOT_A_CLASS`, `SCORES_OUT_OF_RANGE`, `SCORES_NOT_SOFTMAX`
 */
export function checkRows(
  path: string,
  { scores, targets }: EventBatch,
  { classes, thresholds }: EventTableSchema,
  firstRow: number,
): void {
  if (scores === null) return;
  const place = (row: number) => `${path} row ${(firstRow + row).toLocaleString('en')}`;
  const known = new Set<string | null>(classes).add(null);
  const row = classes.length === 0 || thresholds !== undefined ? -1 : targets.findIndex((target) => !known.has(target));
  if (row >= 0) throw notAClass(place(row), targets[row] as string, classes);
  if (thresholds === undefined) checkSums(scores, classes.length, place);
  // Values that are not finite are counted elsewhere.
  const at = scores.findIndex((score) => Number.isFinite(score) && !isProbability(score));
  if (at < 0) return;
  const score = `the score of ${classes[at % classes.length]} is ${Number(scores[at]?.toPrecision(6))}`;
  throw new DriftError(
    'SCORES_OUT_OF_RANGE',
    `${place(Math.floor(at / classes.length))}: ${score}; probabilities lie from 0 to 1`,
    {
      hint: 'Are these logits, or percent? Give probabilities, or leave out --scores to compare the embeddings alone.',
    },
  );
}

/** Scores of some classes of a softmax, rounded, may add up to this, and to less than 1. */
const MOST_TOGETHER = 1.1;

/** What is no softmax is asked about. @throws DriftError `SCORES_NOT_SOFTMAX` */
function checkSums(scores: Float32Array, classes: number, place: (row: number) => string): void {
  for (let begin = 0; begin < scores.length; begin += classes) {
    let [sum, most] = [0, 0];
    for (let i = begin; i < begin + classes; i++) {
      sum += scores[i]!;
      most = Math.max(most, scores[i]!);
    }
    // Logits are told as such.
    if (!(sum > MOST_TOGETHER) || !isProbability(most)) continue;
    const message = `${place(begin / classes)}: the scores of ${classes} classes add up to ${Number(sum.toPrecision(6))}, those of a softmax to 1`;
    throw new DriftError('SCORES_NOT_SOFTMAX', message, {
      hint: 'If several labels may hold at once: --multi-label. Or leave out --scores to compare the embeddings alone.',
    });
  }
}

function notAClass(where: string, target: string, classes: readonly string[]): DriftError {
  const meant = nearest(target, classes);
  const message = `${where}: target ${quoted(target)} is none of the ${classes.length.toLocaleString('en')} classes that the scores are of`;
  const all = `They are ${quotedNames(classes, MAX_LISTED)}.`;
  const hint = meant === null ? all : `Did you mean ${quoted(meant)}?`;
  return new DriftError('TARGET_NOT_A_CLASS', message, { hint });
}

const COLUMNS: Readonly<Record<keyof ImageRows, string>> = {
  bytes: 'image_sha256',
  looks: 'image_phash',
  grids: 'image_grid',
  dark: 'image_dark_score',
  bright: 'image_bright_score',
  blurred: 'image_blurred_score',
  width: 'image_width',
  height: 'image_height',
};

const IMAGE_ROW_COLUMNS: readonly string[] = Object.values(COLUMNS);
/** Those that a profile is fitted on. */
export const IMAGE_SIZE_COLUMNS: readonly string[] = [COLUMNS.width, COLUMNS.height];

/** Values of another type are not known. */
function imageRows(carried: ReadonlyMap<string, readonly CarriedValue[]>): ImageRows {
  const values = (name: keyof ImageRows) => carried.get(COLUMNS[name]) ?? null;
  return {
    bytes: values('bytes'),
    looks: values('looks')?.map(hexText) ?? null,
    grids: values('grids'),
    dark: numbers(values('dark')),
    bright: numbers(values('bright')),
    blurred: numbers(values('blurred')),
    width: numbers(values('width')),
    height: numbers(values('height')),
  };
}

/** Where all hashes of a csv file are digits, they were read as numbers. */
function hexText(value: CarriedValue): CarriedValue {
  return typeof value === 'number' || typeof value === 'bigint' ? String(value).padStart(16, '0') : value;
}

function numbers(values: readonly CarriedValue[] | null): Float64Array | null {
  if (values === null) return null;
  return Float64Array.from(values, (value) => (typeof value === 'number' ? value : Number.NaN));
}
