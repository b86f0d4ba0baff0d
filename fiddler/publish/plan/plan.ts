/**
 * The plan: which rows go in which request. A chunk is one uploaded file, or one request of a stream; it never holds
 * rows of two event files nor, where times are spread, of two days. A baseline is one chunk: Fiddler takes a dataset in
 * one file, and adds nothing to it. Files and options alone decide, so that a resumed run cuts the same chunks; the
 * journal has the plan's hash.
 * Production begins with a chunk of one event. Its job shows other runs that this one is publishing, and shows this run
 * whether another began first. Two runs that begin at the same moment store that event twice, and no other.
 */
import { createHash } from 'node:crypto';
import type { ColumnChoice, EventTableSchema, OpenEventsOptions } from '../../../data/index.js';
import type { PublishEnvironment, PublishMode, SettledTimestamps } from '../options/index.js';
import { PublishError } from '../publish-error.js';
import { rowBytes, type SentColumns } from './columns.js';
import { checkDayFits, dayStamp } from './timestamps.js';

/** Fiddler's limit for one request (OAS, its Python client's `configs.py`). */
const STREAM_ROWS = 1_000;

/** A file of this many rows is made and uploaded in seconds, and is what one lost answer costs to look up. */
const DEFAULT_ROWS_PER_FILE = 20_000;
/** Far below the 100 MiB from which uploads go in parts, and what two requests at once hold in memory. */
export const MAX_FILE_BYTES = 32 * 2 ** 20;

/** Fiddler's own client refuses more, and so do we, before the upload begins. */
const MAX_BASELINE_BYTES = 500 * 2 ** 20;

export interface PlannedFile {
  path: string;
  sha256: string;
  bytes: number;
  rows: number;
  schema: EventTableSchema;
  /** How the table was opened: it is read again in the same way. */
  reading: OpenEventsOptions;
  /** Times of each `rowsPerChunk` rows, null where the rows have none. */
  ranges: readonly (TimeRange | null)[];
}

/** Both ends are times of events, ms since 1970. */
export interface TimeRange {
  from: number;
  to: number;
}

export interface Chunk {
  index: number;
  /** Number of its file; of a baseline, of its first file: it holds all of them. */
  file: number;
  /** Where times are spread: the day, whose rows `rowsOfDay` draws. */
  day: number | null;
  /** First row within the file, or within the day's rows. */
  firstRow: number;
  rows: number;
  /** Null for events without a time. */
  times: TimeRange | null;
}

export interface PublishPlan {
  files: readonly PlannedFile[];
  chunks: readonly Chunk[];
  timestamps: SettledTimestamps;
  mode: PublishMode;
  /** One chunk, of all files. */
  isBaseline: boolean;
  /** The first chunk is one event, sent as a file in every mode: only a file has a job. */
  hasOpening: boolean;
  columns: SentColumns;
  rows: number;
  hash: string;
}

export function rowsPerChunk(mode: PublishMode, schema: EventTableSchema, rowsPerFile = DEFAULT_ROWS_PER_FILE): number {
  if (mode === 'stream') return Math.min(STREAM_ROWS, rowsPerFile);
  return Math.max(1, Math.min(rowsPerFile, Math.floor(MAX_FILE_BYTES / rowBytes(schema))));
}

export function makePlan(
  files: readonly PlannedFile[],
  options: {
    timestamps: SettledTimestamps;
    mode: PublishMode;
    environment: PublishEnvironment;
    columns: SentColumns;
    rowsPerFile?: number | undefined;
    /** Whether production begins with a chunk of one event; default true. */
    opening?: boolean | undefined;
    choice?: ColumnChoice | undefined;
  },
): PublishPlan {
  const { timestamps, mode, columns, opening = true } = options;
  const isBaseline = options.environment.type === 'PRE_PRODUCTION';
  const cut: Chunk[] = isBaseline ? [wholeBaseline(files)] : [];
  for (const [index, file] of isBaseline ? [] : files.entries()) {
    const most = rowsPerChunk(mode, file.schema, options.rowsPerFile);
    for (const run of runsOf(file, index, files.length, timestamps)) {
      for (let firstRow = 0; firstRow < run.rows; firstRow += most) {
        cut.push({
          index: cut.length,
          file: index,
          day: run.day,
          firstRow,
          rows: Math.min(most, run.rows - firstRow),
          times: run.stamp === null ? (file.ranges[firstRow / most] ?? null) : { from: run.stamp, to: run.stamp },
        });
      }
    }
  }
  const hasOpening = opening && !isBaseline;
  const chunks = hasOpening ? withOpening(cut) : cut;
  const { environment, choice = {} } = options;
  // The column only where it is given: journals of plans without it know no such member.
  const reading = choice.embeddingColumn === undefined ? {} : { embeddingColumn: choice.embeddingColumn };
  const shas = files.map(({ sha256 }) => sha256);
  const facts = { files: shas, timestamps, mode, environment, columns, chunks, ...reading };
  const hash = createHash('sha256').update(JSON.stringify(facts)).digest('hex');
  const rows = chunks.reduce((sum, chunk) => sum + chunk.rows, 0);
  return { files, chunks, timestamps, mode, isBaseline, hasOpening, columns, rows, hash };
}

/** The first event in a chunk of its own. */
function withOpening([first, ...others]: readonly Chunk[]): Chunk[] {
  if (first === undefined) return [];
  const parts = [{ ...first, rows: 1 }];
  if (first.rows > 1) parts.push({ ...first, firstRow: first.firstRow + 1, rows: first.rows - 1 });
  return [...parts, ...others].map((chunk, index) => ({ ...chunk, index }));
}

/** Whether the chunk's events go into an uploaded file; the others go into the request itself. */
export function goesAsFile({ mode, hasOpening }: Pick<PublishPlan, 'mode' | 'hasOpening'>, chunk: Chunk): boolean {
  return mode === 'files' || (hasOpening && chunk.index === 0);
}

/** @throws PublishError `PUBLISH_BASELINE_TOO_LARGE` */
function wholeBaseline(files: readonly PlannedFile[]): Chunk {
  const rows = files.reduce((sum, file) => sum + file.rows, 0);
  const bytes = files.reduce((sum, file) => sum + file.rows * rowBytes(file.schema), 0);
  if (bytes <= MAX_BASELINE_BYTES) return { index: 0, file: 0, day: null, firstRow: 0, rows, times: null };
  const most = Math.floor((rows * MAX_BASELINE_BYTES) / bytes);
  const message = `a baseline of ${rows.toLocaleString('en')} events is about ${Math.ceil(bytes / 2 ** 20).toLocaleString('en')} MiB, one file has at most 500`;
  const hint = `Fiddler takes a baseline in one file. Publish a random sample of about ${most.toLocaleString('en')} events.`;
  throw new PublishError('PUBLISH_BASELINE_TOO_LARGE', message, { hint });
}

/** Rows that are cut into chunks together: a day's, or a whole file's. */
function runsOf(
  file: PlannedFile,
  index: number,
  files: number,
  timestamps: SettledTimestamps,
): { day: number | null; rows: number; stamp: number | null }[] {
  if (timestamps.from === 'column') return [{ day: null, rows: file.rows, stamp: null }];
  checkDayFits(timestamps, file);
  return Array.from({ length: timestamps.days }, (_, day) => {
    return { day, rows: timestamps.rowsPerDay, stamp: dayStamp(timestamps, files, index, day) };
  });
}

/** From the first to the last time of all of them; null for events without times. */
export function rangeOf(chunks: readonly Chunk[]): TimeRange | null {
  let range: TimeRange | null = null;
  for (const { times } of chunks) {
    if (times === null) continue;
    range = range === null ? times : { from: Math.min(range.from, times.from), to: Math.max(range.to, times.to) };
  }
  return range;
}

/** The chunks in order, some together. @param most rows of a group */
export function* groupsOf(chunks: readonly Chunk[], most: number): Generator<Chunk[]> {
  let together: Chunk[] = [];
  let rows = 0;
  for (const chunk of chunks) {
    if (together.length > 0 && rows + chunk.rows > most) {
      yield together;
      together = [];
      rows = 0;
    }
    together.push(chunk);
    rows += chunk.rows;
  }
  if (together.length > 0) yield together;
}
