/** The one pass over all event files before sending: validates rows, finds duplicates, notes what the plan needs. */

import { createHash } from 'node:crypto';
import {
  type EventBatch,
  type EventTableSchema,
  eventFiles,
  eventId,
  type OpenEventsOptions,
  openAnywhere,
  openEvents,
  type RemoteFiles,
} from '../../../data/index.js';
import { addToHash } from '../../../files/index.js';
import type { Model } from '../../client/index.js';
import type { Problems } from '../progress.js';
import { INTERRUPTED, PublishError } from '../publish-error.js';
import { metadataColumns } from './columns.js';
import { DuplicateFinder } from './duplicates.js';
import type { PlannedFile, TimeRange } from './plan.js';
import { checkRows, checkTable, place, type RowChecks } from './validate.js';

/** Only the first of a kind is shown, the others are counted up to here. */
const DUPLICATES_COUNTED = 1_000;

export interface ScanOptions {
  /** Null if unknown (a dry run without a server): then only what the events say of themselves is checked. */
  model: Model | null;
  reading: OpenEventsOptions;
  /** sha256 of the weights that the model was onboarded with; null where not known. */
  weightsSha256: string | null;
  checks: RowChecks;
  rowsPerChunk: (schema: EventTableSchema) => number;
  signal?: AbortSignal | undefined;
  onRows?: ((rows: number) => void) | undefined;
}

interface Scan {
  duplicates: DuplicateFinder;
  problems: Problems;
  onRows(rows: number): void;
}

export async function scanEvents(
  paths: readonly string[],
  options: ScanOptions,
  problems: Problems,
): Promise<PlannedFile[]> {
  const duplicates = new DuplicateFinder();
  try {
    const files: PlannedFile[] = [];
    let scanned = 0;
    const onRows = (rows: number) => {
      scanned += rows;
      options.onRows?.(scanned);
    };
    for (const path of paths) {
      const file = await scanFile(path, files.length, options, { duplicates, problems, onRows });
      checkWeights(file, files[0] ?? file, options.weightsSha256, problems);
      files.push(file);
    }
    for (const { first, again } of await duplicates.find(DUPLICATES_COUNTED)) {
      const at = ({ file, row }: typeof first) => place(paths[file] as string, row);
      const hint =
        'An event would be counted twice; was a file given twice, or the same images embedded into two files?';
      problems.add('error', 'PUBLISH_DUPLICATE_ID', () => `${at(again)}: has the same event_id as ${at(first)}`, hint);
    }
    return files;
  } finally {
    await duplicates.close();
  }
}

async function scanFile(
  path: string,
  index: number,
  { model, reading, checks, rowsPerChunk, signal }: ScanOptions,
  { duplicates, problems, onRows }: Scan,
): Promise<PlannedFile> {
  const { sha256, bytes } = await hashFile(path, reading.remote);
  const events = await openEvents(path, reading);
  try {
    const { schema } = events;
    const timestamps = checks.timestamps && schema.hasTimestamps;
    const metadata = model === null ? [] : metadataColumns(model, schema).sent;
    const table = { ...checks, path, schema, problems, timestamps, metadata };
    if (model !== null) checkTable(table, model);
    if (checks.timestamps && !timestamps) noTimestamps(path, problems);
    const chunkRows = rowsPerChunk(schema);
    const ranges: (TimeRange | null)[] = [];
    const file = { path, sha256, bytes, rows: 0, schema, reading, ranges };
    for await (const batch of events.batches()) {
      if (signal?.aborted) throw new PublishError(INTERRUPTED, 'stopped before anything was sent');
      checkRows(table, file.rows, batch);
      for (let row = 0; row < batch.rows; row++) {
        const at = file.rows + row;
        await duplicates.add(idOf(file, batch, row, at), index, at);
        const chunk = Math.floor(at / chunkRows);
        ranges[chunk] = widened(ranges[chunk] ?? null, batch.timestamps[row] ?? null);
      }
      file.rows += batch.rows;
      onRows(batch.rows);
    }
    return file;
  } finally {
    await events.close();
  }
}

/** The id of a row: the file's own, or one of the file's content and the row's number where it has none. */
export function idOf(file: Pick<PlannedFile, 'sha256' | 'schema'>, batch: EventBatch, row: number, rowOfFile: number) {
  return batch.eventIds[row] ?? eventId(file.sha256, rowOfFile, file.schema.weightsSha256 ?? '');
}

function widened(range: TimeRange | null, time: number | null): TimeRange | null {
  if (time === null) return range;
  return range === null ? { from: time, to: time } : { from: Math.min(range.from, time), to: Math.max(range.to, time) };
}

function noTimestamps(path: string, problems: Problems): void {
  const hint = 'Give the events their times (embed --timestamp), or spread them over days (--timestamps spread).';
  problems.add('error', 'PUBLISH_NO_TIMESTAMPS', () => `${path}: no timestamps`, hint);
}

function checkWeights(file: PlannedFile, first: PlannedFile, onboarded: string | null, problems: Problems): void {
  const own = file.schema.weightsSha256;
  const firsts = first.schema.weightsSha256;
  const refuse = (other: string) => {
    const says = () => `${file.path}: embedded with weights ${short(own as string)}, ${other}`;
    problems.add('error', 'PUBLISH_OTHER_WEIGHTS', says, 'Embeddings of two networks cannot be compared.');
  };
  if (own === null) return;
  if (onboarded !== null && own !== onboarded) refuse(`the model was onboarded with ${short(onboarded)}`);
  else if (firsts !== null && own !== firsts) refuse(`${first.path} with ${short(firsts)}`);
}

function short(sha256: string): string {
  return `${sha256.slice(0, 12)}…`;
}

/** All of its bytes, those of a folder's tables one after the other. */
async function hashFile(path: string, remote: RemoteFiles | undefined): Promise<{ sha256: string; bytes: number }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for (const name of await eventFiles(path, remote)) {
    const file = await openAnywhere(name, remote);
    try {
      await addToHash(hash, file);
      bytes += file.size;
    } finally {
      await file.close();
    }
  }
  return { sha256: hash.digest('hex'), bytes };
}
