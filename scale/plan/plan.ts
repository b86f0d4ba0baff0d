/** A run's plan: what is computed, of which images, in which shards. Written once; its sha256 is the run's id. */
import { createHash } from 'node:crypto';
import * as z from 'zod';
import { issueWords, quoted } from '../../base/index.js';
import type { RunPlace } from '../place/run-place.js';
import { ScaleError } from '../scale-error.js';

export const PLAN = 'plan.json';
/** 100,000 shards of 100 bytes, and a thousand names of classes. */
const MAX_PLAN_BYTES = 2 ** 26;
/** Arrays of schedulers end far below. */
export const MAX_SHARDS = 100_000;
const FORMAT = 1;
const LISTING_NAME = /^listing\/[0-9a-f-]+\.parquet$/;

export const COUNT = z.number().int().min(0);
export const SHA256 = z.string().regex(/^[0-9a-f]{64}$/);
const COLOUR = z.tuple([COUNT.max(255), COUNT.max(255), COUNT.max(255)]);
const COLUMN = z.object({
  name: z.string(),
  type: z.enum(['string', 'integer', 'float', 'boolean', 'timestamp', 'other']),
});

/** As the options of `embedImages` of the same names. What was not given is not there. */
const SETTINGS = z
  .strictObject({
    images: z.string(),
    labels: z.string().nullable(),
    layout: z.enum(['nhwc', 'nchw']),
    pixels: z.literal('unit'),
    imageColumn: z.string(),
    imageUrl: z.string(),
    timestamp: z.number(),
    timestampFrom: z.string(),
    groupFrom: z.string(),
    statistics: z.boolean(),
    maxPixels: COUNT,
    orientation: z.enum(['ignore', 'apply']),
    allowTruncated: z.boolean(),
    depth: z.literal('pillow'),
    background: COLOUR,
  })
  .partial();
/** Their names, in the order in which a plan has them. */
export const PLAN_SETTINGS = SETTINGS.keyof().options;

/** As an event table names the array that its images are in. */
const ARRAY = z.object({
  file: z.string(),
  array: z.string(),
  layout: z.enum(['nhwc', 'nchw']),
  channels: z.literal(4).optional(),
  pixels: z.literal('unit').optional(),
  count: COUNT,
});

const PLAN_SCHEMA = z.object({
  format: z.literal(FORMAT),
  made_by: z.string(),
  source: z.object({
    inputs: z.array(z.string()),
    /** The working directory, which relative paths are meant from. */
    directory: z.string(),
    /** How messages name the source. */
    where: z.string(),
    labels: z.enum(['index', 'name']).nullable(),
    columns: z.array(COLUMN),
    /** Where the images are found again, as it was given. */
    origin: z
      .union([z.object({ folder: z.string() }), z.object({ inputs: z.array(z.string()) }), z.object({ array: ARRAY })])
      .nullable(),
  }),
  dataset: z.string(),
  weights: z.object({ path: z.string(), sha256: SHA256 }),
  pixels_sha256: SHA256,
  preprocessing: z.unknown(),
  taps: z.array(z.string()).length(1),
  engine: z.object({
    backend: z.string(),
    precision: z.enum(['float32', 'exact', 'reproducible']),
    /** sha256 of what the network gives for one image of made pixels: the same if a machine computes the same bits. */
    probe: SHA256,
    /** Where the probe was computed, for people. */
    machine: z.string(),
  }),
  settings: SETTINGS,
  /** Columns of the events beside embeddings and scores, in order. */
  columns: z.array(z.string()),
  order: z.enum(['keys as bytes', 'rows']),
  images: COUNT.min(1),
  bytes: COUNT,
  /** Files of the listing, with as many images each, the last one with fewer; null where `rows` has the images. */
  listing: z
    .object({
      rows: COUNT.min(1),
      files: z.array(z.object({ name: z.string().regex(LISTING_NAME), sha256: SHA256 })).min(1),
    })
    .nullable(),
  /** Files whose rows are the images (an array, or parquet). Full paths or URLs; null where there is a listing. */
  rows: z
    .object({ files: z.array(z.object({ file: z.string(), stamp: z.string().nullable(), rows: COUNT })).min(1) })
    .nullable(),
  /** Contiguous ranges of the listing, or of the rows. */
  shards: z
    .array(z.object({ first: COUNT, images: COUNT.min(1), bytes: COUNT }))
    .min(1)
    .max(MAX_SHARDS),
});

export type Plan = z.infer<typeof PLAN_SCHEMA>;
export type PlanSettings = z.infer<typeof SETTINGS>;
export type PlannedShard = Plan['shards'][number];

export interface KnownPlan {
  plan: Plan;
  run: string;
}

export function planText(plan: Plan): string {
  // A shard a line: a person finds one, and a change shows.
  const { shards, ...rest } = plan;
  const lines = shards.map((shard) => `  ${JSON.stringify(shard)}`).join(',\n');
  return `${JSON.stringify(rest, null, 1).slice(0, -2)},\n "shards": [\n${lines}\n ]\n}\n`;
}

export function runId(text: string | Uint8Array): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Name of a file of a shard: `00042`. */
export function shardName(shard: number): string {
  return String(shard).padStart(5, '0');
}

/** @throws ScaleError `PLAN_NOT_FOUND`, `PLAN_INVALID` */
export async function readPlan(place: RunPlace): Promise<KnownPlan> {
  const bytes = await place.read(PLAN, MAX_PLAN_BYTES);
  if (bytes === null) {
    const hint = 'Make one: image-drift plan SOURCE --weights W --shards N --out RUN.';
    throw new ScaleError('PLAN_NOT_FOUND', `${place.run}: there is no ${PLAN} in this run`, { hint });
  }
  const plan = parsePlan(Buffer.from(bytes).toString('utf8'), place.pathOf(PLAN));
  return { plan, run: runId(bytes) };
}

export function parsePlan(text: string, where: string): Plan {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ScaleError('PLAN_INVALID', `${where}: no JSON: ${(error as Error).message}`, { cause: error });
  }
  const parsed = PLAN_SCHEMA.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const place = quoted(issue?.path.join('.') ?? '');
    const hint = 'It was changed, or made by another version of image-drift. Make another plan, in another folder.';
    throw new ScaleError('PLAN_INVALID', `${where}: ${place}: ${issueWords(issue?.message)}`, { hint });
  }
  checkRanges(parsed.data, where);
  return parsed.data;
}

function checkRanges({ shards, images, listing, rows, order }: Plan, where: string): void {
  const invalid = (what: string) => new ScaleError('PLAN_INVALID', `${where}: ${what}`);
  let next = 0;
  for (const [shard, { first, images: count }] of shards.entries()) {
    if (first !== next) throw invalid(`shard ${shard} begins at image ${first}, the one before ends at ${next}`);
    next += count;
  }
  if (next !== images) throw invalid(`${images} images, ${next} in its shards`);
  if ((listing === null) === (rows === null)) {
    throw invalid('"listing", "rows": one of them has the images, the other is null');
  }
  if (order === 'rows' && rows === null) throw invalid('"order" is "rows", and "rows" is null');
  const files = listing === null ? 0 : Math.ceil(images / listing.rows);
  if (listing !== null && files !== listing.files.length) {
    throw invalid(`${listing.files.length} files of the listing, ${files} are needed`);
  }
  const there = rows === null ? images : rows.files.reduce((sum, file) => sum + file.rows, 0);
  if (there !== images) throw invalid(`${images} images, ${there} rows in its files`);
}
