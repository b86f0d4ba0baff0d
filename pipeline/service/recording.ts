/** Counts single records into sums of windows: what `monitor update` makes of a table, a row at a time. */
import { quoted, shownValue } from '../../base/index.js';
import { carriedName, isProbability, timeOf as knownTime } from '../../data/index.js';
import {
  DAY,
  type DriftBatch,
  labelColumns,
  type Profile,
  windowStart,
  withRelativeStatistics,
} from '../../drift/index.js';
import { FeatureModel } from '../../drift/monitor/index.js';
import { predictedOf } from '../../drift/prediction/index.js';
import { groupColumns, groupOfRow, type RowColumns } from '../measure/row-groups.js';
import { OpenWindows } from '../monitor/open-windows.js';
import type { StatePromise } from '../monitor/state-file.js';
import type { SumsByWindow } from '../monitor/sums-file.js';
import { ServiceError } from './service-error.js';

/**
 * What a service knows of one image. `EmbeddedImage` of an `ImageEmbedder` has the first three.
 *
 * @example
 * ```ts
 * import type { RecordedImage } from 'image-drift/service';
 *
 * const image: RecordedImage = { embedding: Float32Array.of(0.5, 0.25), scores: [0.9, 0.1], columns: { camera: 'north' } };
 * ```
 */
export interface RecordedImage {
  /** As long as the profile's. */
  embedding: ArrayLike<number>;
  /** Softmax, or a score for each label, in the order of the profile's classes; left out or null without. */
  scores?: ArrayLike<number> | null | undefined;
  /** Brightness, sharpness, …, by name; left out where they are not known. */
  statistics?: Readonly<Record<string, number>> | null | undefined;
  /** When the image was taken, ms since 1970; default: now. */
  at?: number | Date | undefined;
  /** Names the event, in the tables that `rows` keeps. */
  id?: string | null | undefined;
  /** Camera, site, clip, …: those of `by` and `group`, null where they are not known, and others for the tables. */
  columns?: RowColumns | undefined;
}

/** A record that was counted, as a row: copies, for the caller may hold or change what it gave. */
export interface CountedRow {
  time: number;
  /** Start of its window. */
  start: number;
  embedding: Float32Array;
  scores: Float32Array | null;
  statistics: Readonly<Record<string, number>> | null;
  id: string | null;
  columns: RowColumns;
}

/** Windows whose groups stay known: rows of an older one are new groups. */
const OPEN_WINDOWS = 3;
/** Sums of windows, and of the values of `by` in them, that wait for the disk: a row that needs another is refused. */
export const MOST_SUMS = 4096;
/** A clock that is further ahead would end windows that go on. */
const MOST_AHEAD = DAY;

export class Recording {
  readonly #profile: Profile;
  readonly #promise: StatePromise;
  readonly #groupOf: ReturnType<typeof groupOfRow>;
  /** Columns that each record has to have. */
  readonly #columns: readonly string[];
  readonly #windows: OpenWindows;
  readonly #now: () => number;

  constructor(profile: Profile, promise: StatePromise, now: () => number) {
    this.#profile = profile;
    this.#windows = new OpenWindows(new FeatureModel(profile));
    this.#promise = promise;
    this.#groupOf = groupOfRow(promise.group ?? profile.groups?.name ?? null);
    const { by, group } = promise;
    this.#columns = [...(by === null || by === 'class' ? [] : [by]), ...groupColumns(group)];
    this.#now = now;
  }

  /**
   * @throws ServiceError `RECORD_LENGTH`, `RECORD_NOT_FINITE`, `RECORD_SCORES`, `RECORD_TIME`, `RECORD_ID`,
   *   `RECORD_COLUMN`, `RECORD_WINDOWS`, which leave the sums as they were
   */
  add(image: RecordedImage): CountedRow {
    const row = this.#checked(image);
    const { columns, time, start, scores } = row;
    const { by } = this.#promise;
    const value = by === null ? null : this.#segmentOf(by, columns, scores);
    if (this.#windows.opened >= MOST_SUMS && !this.#windows.has(start, value)) throw tooManyWindows(time);
    this.#windows.add(start, batchOf(row, this.#groupOf({ columns, time }), this.#profile), 0, value);
    return row;
  }

  /** Sums that were begun since `take`. */
  get opened(): number {
    return this.#windows.opened;
  }

  /** What was added since the call before. */
  take(): SumsByWindow {
    const taken = this.#windows.take();
    this.#windows.forget(OPEN_WINDOWS);
    return taken;
  }

  #checked(image: RecordedImage): CountedRow {
    const { dimensions, classes } = this.#profile;
    const embedding = numbersOf(image.embedding, dimensions, 'the embedding');
    const given = image.scores ?? null;
    const scores = given && numbersOf(given, classes.length || given.length, 'the scores');
    const wrong = scores?.findIndex((score) => !isProbability(score)) ?? -1;
    if (wrong >= 0) throw notProbability(wrong, scores![wrong]!);
    const columns = { ...image.columns };
    const absent = this.#columns.find((name) => columns[name] === undefined);
    if (absent !== undefined) throw columnAbsent(absent);
    for (const [name, value] of Object.entries(columns)) checkColumn(name, value);
    const statistics = image.statistics ? { ...image.statistics } : null;
    for (const [name, value] of Object.entries(statistics ?? {})) checkStatistic(name, value);
    const id = image.id ?? null;
    if (id !== null && typeof id !== 'string')
      throw new ServiceError('RECORD_ID', `id: is ${shownValue(id)}, not a text`);
    const time = timeOf(image.at, this.#now());
    const start = windowStart(time, this.#promise.window);
    return { time, start, embedding, scores, statistics, id, columns };
  }

  /** The column; of the predicted class, where no column has its name. */
  #segmentOf(by: string, columns: RowColumns, scores: Float32Array | null): string | null {
    const value = columns[by];
    const isKnown = by === 'class' && scores !== null && this.#profile.thresholds === undefined;
    if (value !== undefined || !isKnown) return carriedName(value ?? null);
    return this.#profile.classes[predictedOf({ rows: 1, columns: scores.length, data: scores }, 0)] ?? null;
  }
}

/** float32, as in event tables: the sums are then the same. */
function numbersOf(values: ArrayLike<number>, length: number, what: string): Float32Array {
  if (values?.length !== length) {
    throw new ServiceError('RECORD_LENGTH', `${what}: ${values?.length ?? 0} values, the profile has ${length}`);
  }
  const numbers = Float32Array.from(values);
  const at = numbers.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return numbers;
  throw new ServiceError('RECORD_NOT_FINITE', `${what}: value ${at} is ${values[at]}`);
}

function notProbability(at: number, score: number): ServiceError {
  const message = `the scores: value ${at} is ${Number(score.toPrecision(6))}; probabilities lie from 0 to 1`;
  return new ServiceError('RECORD_SCORES', message, { hint: 'Are these logits? Give the softmax.' });
}

function columnAbsent(name: string): ServiceError {
  const message = `columns: has no ${quoted(name)}, by which this monitor counts`;
  return new ServiceError('RECORD_COLUMN', message, { hint: 'Give null where it is not known.' });
}

/** What a table of events cannot hold would take the other rows of its table with it. */
function checkColumn(name: string, value: unknown): void {
  const isHeld = ['string', 'boolean', 'bigint', 'undefined'].includes(typeof value) || value === null;
  if (isHeld || Number.isFinite(value)) return;
  const message = `columns: ${quoted(name)} is ${shownValue(value)}; a text, a number, a boolean or null is possible`;
  throw new ServiceError('RECORD_COLUMN', message);
}

/** NaN is one that is not known. */
function checkStatistic(name: string, value: number): void {
  if (Math.abs(Math.fround(value)) !== Number.POSITIVE_INFINITY) return;
  throw new ServiceError('RECORD_NOT_FINITE', `the statistics: ${quoted(name)} is ${value}`);
}

function tooManyWindows(time: number): ServiceError {
  const message = `at ${new Date(time).toISOString()}: needs another window, and ${MOST_SUMS} sums wait for the disk`;
  return new ServiceError('RECORD_WINDOWS', message, {
    hint: 'Is the disk full or away? Else call flush() more often.',
  });
}

function timeOf(at: number | Date | undefined, now: number): number {
  const given: unknown = at ?? now;
  if (!(typeof given === 'number' || given instanceof Date) || knownTime(given) === null) {
    const found = given instanceof Date ? String(given) : shownValue(given);
    throw new ServiceError('RECORD_TIME', `at ${found}: is not a time in milliseconds since 1970`);
  }
  const time = Math.floor(Number(given));
  if (time <= now + MOST_AHEAD) return time;
  const [ahead, clock] = [new Date(time), new Date(now)].map((moment) => moment.toISOString());
  throw new ServiceError('RECORD_TIME', `at ${ahead}: more than a day after this clock, ${clock}`);
}

function batchOf(row: CountedRow, group: string | null, { classes, thresholds }: Profile): DriftBatch {
  const { embedding } = row;
  const scores = row.scores && { rows: 1, columns: row.scores.length, data: row.scores };
  const statistics = row.statistics && withRelativeStatistics(columnsOf(row.statistics));
  const batch = { embeddings: { rows: 1, columns: embedding.length, data: embedding }, groups: [group] };
  if (scores === null || thresholds === undefined) return { ...batch, scores, statistics };
  return { ...batch, statistics: { ...statistics, ...labelColumns(scores, classes, thresholds) } };
}

function columnsOf(statistics: Readonly<Record<string, number>>): Record<string, Float32Array> {
  const columns: Record<string, Float32Array> = {};
  for (const name of Object.keys(statistics)) columns[name] = Float32Array.of(statistics[name]!);
  return columns;
}
