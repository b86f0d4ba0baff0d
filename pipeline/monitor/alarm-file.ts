/** `alarms.jsonl`: what was alarmed once, a line of JSON each. It stays, whatever rows come later. */
import * as z from 'zod';
import { join } from '#platform';
import { isThere, readSmallText } from '../../files/index.js';
import { jsonLines, readJsonLines, writeOwnFile } from './json-lines.js';
import { MonitorStateError } from './monitor-error.js';

const ALARM_FILE = 'alarms.jsonl';
const SENT_FILE = 'notified.json';
const MAX_BYTES = 64 * 2 ** 20;

const time = z.string();

const alarm = z.object({
  /** Names the alarm in messages. */
  key: z.string(),
  /** The end of the window that raised it. */
  raised: time,
  /** The window in which the change began, as far as can be said, and the range that it lies in. */
  since: time,
  since_low: time,
  since_high: time,
  /** What changed: clusters, embedding, confidence, labels or images. */
  block: z.string(),
  /** The camera, site or class; null for all rows. */
  by: z.record(z.string(), z.string()).nullable(),
  statistic: z.number(),
  limit: z.number(),
  /** What `drift` says of the days since; null where nothing could be read. */
  cause: z.array(z.string()).nullable(),
  accuracy: z.object({ value: z.number(), low: z.number().nullable(), high: z.number().nullable() }).nullable(),
  /** Why there is no cause, or that `drift` finds none; null where there is one. */
  note: z.string().nullable(),
  /** Whether somebody asked for messages when it was raised. */
  told: z.boolean(),
  /** The end of the days that were compared for the cause; null before. */
  compared: time.nullable(),
});
export type AlarmRecord = z.infer<typeof alarm>;

/** Without what only the folder needs. */
export type MonitorAlarm = Omit<AlarmRecord, 'told' | 'compared'>;

export function alarmJson({ told: _, compared: __, ...alarm }: AlarmRecord): MonitorAlarm {
  return alarm;
}

/** @throws MonitorStateError `MONITOR_STATE_DAMAGED`; FileError */
export async function readAlarms(folder: string): Promise<AlarmRecord[]> {
  const path = join(folder, ALARM_FILE);
  if (!(await isThere(path))) return [];
  return readJsonLines(path, alarm, { maxBytes: MAX_BYTES, list: 'the alarms of a monitor', what: 'an alarm' });
}

export async function writeAlarms(folder: string, alarms: readonly AlarmRecord[]): Promise<void> {
  await writeOwnFile(join(folder, ALARM_FILE), jsonLines(alarms));
}

const sent = z.record(z.string(), z.string());

/** Messages that were sent, `KEY STATUS` → when. */
export async function readSent(folder: string): Promise<Record<string, string>> {
  const path = join(folder, SENT_FILE);
  if (!(await isThere(path))) return {};
  try {
    return sent.parse(JSON.parse(await readSmallText(path, MAX_BYTES)));
  } catch {
    throw new MonitorStateError('MONITOR_STATE_DAMAGED', `${path}: is not a list of messages`);
  }
}

export async function writeSent(folder: string, messages: Readonly<Record<string, string>>): Promise<void> {
  await writeOwnFile(join(folder, SENT_FILE), jsonLines([messages]));
}
