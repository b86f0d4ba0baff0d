/**
 * The one pass over all event files before anything is sent: validates every row, finds duplicates, and notes what the
 * plan needs (rows, sha256, times). Memory does not grow with the rows.
 */
import { createHash } from 'node:crypto';
import {
  type EventBatch,
  type EventSource,
  eventFiles,
  eventId,
  type OpenEventsOptions,
  openAnywhere,
  openEvents,
  type RemoteFiles,
} from '../../../data/index.js';
import { addToHash } from '../../../files/index.js';
import type { Model } from '../../client/index.js';
import type { Problems } from '../problems.js';
import { INTERRUPTED, PublishError } from '../publish-error.js';
import { metadataColumns } from './columns.js';
import { DuplicateFinder } from './duplicates.js';
import type { PlannedFile, TimeRange } from './plan.js';
import { checkRows, checkTable, place, type RowChecks } from './validate.js';

/** Only the first of a kind is shown, the others are counted up to here. */
const DUPLICATES_COUNTED = 1_000;

export interface ScanOptions {
  /** Null where it is not known (a dry run without a server): then only what the events say of themselves is checked. */
  model: Model | null;
  /** Which columns of the tables are what. */
  reading: OpenEventsOptions;
  /** sha256 of the weights that the model was onboarded with; null where not known. */
  weightsSha256: string | null;
  checks: RowChecks;
  rowsPerChunk: (schema: EventSource['schema']) => number;
  signal?: AbortSignal | undefined;
  onRows?: ((rows: number) => void) | undefined;
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
    for (const path of paths) {
      const file = await scanFile(path, files.length, options, duplicates, problems, (rows) => {
        scanned += rows;
        options.onRows?.(scanned);
      });
      checkWeights(file, files[0] ?? file, options.weightsSha256, problems);
      files.push(file);
    }
    for (const { first, again } of await duplicates.find(DUPLICATES_COUNTED)) {
      const at = ({ file, row }: typeof first) => place(paths[file] as string, row);
      problems.add(
        'error',
        'PUBLISH_DUPLICATE_ID',
        () => `${at(again)}: has the same event_id as ${at(first)}`,
        'An event would be counted twice; was a file given twice, or the same images embedded into two files?',
      );
    }
    return files;
  } finally {
    await duplicates.close();
  }
}

async function scanFile(
  path: string,
  index: number,
  options: ScanOptions,
  duplicates: DuplicateFinder,
  problems: Problems,
  onRows: (rows: number) => void,
): Promise<PlannedFile> {
  const { sha256, bytes } = await hashFile(path, options.reading.remote);
  const { reading } = options;
  const events = await openEvents(path, reading);
  try {
    const { schema } = events;
    if (options.model !== null) checkTable(path, schema, options.model, problems);
    if (options.checks.timestamps && !schema.hasTimestamps) noTimestamps(path, problems);
    const checks = {
      ...options.checks,
      timestamps: options.checks.timestamps && schema.hasTimestamps,
      metadata: options.model === null ? [] : metadataColumns(options.model, schema).sent,
    };
    const ids = new EventIds(sha256, schema.weightsSha256);
    const ranges = new Ranges(options.rowsPerChunk(schema));
    let rows = 0;
    for await (const batch of events.batches()) {
      if (options.signal?.aborted) throw new PublishError(INTERRUPTED, 'stopped before anything was sent');
      checkRows(path, rows, schema, batch, checks, problems);
      for (let row = 0; row < batch.rows; row++) {
        await duplicates.add(ids.of(batch, row, rows + row), index, rows + row);
        ranges.add(rows + row, batch.timestamps[row] ?? null);
      }
      rows += batch.rows;
      onRows(batch.rows);
    }
    return { path, sha256, bytes, rows, schema, reading, ranges: ranges.all };
  } finally {
    await events.close();
  }
}

/** The id of a row: the file's own, or one of the file's content and the row's number where it has none. */
export class EventIds {
  readonly #fileSha256: string;
  readonly #weightsSha256: string | null;

  constructor(fileSha256: string, weightsSha256: string | null) {
    this.#fileSha256 = fileSha256;
    this.#weightsSha256 = weightsSha256;
  }

  of(batch: EventBatch, row: number, rowOfFile: number): string {
    return batch.eventIds[row] ?? eventId(this.#fileSha256, rowOfFile, this.#weightsSha256 ?? '');
  }
}

/** First and last time of every `size` rows. */
class Ranges {
  readonly all: (TimeRange | null)[] = [];

  readonly #size: number;

  constructor(size: number) {
    this.#size = size;
  }

  add(row: number, time: number | null): void {
    const at = Math.floor(row / this.#size);
    const range = this.all[at] ?? null;
    if (time === null) this.all[at] = range;
    else if (range === null) this.all[at] = { from: time, to: time };
    else this.all[at] = { from: Math.min(range.from, time), to: Math.max(range.to, time) };
  }
}

function noTimestamps(path: string, problems: Problems): void {
  problems.add(
    'error',
    'PUBLISH_NO_TIMESTAMPS',
    () => `${path}: no timestamps`,
    'Give the events their times (embed --timestamp), or spread them over days (--timestamps spread).',
  );
}

function checkWeights(file: PlannedFile, first: PlannedFile, onboarded: string | null, problems: Problems): void {
  const own = file.schema.weightsSha256;
  if (own === null) return;
  const firsts = first.schema.weightsSha256;
  if (onboarded !== null && own !== onboarded) {
    const says = () =>
      `${file.path}: embedded with weights ${short(own)}, the model was onboarded with ${short(onboarded)}`;
    problems.add('error', 'PUBLISH_OTHER_WEIGHTS', says, 'Embeddings of two networks cannot be compared.');
  } else if (firsts !== null && own !== firsts) {
    const says = () => `${file.path}: embedded with weights ${short(own)}, ${first.path} with ${short(firsts)}`;
    problems.add('error', 'PUBLISH_OTHER_WEIGHTS', says, 'Embeddings of two networks cannot be compared.');
  }
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
