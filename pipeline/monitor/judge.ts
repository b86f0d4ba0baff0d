/** From sums to alarms: what was raised once is written down, and stays open until somebody acknowledges it. */
import type { ColumnChoice } from '../../data/index.js';
import { DAY, type Profile, windowMilliseconds } from '../../drift/index.js';
import { type Alarm, type MonitorPromise, type MonitorRun, runMonitor } from '../../monitor/index.js';
import { findCause } from './alarm-cause.js';
import { type AlarmRecord, readAlarms, writeAlarms } from './alarm-file.js';
import type { Ledger } from './ledger.js';
import type { MonitorState, StatePromise } from './state-file.js';

/** As the room of the statistics takes it. */
export function promiseOf({ false_alarm_every, window, season, by, group }: StatePromise): MonitorPromise {
  return { falseAlarmEvery: false_alarm_every, window: windowMilliseconds(window), season, by, group };
}

export function judgedRun(profile: Profile, ledger: Ledger): MonitorRun {
  const { promise, acknowledged } = ledger.state;
  return runMonitor(profile, promiseOf(promise), ledger.windows(), acknowledged);
}

/** How many of the last windows no test could judge: they have images, and nothing says how much windows vary. */
export function unjudgedOf(timeline: readonly { statistic: number | null }[]): number {
  return timeline.length - 1 - timeline.findLastIndex(({ statistic }) => statistic !== null);
}

/** Keys of the alarms that were acknowledged. */
export function overKeys({ acknowledged }: MonitorState): Set<string> {
  return new Set(acknowledged.map(({ key }) => key));
}

export function openAlarm(alarms: readonly AlarmRecord[], state: MonitorState): AlarmRecord | null {
  const over = overKeys(state);
  return alarms.find(({ key }) => !over.has(key)) ?? null;
}

/** The days since a change that are compared again with each update: later ones change the cause little. */
const MOST_COMPARED = 28 * DAY;

interface Settled {
  /** All, the oldest first. */
  alarms: AlarmRecord[];
  /** Null where an alarm was open before: no other one can be raised. */
  run: MonitorRun | null;
}

/** Writes a new alarm down, and what `drift` says of the days since. */
export async function settleAlarms(
  folder: string,
  profile: Profile,
  ledger: Ledger,
  columns: ColumnChoice,
): Promise<Settled> {
  const alarms = await readAlarms(folder);
  const { state } = ledger;
  const open = openAlarm(alarms, state);
  const run = open === null ? judgedRun(profile, ledger) : null;
  const raised = run?.alarm ?? null;
  const found = raised === null ? open : bareRecord(raised, state, alarms.length + 1);
  if (found === null || !isNewer(found, state)) return { alarms, run };
  const [by = null] = Object.entries(found.by ?? {}).map(([name, value]) => ({ name, value }));
  const span = { from: Date.parse(found.since), to: state.judged, by };
  const finding = await findCause(profile, ledger, span, columns);
  // What was found while the tables were there stays.
  const kept = finding.cause === null && found.cause !== null ? {} : finding;
  const settled = { ...found, ...kept, compared: iso(state.judged) };
  const all = [...alarms.filter((alarm) => alarm !== open), settled];
  await writeAlarms(folder, all);
  return { alarms: all, run };
}

/** Whether there are days that its cause is not of. */
function isNewer({ since, compared }: AlarmRecord, { judged }: MonitorState): boolean {
  if (compared === null) return true;
  return judged > Date.parse(compared) && judged - Date.parse(since) <= MOST_COMPARED;
}

const iso = (time: number) => new Date(time).toISOString();

/** An alarm whose days were not compared yet. */
export function bareRecord(alarm: Alarm, { id, promise, notify }: MonitorState, number: number): AlarmRecord {
  const { at, since, sinceLow, sinceHigh, block, by, statistic, limit } = alarm;
  return {
    key: `${id}-${number}`,
    raised: iso(at + windowMilliseconds(promise.window)),
    since: iso(since),
    since_low: iso(sinceLow),
    since_high: iso(sinceHigh),
    block,
    by: by === null ? null : { [promise.by as string]: by },
    statistic,
    limit,
    cause: null,
    accuracy: null,
    note: 'The days since are compared by the next update',
    told: notify !== null,
    compared: null,
  };
}
