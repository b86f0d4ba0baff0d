/** What says that a shard is done: written when its part is in place. And what says why a task failed. */

import { createHash } from 'node:crypto';
import * as z from 'zod';
import { addToHash, type RandomAccess, RandomAccessFile } from '../../files/index.js';
import type { RunPlace } from '../place/run-place.js';
import { COUNT, SHA256, shardName } from '../plan/plan.js';
import { ScaleError } from '../scale-error.js';

/** A marker has some hundred bytes; an error may tell of a hundred columns. */
const MAX_MARKER_BYTES = 2 ** 20;
const FORMAT = 1;
const FILE = z.object({ bytes: COUNT, sha256: SHA256 });

const MARKER = z.object({
  format: z.literal(FORMAT),
  run: SHA256,
  shard: COUNT,
  /** Images that the shard has: rows and rejected ones. */
  images: COUNT,
  rows: COUNT,
  rejected: COUNT,
  part: FILE.nullable(),
  list: FILE,
  labelled: COUNT,
  correct: COUNT,
  host: z.string(),
  finished: z.iso.datetime(),
  seconds: z.number(),
  /** The most memory that the task's process has had. */
  memory_bytes: COUNT,
  versions: z.object({ image_drift: z.string(), node: z.string() }),
  engine: z.object({
    backend: z.string(),
    device: z.string().nullable(),
    threads: COUNT,
    precision: z.string(),
    /** As in the plan, unless the task was allowed to compute other bits. */
    probe: SHA256,
  }),
});

export type Marker = z.infer<typeof MARKER>;

const FAILURE = z.object({
  run: SHA256,
  shard: COUNT,
  code: z.string(),
  message: z.string(),
  exit_code: z.number(),
  host: z.string(),
  at: z.string(),
});

export type Failure = z.infer<typeof FAILURE>;

export const MARKERS = 'done';
export const PARTS = 'parts';
export const REJECTED = 'rejected';
export const FAILURES = 'failed';

export const markerFile = (shard: number) => `${MARKERS}/${shardName(shard)}.json`;
export const partFile = (shard: number) => `${PARTS}/${shardName(shard)}.parquet`;
export const rejectedFile = (shard: number) => `${REJECTED}/${shardName(shard)}.jsonl`;
export const failureFile = (shard: number) => `${FAILURES}/${shardName(shard)}.json`;

export function markerText(marker: Omit<Marker, 'format'>): string {
  return `${JSON.stringify({ format: FORMAT, ...marker }, null, 1)}\n`;
}

/** Null where it is not done. @param run id that it must have @throws `MARKER_INVALID`, `SHARD_OF_OTHER_RUN` */
export async function readMarker(place: RunPlace, shard: number, run: string): Promise<Marker | null> {
  const where = place.pathOf(markerFile(shard));
  const bytes = await place.read(markerFile(shard), MAX_MARKER_BYTES);
  if (bytes === null) return null;
  const marker = parsed(MARKER, bytes);
  if (marker === null || marker.shard !== shard) {
    const hint = 'Delete it: the shard is then computed again, or taken as it is where its part is right.';
    throw new ScaleError('MARKER_INVALID', `${where}: is no marker of shard ${shard}`, { hint });
  }
  if (marker.run === run) return marker;
  const message = `${where}: is of run ${marker.run.slice(0, 12)}, the plan is that of run ${run.slice(0, 12)}`;
  const hint = 'The plan was changed or replaced after this shard was computed. Give each plan a folder of its own.';
  throw new ScaleError('SHARD_OF_OTHER_RUN', message, { hint });
}

/** Null where no task has failed, or it cannot be read: it is for people. */
export async function readFailure(place: RunPlace, shard: number): Promise<Failure | null> {
  const bytes = await place.read(failureFile(shard), MAX_MARKER_BYTES).catch(() => null);
  return bytes && parsed(FAILURE, bytes);
}

function parsed<T>(schema: z.ZodType<T>, bytes: Uint8Array): T | null {
  try {
    return schema.safeParse(JSON.parse(Buffer.from(bytes).toString('utf8'))).data ?? null;
  } catch {
    return null;
  }
}

// Puts a shard in place: the list of rejected images, the part, and last the marker, which says that it is done. A file
// that another task has put there stays. It must be the same, byte for byte.

export type ShardFacts = Omit<Marker, 'format' | 'part' | 'list'>;

/** @param mayDiffer others may have computed other bits: theirs are then taken @throws ScaleError `SHARD_DIFFERS` */
export async function commitShard(
  place: RunPlace,
  made: { part: string | null; list: string },
  facts: ShardFacts,
  mayDiffer: boolean,
): Promise<void> {
  const { shard } = facts;
  const put = (name: string, path: string) => putFile(place, name, path, mayDiffer);
  const list = await put(rejectedFile(shard), made.list);
  const part = made.part === null ? null : await put(partFile(shard), made.part);
  await place.createText(markerFile(shard), markerText({ ...facts, part, list }));
  await place.remove(failureFile(shard));
}

async function putFile(place: RunPlace, name: string, path: string, mayDiffer: boolean): Promise<FileSum> {
  const own = await sumOf(await RandomAccessFile.open(path));
  if (await place.create(name, path)) return own;
  const other = await sumOf(await place.open(name));
  if (other.sha256 === own.sha256 || mayDiffer) return other;
  throw new ScaleError(
    'SHARD_DIFFERS',
    `${place.pathOf(name)}: is there already with ${other.bytes} bytes, sha256 ${other.sha256.slice(0, 12)}; ` +
      `this task made ${own.bytes} bytes, sha256 ${own.sha256.slice(0, 12)}`,
    { hint: 'It is damaged, or of another run or machine. Delete it, and run the shard again.' },
  );
}

export interface FileSum {
  bytes: number;
  sha256: string;
}

/** @param file is closed */
export async function sumOf(file: RandomAccess): Promise<FileSum> {
  try {
    return { bytes: file.size, sha256: (await addToHash(createHash('sha256'), file)).digest('hex') };
  } finally {
    await file.close();
  }
}
