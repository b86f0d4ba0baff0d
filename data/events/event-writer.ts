/** Checks what goes into an event table, once for all formats; `write-events-*.ts` lay it out. */
import { anything, checkedOptions } from '../../base/index.js';
import { closedOnError, DataError } from '../data-error.js';
import type { EventBatch, EventTableSchema } from '../event.js';
import { NotATime, toMilliseconds } from '../rows/timestamp.js';
import { checkCarriedColumns, checkCarriedValues } from './carried-output.js';
import { checkEventSchema, type EventSink, type EventWriterOptions, TIMESTAMP } from './event-columns.js';
import { eventFormat } from './event-format.js';

/** Loaded when first written: the libraries below them are of no use to those who only read, or write another. */
const SINKS = {
  parquet: async () => (await import('./write-events-parquet.js')).createParquetEvents,
  jsonl: async () => (await import('./write-events-text.js')).createJsonlEvents,
  csv: async () => (await import('./write-events-text.js')).createCsvEvents,
  npz: async () => (await import('./write-events-npz.js')).createNpzEvents,
};

/**
 * An event table that is being written. The file appears with `commit`.
 *
 * @example
 * ```ts
 * import { type EventWriter, openEvents, openEventWriter } from 'image-drift';
 *
 * // Copies a table to another format.
 * const events = await openEvents('week_1.parquet');
 * const writer: EventWriter = await openEventWriter('copy.csv', events.schema);
 * for await (const batch of events.batches()) await writer.write(batch);
 * await writer.commit();
 * await events.close();
 * console.log(writer.rows);
 * ```
 */
export class EventWriter {
  /** Rows written so far. */
  rows = 0;

  /** Path of the file. */
  readonly path: string;
  readonly #schema: EventTableSchema;
  readonly #sink: EventSink;
  #isFinished = false;

  constructor(path: string, schema: EventTableSchema, sink: EventSink) {
    this.path = path;
    this.#schema = schema;
    this.#sink = sink;
  }

  /**
   * Appends the batch, which is not kept. After an error nothing is left of the file.
   * @throws DataError `EVENTS_NOT_FINITE`, `EVENTS_TIMESTAMP`, `EVENTS_CARRIED_VALUE`, `EVENTS_BATCH_SHAPE`; FileError
   * `DISK_FULL`, …
   */
  async write(batch: EventBatch): Promise<void> {
    await this.#orDiscard(async () => {
      checkShapes(this.path, this.#schema, batch);
      checkFinite(this.path, this.#schema, batch, this.rows);
      if (this.#schema.hasTimestamps) checkTimestamps(this.path, batch, this.rows);
      checkCarriedValues(this.path, this.#schema, batch, this.rows);
      await this.#sink.write(batch);
    });
    this.rows += batch.rows;
  }

  /**
   * Puts all rows on the disk, still without the file's name: whoever writes two files finishes both before committing.
   * @throws DataError `EVENTS_EMPTY` when no row was written; FileError `DISK_FULL`
   */
  async finish(): Promise<void> {
    if (this.#isFinished) return;
    await this.#orDiscard(async () => {
      if (this.rows === 0) throw new DataError('EVENTS_EMPTY', `${this.path}: no events to write`);
      await this.#sink.finish();
    });
    this.#isFinished = true;
  }

  /** Gives the file its name. @throws as `finish` */
  async commit(): Promise<void> {
    await this.finish();
    await this.#orDiscard(() => this.#sink.commit());
  }

  /** Leaves nothing behind; harmless after `commit`. */
  async discard(): Promise<void> {
    await this.#sink.discard();
  }

  #orDiscard(work: () => Promise<void>): Promise<void> {
    return closedOnError({ close: () => this.discard() }, work);
  }
}

/**
 * Opens an event table for writing. The extension names the format. Nothing is at `path` before `commit`, and memory
 * does not grow with the number of rows.
 *
 * Columns, in this order: `embeddings` (list of float32), one float32 column for each class, then `target`,
 * `image_url`, `timestamp` (whole milliseconds since 1970, UTC) and `event_id` as far as the schema has them, and one
 * float32 column `image_stat_…` for each statistic, null where it is NaN; at last the carried columns. Only npz holds
 * further layers. csv and jsonl, which have no other place for it, say in a column `image_drift` of their first row
 * which columns are scores.
 *
 * @param path `.parquet`, `.jsonl` (or `.ndjson`), `.csv` or `.npz`
 * @param schema which columns there are
 * @param options size of parquet's row groups
 * @returns a writer: `write` batches, then `commit`
 * @throws DataError `EVENTS_FORMAT_UNKNOWN`, `EVENTS_CLASS_NAME`, `EVENTS_STATISTIC_NAME`, `EVENTS_DIMENSIONS`,
 *   `EVENTS_TAPS_NEED_NPZ`, `EVENTS_CARRIED` (a carried column of lists, structs or bytes, or named like another)
 * @throws FileError if the folder is missing or not writable
 *
 * @example
 * ```ts
 * import { openEventWriter } from 'image-drift';
 *
 * const writer = await openEventWriter('written.jsonl', {
 *   dimensions: 2,
 *   classes: [],
 *   tap: null,
 *   weightsSha256: null,
 *   hasTargets: false,
 *   hasImageUrls: false,
 *   hasTimestamps: true,
 *   hasEventIds: false,
 *   statistics: [],
 *   images: null,
 *   extraTaps: new Map(),
 * });
 * await writer.write({
 *   rows: 1,
 *   embeddings: Float32Array.of(0.25, 0.5),
 *   scores: null,
 *   targets: [null],
 *   imageUrls: [null],
 *   timestamps: [Date.UTC(2026, 10, 23)],
 *   eventIds: [null],
 *   statistics: new Map(),
 *   extraTaps: new Map(),
 * });
 * await writer.commit(); // {"embeddings":[0.25,0.5],"timestamp":1795392000000,"image_drift":"…"}
 * ```
 */
export async function openEventWriter(
  path: string,
  schema: EventTableSchema,
  options: EventWriterOptions = {},
): Promise<EventWriter> {
  options = checkedOptions('openEventWriter', options, { rowGroupRows: anything<number>() });
  const format = eventFormat(path);
  checkEventSchema(schema);
  if (schema.extraTaps.size > 0 && format !== 'npz') {
    throw new DataError(
      'EVENTS_TAPS_NEED_NPZ',
      `${path}: ${format} holds the embeddings of one layer, ${schema.extraTaps.size + 1} are asked for`,
      { hint: 'Write an .npz, which holds an array for every layer.' },
    );
  }
  checkCarriedColumns(path, schema);
  const create = await SINKS[format]();
  return new EventWriter(path, schema, await create(path, schema, options));
}

function checkShapes(path: string, schema: EventTableSchema, batch: EventBatch): void {
  const { rows } = batch;
  const lengths: [name: string, values: { length: number } | null | undefined, wanted: number][] = [
    ['embeddings', batch.embeddings, rows * schema.dimensions],
    ['scores', batch.scores, rows * schema.classes.length],
    ['targets', batch.targets, rows],
    ['image URLs', batch.imageUrls, rows],
    ['timestamps', batch.timestamps, rows],
    ['event ids', batch.eventIds, rows],
  ];
  for (const name of schema.statistics) lengths.push([`values of ${name}`, batch.statistics.get(name), rows]);
  for (const { name } of schema.carried ?? []) lengths.push([`values of ${name}`, batch.carried?.get(name), rows]);
  for (const [name, shape] of schema.extraTaps) {
    lengths.push([name, batch.extraTaps.get(name), shape.reduce((product, length) => product * length, rows)]);
  }
  for (const [name, values, wanted] of lengths) {
    const got = values?.length ?? 0;
    if (got !== wanted) {
      throw new DataError('EVENTS_BATCH_SHAPE', `${path}: ${got} ${name} in a batch of ${rows} rows, not ${wanted}`);
    }
  }
}

function checkFinite(path: string, schema: EventTableSchema, batch: EventBatch, firstRow: number): void {
  const refuse = (values: Float32Array, index: number, width: number, what: string, hint?: string) => {
    const row = (firstRow + Math.floor(index / width)).toLocaleString('en');
    throw new DataError('EVENTS_NOT_FINITE', `${path} row ${row}: ${what} is ${values[index]}`, { hint });
  };
  const check = (values: Float32Array, width: number, what: (column: number) => string) => {
    const index = firstNotFinite(values);
    const hint = 'An image or a weight is broken: the network does not give numbers for it.';
    if (index >= 0) refuse(values, index, width, what(index % width), hint);
  };
  check(batch.embeddings, schema.dimensions, (column) => `value ${column} of the embedding`);
  if (batch.scores) check(batch.scores, schema.classes.length, (column) => `the score of ${schema.classes[column]}`);
  for (const name of schema.statistics) {
    const values = batch.statistics.get(name) as Float32Array;
    for (const limit of [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const index = values.indexOf(limit);
      if (index >= 0) refuse(values, index, 1, `the statistic ${name}`);
    }
  }
}

/** -1 where all are finite. A loop: called for every value of every event. */
function firstNotFinite(values: Float32Array): number {
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    // Infinity - Infinity and NaN - NaN are NaN.
    if (value - value !== 0) return i;
  }
  return -1;
}

function checkTimestamps(path: string, batch: EventBatch, firstRow: number): void {
  for (const [index, value] of batch.timestamps.entries()) {
    const time = toMilliseconds(value);
    if (time instanceof NotATime) {
      const row = (firstRow + index).toLocaleString('en');
      throw new DataError('EVENTS_TIMESTAMP', `${path} row ${row}: ${TIMESTAMP} ${time.reason}`);
    }
  }
}
