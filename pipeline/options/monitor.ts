/** What `monitor` and `check-baseline` are asked: a promise of false alarms, and where its alarms go. */
import { anything, type OptionsOf, text, time, toggle } from '../../base/index.js';
import { windowFields } from './measure.js';

const HOUR = 3_600_000;

/** As `--false-alarm-every` says it: in days if they are whole, else in hours. */
export function spanText(milliseconds: number): string {
  const hours = milliseconds / HOUR;
  return hours % 24 === 0 ? `${hours / 24}d` : `${hours}h`;
}

/** A smaller number was meant as one of days. */
const span = () => time(['h', 'd', 'w'], '365d, 24h or 52w', { least: HOUR });

const { window, group } = windowFields;

export const FALSE_ALARM_EVERY = 365 * 24 * HOUR;

export const promiseFields = {
  /** Quiet in which one false alarm is expected at most: `365d`, or milliseconds; default 365 days. */
  falseAlarmEvery: span()
    .computes('At most one false alarm is expected in so much quiet: 365d, 24h, 52w')
    .shows('365d'),
  /** Length of a window, UTC; default a day. */
  window: window.default('1d').computes('Length of a window (UTC), by the timestamps'),
  /** The column whose values, such as cameras, are watched each by itself, too; default none. */
  by: text()
    .computes('Also watch each value of this column: camera. With the same --by, the profile gives causes')
    .shows('none'),
  /** What rows hang together by; default as in the profile. */
  group: group.shows('as in the profile'),
  /** After how long the mix of images repeats: `7d`, or milliseconds; default none. */
  season: span()
    .optional()
    .computes('A cycle of the images, such as 7d: windows are compared with those of its phase')
    .shows('none'),
};

/** What a monitor promises, as `monitor init` takes it. */
export interface PromiseOptions extends OptionsOf<typeof promiseFields> {}

const notifyFields = {
  /** Where a message is posted for an alarm, and one when it is over; default as given before, or nowhere. */
  notify: text()
    .flag(
      'URL that gets a JSON message (POST) for an alarm, and when it is over; its token is IMAGE_DRIFT_NOTIFY_TOKEN',
    )
    .typedOnly(),
  /** Bearer token of that URL; default none. */
  notifyToken: anything<string>(),
};

export const tellFields = {
  ...notifyFields,
  /** What time it is, ms since 1970; default the system's clock. */
  now: anything<() => number>().default(Date.now),
};

export const initFields = {
  ...promiseFields,
  ...notifyFields,
  /** Makes the monitor even if the baseline cannot carry the promise. */
  force: toggle().default(false).flag('Even if the baseline does not carry the promise; says what is promised then'),
};

/**
 * What a monitor promises, and whom it tells.
 *
 * @example
 * ```ts
 * import type { MonitorInitOptions } from 'image-drift/pipeline';
 *
 * const options: MonitorInitOptions = { falseAlarmEvery: 365 * 86_400_000, window: '1d', by: 'camera' };
 * ```
 */
export interface MonitorInitOptions extends OptionsOf<typeof initFields> {}

export const updateFields = {
  /** Which columns are embeddings and scores, where the tables do not say. */
  columns: windowFields.columns,
  ...tellFields,
  /** Ends the call between two batches of rows; it then throws the signal's reason. */
  signal: windowFields.signal,
};

/**
 * How tables are read, and who gets a message of an alarm.
 *
 * @example
 * ```ts
 * import type { MonitorUpdateOptions } from 'image-drift/pipeline';
 *
 * const options: MonitorUpdateOptions = { columns: { embeddingColumn: 'e*' } };
 * ```
 */
export interface MonitorUpdateOptions extends OptionsOf<typeof updateFields> {}
