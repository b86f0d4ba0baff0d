/** The rows of a plan's chunks, read chunk by chunk: one pass over a file, or one a day where times are spread. */

import { type CarriedValue, type EventBatch, type EventTableSchema, openEvents } from '../../../data/index.js';
import type { SettledTimestamps } from '../options/index.js';
import type { Chunk, PlannedFile, PublishPlan } from '../plan/plan.js';
import { idOf } from '../plan/scan.js';
import { copyId, rowsOfDay } from '../plan/timestamps.js';
import { PublishError } from '../publish-error.js';

export interface ChunkRows {
  chunk: Chunk;
  batch: EventBatch;
}

/**
 * The wanted chunks in the plan's order, with their events as sent (ids and times as planned). Several workers may
 * share the generator. Holds one chunk; files are closed when it ends or is left.
 * @throws PublishError `PUBLISH_FILE_CHANGED` when a file no longer has the rows that were planned
 */
export async function* readChunks(
  plan: PublishPlan,
  wanted: (chunk: Chunk) => boolean,
): AsyncGenerator<ChunkRows, void, undefined> {
  const { timestamps } = plan;
  const [first] = plan.chunks;
  if (plan.isBaseline) {
    if (first !== undefined && wanted(first)) yield { chunk: first, batch: await wholeBaseline(plan, first) };
    return;
  }
  for (const [index, file] of plan.files.entries()) {
    const chunks = plan.chunks.filter((chunk) => chunk.file === index && wanted(chunk));
    for (const day of new Set(chunks.map((chunk) => chunk.day))) {
      const ofDay = chunks.filter((chunk) => chunk.day === day);
      const drawn = timestamps.from === 'spread' && day !== null ? rowsOfDay(timestamps, file.rows, index, day) : null;
      yield* readRun(file, ofDay, drawn, timestamps);
    }
  }
}

/** All rows of all files: Fiddler takes a baseline in one. Its rows are held at once, which its largest size bounds. */
async function wholeBaseline(plan: PublishPlan, chunk: Chunk): Promise<EventBatch> {
  const { schema } = plan.files[0] as PlannedFile;
  const collected = new RowCollector(schema, chunk.rows);
  for (const file of plan.files) {
    const events = await openEvents(file.path, file.reading);
    try {
      let firstRow = 0;
      for await (const batch of events.batches()) {
        for (let row = 0; row < batch.rows; row++) {
          if (collected.rows === chunk.rows) throw fileChanged(file, 'has more rows than');
          const eventId = idOf(file, batch, row, firstRow + row);
          collected.add(batch, row, { eventId, timestamp: batch.timestamps[row] ?? null });
        }
        firstRow += batch.rows;
      }
    } finally {
      await events.close();
    }
  }
  if (collected.rows < chunk.rows) throw fileChanged(plan.files.at(-1) as PlannedFile, 'ended early, it had');
  return collected.batch();
}

function fileChanged({ path, rows }: PlannedFile, what: string): PublishError {
  return new PublishError('PUBLISH_FILE_CHANGED', `${path}: ${what} ${rows} rows a moment ago`);
}

/** @param rows which row of the file is which of the run, ascending; null: all of them */
async function* readRun(
  file: PlannedFile,
  chunks: readonly Chunk[],
  rows: Uint32Array | null,
  timestamps: SettledTimestamps,
): AsyncGenerator<ChunkRows, void, undefined> {
  const rowAt = (position: number) => (rows === null ? position : (rows[position] as number));
  const events = await openEvents(file.path, file.reading);
  try {
    let next = 0;
    let chunk = chunks[next];
    let collected = chunk && new RowCollector(file.schema, chunk.rows);
    let firstRow = 0;
    for await (const batch of events.batches()) {
      while (chunk !== undefined && collected !== undefined) {
        const row = rowAt(chunk.firstRow + collected.rows) - firstRow;
        if (row >= batch.rows) break;
        const own = idOf(file, batch, row, firstRow + row);
        const timestamp = timestamps.from === 'spread' ? (chunk.times?.from ?? null) : (batch.timestamps[row] ?? null);
        const eventId = timestamps.from === 'spread' ? copyId(own, timestamp as number) : own;
        collected.add(batch, row, { eventId, timestamp });
        if (collected.rows < chunk.rows) continue;
        yield { chunk, batch: collected.batch() };
        chunk = chunks[++next];
        collected = chunk && new RowCollector(file.schema, chunk.rows);
      }
      if (chunk === undefined) return;
      firstRow += batch.rows;
    }
    throw fileChanged(file, 'ended early, it had');
  } finally {
    await events.close();
  }
}

type Collected = Pick<EventTableSchema, 'dimensions' | 'classes' | 'statistics' | 'carried'>;

/** Gathers chosen rows of a table's batches into one batch, the rows of a chunk. */
class RowCollector {
  readonly #embeddings: Float32Array;
  readonly #scores: Float32Array | null;
  readonly #targets: (string | null)[] = [];
  readonly #imageUrls: (string | null)[] = [];
  readonly #timestamps: (number | null)[] = [];
  readonly #eventIds: string[] = [];
  readonly #statistics: Map<string, Float32Array>;
  readonly #carried: Map<string, CarriedValue[]>;
  rows = 0;
  readonly #schema: Collected;

  constructor(schema: Collected, capacity: number) {
    this.#schema = schema;
    this.#embeddings = new Float32Array(capacity * schema.dimensions);
    this.#scores = schema.classes.length > 0 ? new Float32Array(capacity * schema.classes.length) : null;
    this.#statistics = new Map(schema.statistics.map((name) => [name, new Float32Array(capacity)]));
    this.#carried = new Map((schema.carried ?? []).map(({ name }) => [name, []]));
  }

  add(batch: EventBatch, row: number, identity: { eventId: string; timestamp: number | null }): void {
    const { dimensions, classes } = this.#schema;
    this.#embeddings.set(batch.embeddings.subarray(row * dimensions, (row + 1) * dimensions), this.rows * dimensions);
    if (this.#scores !== null && batch.scores !== null) {
      const width = classes.length;
      this.#scores.set(batch.scores.subarray(row * width, (row + 1) * width), this.rows * width);
    }
    this.#targets.push(batch.targets[row] ?? null);
    this.#imageUrls.push(batch.imageUrls[row] ?? null);
    this.#timestamps.push(identity.timestamp);
    this.#eventIds.push(identity.eventId);
    for (const [name, values] of this.#statistics) values[this.rows] = batch.statistics.get(name)?.[row] ?? Number.NaN;
    for (const [name, values] of this.#carried) values.push(batch.carried?.get(name)?.[row] ?? null);
    this.rows++;
  }

  /** What was gathered; nothing may be added afterwards. */
  batch(): EventBatch {
    const { dimensions, classes } = this.#schema;
    return {
      rows: this.rows,
      embeddings: this.#embeddings.subarray(0, this.rows * dimensions),
      scores: this.#scores?.subarray(0, this.rows * classes.length) ?? null,
      targets: this.#targets,
      imageUrls: this.#imageUrls,
      timestamps: this.#timestamps,
      eventIds: this.#eventIds,
      statistics: new Map([...this.#statistics].map(([name, values]) => [name, values.subarray(0, this.rows)])),
      extraTaps: new Map(),
      carried: this.#carried,
    };
  }
}

export function rowsWithIds(schema: Collected, batch: EventBatch, wanted: ReadonlySet<string>): EventBatch {
  const rows = new RowCollector(schema, wanted.size);
  for (let row = 0; row < batch.rows; row++) {
    const eventId = batch.eventIds[row] as string;
    if (wanted.has(eventId)) rows.add(batch, row, { eventId, timestamp: batch.timestamps[row] ?? null });
  }
  return rows.batch();
}
