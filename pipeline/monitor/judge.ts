/** From sums to alarms: what was raised once is written down, and stays open until somebody acknowledges it. */
import type { ColumnChoice } from '../../data/index.js';
import type { Profile } from '../../drift/index.js';
import { windowMilliseconds } from '../../drift/index.js';
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

/** Keys of the alarms that were acknowledged. */
export function overKeys({ acknowledged }: MonitorState): Set<string> {
  return new Set(acknowledged.map(({ key }) => key));
}

export function openAlarm(alarms: readonly AlarmRecord[], state: MonitorState): AlarmRecord | null {
  const over = overKeys(state);
  return alarms.find(({ key }) => !over.has(key)) ?? null;
}

/** Writes a new alarm down, with its cause. @returns all alarms, the oldest first */
export async function settleAlarms(
  folder: string,
  profile: Profile,
  ledger: Ledger,
  columns: ColumnChoice,
): Promise<AlarmRecord[]> {
  const alarms = await readAlarms(folder);
  const { state } = ledger;
  if (openAlarm(alarms, state) !== null) return alarms;
  const { alarm } = judgedRun(profile, ledger);
  if (alarm === null) return alarms;
  const record = bareRecord(alarm, state, alarms.length + 1);
  const by = alarm.by === null ? null : { name: state.promise.by as string, value: alarm.by };
  const span = { from: alarm.since, to: alarm.at + windowMilliseconds(state.promise.window), by };
  const raised = [...alarms, { ...record, ...(await findCause(profile, ledger, span, columns)) }];
  await writeAlarms(folder, raised);
  return raised;
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
  };
}
