/** Every image of a service counted: sums in memory, written into the folder of a monitor by each process by itself. */
import { randomUUID } from 'node:crypto';
import { loadAssets, resolve } from '#platform';
import { CodedError, type Settled, settle } from '../../base/index.js';
import { IMAGE_LOOK_COLUMNS } from '../../data/index.js';
import { checkComparable, type Profile, windowStart } from '../../drift/index.js';
import type { ThreadPool } from '../../files/index.js';
import { lookValues } from '../embed/image-facts.js';
import type { RowColumns } from '../measure/row-groups.js';
import type { MonitorStatus } from '../monitor/index.js';
import { recordedFolder, writeRecorded } from '../monitor/recorded.js';
import type { StatePromise } from '../monitor/state-file.js';
import { addCounts, type Recorded } from '../monitor/sums-file.js';
import { type RecorderOptions, recorderFields } from '../options/index.js';
import type { EmbedCallOptions, EmbeddedImage, GivenImage, ImageEmbedder } from './image-embedder.js';
import { type JudgeOrder, type JudgeResult, judgeThread } from './judge.js';
import { openState } from './open-state.js';
import { MOST_SUMS, type RecordedImage, Recording } from './recording.js';
import { MOST_ROWS, RowParts } from './row-parts.js';
import { ServiceError } from './service-error.js';

type Settings = Settled<typeof recorderFields>;

/** Share of the rows, or of the sums, that may wait: from it on they are written at once. */
const AT_ONCE = 1 / 8;
/** Rows that came late are judged anew after so many times as long as that took. */
const REST = 20;

/**
 * Counts the images of a service. It never throws into a request: what it refuses is counted, and given to `onError`.
 * Any number of processes and machines may have one STATE open.
 *
 * @example
 * ```ts no_run
 * import { openEmbedder, Recorder } from 'image-drift/service';
 *
 * const embedder = await openEmbedder('weights');
 * const recorder = await Recorder.open('state', { baseline: 'profile.json', window: '1h', onError: console.error });
 * const { predicted } = await recorder.embed(embedder, 'cat.jpg', { columns: { camera: 'north' } });
 * console.log(predicted, await recorder.metrics());
 * await recorder.close();
 * ```
 */
export class Recorder implements AsyncDisposable {
  /** Names the files of this process. */
  readonly id = randomUUID();
  /** Records that were counted since this process began. */
  rows = 0;
  /** Refused records (`RECORD_LENGTH`, …) and broken images (`IMAGE_…`), by the code of the reason. */
  readonly refused: Record<string, number> = {};
  readonly #state: string;
  readonly #profile: Profile;
  readonly #baseline: string;
  readonly #settings: Settings;
  readonly #window: StatePromise['window'];
  readonly #recording: Recording;
  readonly #parts: RowParts | null;
  readonly #judge: ThreadPool<JudgeOrder, JudgeResult>;
  readonly #timers: ReturnType<typeof setInterval>[];
  /** Embedders whose weights are those of the profile, or why they are not. */
  readonly #known = new WeakMap<ImageEmbedder, Error | 'same'>();
  #unwritten = noneCounted();
  /** A file that is being written. After an error it is written again as it was: it may be there, and counted. */
  #file: Recorded | null = null;
  #files = 0;
  #flushing: Promise<void> = Promise.resolve();
  /** One that has not begun. */
  #next: Promise<void> | null = null;
  #isFlushing = false;
  /** Whether the last write has not ended well: only its time comes again then, not each record. */
  #isBehind = false;
  #isJudging = false;
  /** Whether rows were written of windows that may have been judged without them. */
  #hasLate = false;
  /** When they may be judged again, as `performance.now()` counts. */
  #restsUntil = 0;
  #isClosed = false;

  private constructor(state: string, profile: Profile, baseline: string, promise: StatePromise, settings: Settings) {
    this.#state = state;
    this.#profile = profile;
    this.#baseline = baseline;
    this.#settings = settings;
    this.#window = promise.window;
    this.#recording = new Recording(profile, promise, settings.now);
    this.#parts = settings.rows ? new RowParts(state, this.id, profile, (error) => this.#say(error)) : null;
    this.#judge = judgeThread(state);
    const { flushEvery, judgeEvery } = settings;
    this.#timers = [
      ...(flushEvery > 0 ? [setInterval(() => void this.#flushed(), flushEvery)] : []),
      ...(judgeEvery > 0 ? [setInterval(() => void this.#judgeDue(), judgeEvery)] : []),
    ];
    for (const timer of this.#timers) timer.unref();
  }

  /**
   * Opens STATE, or makes it.
   *
   * @param state folder of a monitor, of `monitor init` or of another recorder; a new one needs `baseline`
   * @throws coded errors `MONITOR_…` as `initMonitor` and `openMonitor`, `MONITOR_OTHER_BASELINE` and
   *   `MONITOR_OTHER_PROMISE` where STATE has others; `RECORDER_BASELINE` where there is neither
   */
  static async open(state: string, options: RecorderOptions = {}): Promise<Recorder> {
    const settings = settle('Recorder.open', options, recorderFields);
    await loadAssets('dist/drift/');
    const { profile, baseline, promise } = await openState(resolve(state), settings);
    await recordedFolder(resolve(state));
    return new Recorder(resolve(state), profile, baseline, promise, settings);
  }

  /**
   * Counts an image. It takes microseconds, writes nothing, and never throws.
   *
   * @returns false if it was refused; `onError` then has the reason
   */
  record(image: RecordedImage): boolean {
    try {
      if (this.#isClosed) throw new ServiceError('RECORDER_CLOSED', `${this.#state}: its recorder is closed`);
      const row = this.#recording.add(image);
      this.rows++;
      this.#unwritten.rows++;
      this.#unwritten.last = Math.max(this.#unwritten.last ?? row.time, row.time);
      const waiting = this.#parts?.add(row) ?? 0;
      const most = Math.max(waiting / MOST_ROWS, this.#recording.opened / MOST_SUMS);
      if (most >= AT_ONCE && !this.#isBehind) void this.#flushed();
      return true;
    } catch (error) {
      this.#refuse(error);
      return false;
    }
  }

  /**
   * Embeds an image and counts it. An image that cannot be embedded is counted in `refused`, and its error is that of
   * this call; that it cannot be counted is not.
   *
   * @param embedder of the weights that the baseline was made with @param image as of `ImageEmbedder.embed`
   * @param options when it was taken, its id and columns
   * @throws as `ImageEmbedder.embed`
   */
  async embed(
    embedder: ImageEmbedder,
    image: GivenImage,
    { signal, ...facts }: EmbedCallOptions & Pick<RecordedImage, 'at' | 'id' | 'columns'> = {},
  ): Promise<EmbeddedImage> {
    const embedded = await embedder.embed(image, { signal }).catch((error: unknown) => {
      if (error instanceof CodedError) this.#countRefused(error);
      throw error;
    });
    const known = this.#compared(embedder, embedded);
    if (known !== 'same') this.#refuse(known);
    else this.record({ ...facts, ...embedded, columns: { ...fileColumns(embedded), ...facts.columns } });
    return embedded;
  }

  /** Writes what was counted since the last time. @throws FileError; what could not be written is kept */
  flush(): Promise<void> {
    if (this.#next !== null) return this.#next;
    this.#flushing = this.#flushing
      .catch(() => {})
      .then(() => {
        this.#next = null;
        return this.#write();
      });
    this.#next = this.#flushing;
    return this.#next;
  }

  /** Flushes, counts what all recorders of STATE have written, judges it, and says what `monitor status` says. */
  async status(): Promise<MonitorStatus> {
    await this.flush();
    return (await this.#ask('status')).status!;
  }

  /**
   * OpenMetrics text: the rows of this process, and each block's statistic, limit and alarm as STATE was last judged.
   * With prom-client: `(await register.metrics()) + (await recorder.metrics())`.
   */
  async metrics(): Promise<string> {
    const { metrics } = await this.#ask('metrics');
    const lines = metrics!.split('\n').map((line) => this.#ownCount(line));
    return `${lines.filter((line) => line !== '# EOF').join('\n')}\n`;
  }

  /** Flushes and ends. Later records are refused. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const timer of this.#timers) clearInterval(timer);
    try {
      await this.flush();
    } finally {
      await this.#judge.close();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** How many of both were refused. */
  get rejected(): number {
    return sum(this.refused);
  }

  /** Rows that were counted, and are in no table of `rows`: the disk was full or away for long. */
  get lostRows(): number {
    return this.#parts?.lost ?? 0;
  }

  #ownCount(line: string): string {
    const [, name, label] = /^(image_drift_(?:rows|rejected)_total)(\{.*\}) /.exec(line) ?? [];
    if (name === undefined) return line;
    return `${name}${label} ${name === 'image_drift_rows_total' ? this.rows : this.rejected}`;
  }

  #refuse(error: unknown): void {
    this.#countRefused(error);
    this.#say(error);
  }

  #countRefused(error: unknown): void {
    const reason = { [error instanceof CodedError ? error.code : 'RECORD_INVALID']: 1 };
    addCounts(this.refused, reason);
    addCounts(this.#unwritten.refused, reason);
  }

  #say(error: unknown): void {
    try {
      this.#settings.onError?.(error instanceof Error ? error : new Error(String(error)));
    } catch {
      // The request goes on, whatever its listener does.
    }
  }

  #compared(embedder: ImageEmbedder, { embedding }: EmbeddedImage): Error | 'same' {
    const before = this.#known.get(embedder);
    if (before !== undefined) return before;
    const found = this.#difference(embedder, embedding.length);
    this.#known.set(embedder, found);
    return found;
  }

  #difference({ network, pixelsSha256 }: ImageEmbedder, dimensions: number): Error | 'same' {
    const { weightsSha256, taps, config } = network;
    try {
      const source = {
        dimensions,
        weightsSha256,
        pixelsSha256,
        tap: taps[0]!.name,
        classes: config.classes,
        thresholds: config.multiLabel?.thresholds,
      };
      checkComparable(this.#profile, source, 'the embedder');
      return 'same';
    } catch (error) {
      return error as Error;
    }
  }

  /** One file at a time, so that their numbers have no gap. */
  async #write(): Promise<void> {
    this.#isBehind = true;
    if (this.#file !== null) await this.#writeFile(this.#file);
    const counted = this.#unwritten;
    if (counted.rows + sum(counted.refused) > 0) {
      this.#unwritten = noneCounted();
      const own = { recorder: this.id, number: this.#files++, baseline_sha256: this.#baseline };
      this.#file = { ...counted, ...own, windows: this.#recording.take() };
      await this.#writeFile(this.#file);
    }
    const { keepFor, now } = this.#settings;
    await this.#parts?.write();
    if (keepFor !== undefined) await this.#parts?.deleteBefore(now() - keepFor);
    this.#isBehind = false;
  }

  async #writeFile(file: Recorded): Promise<void> {
    await writeRecorded(this.#state, file);
    this.#file = null;
    const begun = windowStart(this.#settings.now() - this.#grace, this.#window);
    this.#hasLate ||= [...file.windows.keys()].some((start) => start < begun);
  }

  async #flushed(): Promise<void> {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    try {
      await this.flush();
    } catch (error) {
      this.#say(error);
    } finally {
      this.#isFlushing = false;
    }
  }

  async #judgeDue(): Promise<void> {
    if (this.#isJudging) return;
    this.#isJudging = true;
    try {
      if (this.#hasLate && performance.now() >= this.#restsUntil) await this.#judgeLate();
      else await this.#ask('due');
    } catch (error) {
      if (!this.#isClosed) this.#say(error);
    } finally {
      this.#isJudging = false;
    }
  }

  async #judgeLate(): Promise<void> {
    const start = performance.now();
    // Before: rows may come while it is judged.
    this.#hasLate = false;
    try {
      await this.#ask('update');
    } catch (error) {
      this.#hasLate = true;
      throw error;
    }
    const end = performance.now();
    this.#restsUntil = end + REST * (end - start);
  }

  /** Ms after the end of a window in which recorders may still write what they have of it. */
  get #grace(): number {
    return 2 * this.#settings.flushEvery;
  }

  async #ask(what: JudgeOrder['what']): Promise<JudgeResult> {
    const { now, notify, notifyToken } = this.#settings;
    const order = { state: this.#state, what, now: now(), grace: this.#grace, notify, notifyToken };
    const result = await this.#judge.answer(order);
    if (result.notNotified) this.#say(new ServiceError('MONITOR_NOT_NOTIFIED', result.notNotified, { exitCode: 5 }));
    return result;
  }
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((all, count) => all + count, 0);
}

function noneCounted(): { rows: number; refused: Record<string, number>; last: number | null } {
  return { rows: 0, refused: {}, last: null };
}

/** As `embedImages` names them. */
function fileColumns({ width, height, file, look }: EmbeddedImage): RowColumns {
  const looks = lookValues(look).map((value, i) => [IMAGE_LOOK_COLUMNS[i]!.name, value] as const);
  return {
    image_width: width,
    image_height: height,
    ...(file && { image_format: file.format, image_bytes: file.bytes, image_sha256: file.sha256 }),
    ...Object.fromEntries(looks),
  };
}
