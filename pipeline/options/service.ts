/** What a service asks: how single images are embedded, and what is kept of each. */
import { anything, type OptionsOf, text, time, toggle, whole } from '../../base/index.js';
import { type DecodeOptions, decodeFields } from '../../data/options/index.js';
import { type EmbedderOptions, embedderFields } from '../../engine/options/index.js';
import { initFields } from './monitor.js';

/** A longer one would end at once: timers count in 31 bits. */
const MOST_TIMER = 2 ** 31 - 1;
const timer = () => time(['ms', 's', 'm', 'h', 'd', 'w'], '10s, 24h or 7d', { least: 0, most: MOST_TIMER });

export const callFields = {
  /** Measures each image, as `embedImages` does: brightness, sharpness, …; default true. */
  statistics: toggle().default(true),
  /** Longest time, `5ms` or milliseconds, that an image which is ready waits for others to share its batch; default 2. */
  maxDelay: timer().default(2),
  /** Calls under way at once; one more is refused with `QUEUE_FULL`. Default 256. */
  maxWaiting: whole(1).default(256),
};

export const openEmbedderFields = { ...embedderFields, ...decodeFields, ...callFields };

/**
 * How single images are embedded.
 *
 * @example
 * ```ts
 * import type { OpenEmbedderOptions } from 'image-drift/service';
 *
 * const options: OpenEmbedderOptions = { threads: 2, maxDelay: 5, maxPixels: 20_000_000, orientation: 'apply' };
 * ```
 */
export interface OpenEmbedderOptions extends EmbedderOptions, DecodeOptions, OptionsOf<typeof callFields> {}

const { force: _, window, ...promise } = initFields;

export const recorderFields = {
  ...promise,
  /** Length of a window, UTC; default that of STATE, a day for a new one. */
  window: window.optional(),
  /** Makes the monitor even if the baseline cannot carry the promise; default false. */
  force: toggle().default(false),
  /** The profile, a file. It is needed where STATE is not there yet; a copy is kept in it. */
  baseline: text(),
  /** Time, `10s` or milliseconds, after which what was recorded is written into STATE: a kill loses no more. Default 10s. */
  flushEvery: timer().default(10_000),
  /** Time, `1m` or milliseconds, after which the windows that have ended are judged, on a thread; 0: never. Default 1m. */
  judgeEvery: timer().default(60_000),
  /** Keeps each row in parquet tables in STATE/rows; default false: sums alone are kept. */
  rows: toggle().default(false),
  /** Time, `7d` or milliseconds, after which those tables are deleted; the sums stay. Default: never. */
  keepFor: time(['s', 'm', 'h', 'd', 'w'], '24h or 7d', { least: 0 }),
  /** Called with each record that was refused, and each write that failed. What it throws is dropped. */
  onError: anything<(error: Error) => void>(),
  /** What time it is, ms since 1970; default the system's clock. */
  now: anything<() => number>().default(Date.now),
};

/**
 * Where a service's images are counted, against which baseline, and with which promise.
 *
 * @example
 * ```ts
 * import type { RecorderOptions } from 'image-drift/service';
 *
 * const options: RecorderOptions = { baseline: 'profile.json', window: '1h', by: 'camera', onError: console.error };
 * ```
 */
export interface RecorderOptions extends OptionsOf<typeof recorderFields> {}
