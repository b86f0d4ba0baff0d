/**
 * `state.json`, which says what a STATE holds and which files belong to it. All others have names that are used once,
 * and are written before it: that it is renamed into place makes an update happen, whenever the process is killed.
 */
import * as z from 'zod';
import { join } from '#platform';
import { issueWords, shellWord, shownValue } from '../../base/index.js';
import { WINDOW_LENGTHS } from '../../drift/index.js';
import { isThere, readSmallText } from '../../files/index.js';
import { jsonLines, parsedJson, writeOwnFile } from './json-lines.js';
import { damagedState, MonitorStateError } from './monitor-error.js';

export const STATE_SCHEMA = 1;
const FORMAT = 'image-drift monitor';
export const STATE_FILE = 'state.json';
/** A component names a file for each month and window of event ids. */
const MAX_STATE_BYTES = 16 * 2 ** 20;

const moment = z.number().int();
const count = z.number().int().nonnegative();

const promise = z.object({
  /** Milliseconds. */
  false_alarm_every: z.number().positive(),
  window: z.enum(WINDOW_LENGTHS),
  season: z.number().positive().nullable(),
  by: z.string().nullable(),
  group: z.string().nullable(),
});
export type StatePromise = z.infer<typeof promise>;

/** What one monitor has read: this one, or one whose STATE was added. */
const component = z.object({
  id: z.string(),
  /** Grows with each update: of two copies, that with the larger number has all of the other. */
  sequence: count,
  rows: count,
  /** Rows left out: values that are not finite, no time, or refused by a recorder. */
  rejected: count,
  /** The latest timestamp; null without rows. */
  last: moment.nullable(),
  /** Tables that were read, one JSON object a line; null for none. */
  files: z.string().nullable(),
  /** Month such as `2026-11` → file of the sums of its windows. */
  months: z.record(z.string(), z.string()),
  /** Recorders of services → files of each that were counted; the `KEPT_RECORDERS` that came last. */
  recorders: z.array(z.tuple([z.string(), count])),
});
export type Component = z.infer<typeof component>;

const acknowledged = z.object({
  /** The end of the last window when it was given. */
  at: moment,
  /** Key of the alarm. */
  key: z.string(),
  /** When it was given. */
  time: moment,
});

const state = z.object({
  format: z.literal(FORMAT),
  schema: z.literal(STATE_SCHEMA),
  id: z.string(),
  baseline_sha256: z.string(),
  promise,
  /** Whether the baseline carries the promise; not where `--force` was needed. */
  carried: z.boolean(),
  notify: z.string().nullable(),
  /** Counts the changes of this file; names of new files have it. */
  change: count,
  /** The end of the last window that was judged, ms; 0 for none. It never goes back. */
  judged: moment,
  acknowledged: z.array(acknowledged),
  /** The first is this monitor's own. */
  components: z.array(component).min(1),
  /** Start of a window → file of the ids of its events, for the last windows. */
  ids: z.record(z.string(), z.string()),
  /** Files of recorders that the last update has counted. */
  taken: z.array(z.string()),
});
export type MonitorState = z.infer<typeof state>;

export function newState(
  given: Pick<MonitorState, 'id' | 'baseline_sha256' | 'promise' | 'carried' | 'notify'>,
): MonitorState {
  const own = { id: given.id, sequence: 0, rows: 0, rejected: 0, last: null, files: null, months: {}, recorders: [] };
  const empty = { change: 0, judged: 0, acknowledged: [], components: [own], ids: {}, taken: [] };
  return { format: FORMAT, schema: STATE_SCHEMA, ...given, ...empty };
}

export async function isState(folder: string): Promise<boolean> {
  return isThere(join(folder, STATE_FILE));
}

/** @throws MonitorStateError `MONITOR_STATE_NOT_OURS`, `MONITOR_STATE_SCHEMA`, `MONITOR_STATE_DAMAGED`; FileError */
export async function readState(folder: string): Promise<MonitorState> {
  const path = join(folder, STATE_FILE);
  if (!(await isState(folder))) {
    throw new MonitorStateError('MONITOR_STATE_MISSING', `${folder}: has no ${STATE_FILE}, so it is no monitor`, {
      hint: `Make one: image-drift monitor init ${shellWord(folder)} --baseline profile.json`,
    });
  }
  const value = parsedJson(await readSmallText(path, MAX_STATE_BYTES, 'the state of a monitor'));
  const known = state.safeParse(value);
  if (known.success) return known.data;
  const { format, schema } = (value ?? {}) as { format?: unknown; schema?: unknown };
  if (format !== FORMAT) throw new MonitorStateError('MONITOR_STATE_NOT_OURS', `${path}: is not a monitor's state`);
  if (schema !== STATE_SCHEMA) {
    const message = `${path}: its schema is ${shownValue(schema)}, this version reads ${STATE_SCHEMA}`;
    throw new MonitorStateError('MONITOR_STATE_SCHEMA', message, {
      hint: 'Use the version of image-drift that made it, or make a new monitor.',
    });
  }
  const [issue] = known.error.issues;
  const place = issue?.path.join('.') ?? '';
  throw damagedState(`${path}: ${place}: ${issueWords(issue?.message)}`);
}

export async function writeState(folder: string, state: MonitorState): Promise<void> {
  await writeOwnFile(join(folder, STATE_FILE), jsonLines([state]));
}
