/** What a monitor says of itself: the JSON of `monitor status`, a contract, and the same for Prometheus and for people. */
import { markdownText, printable } from '../../base/index.js';
import type { TestReport } from '../../monitor/index.js';
import { percent, plural } from '../../report/numbers/index.js';
import { spanText } from '../options/index.js';
import { type AlarmRecord, alarmJson, type MonitorAlarm } from './alarm-file.js';
import { bareRecord, openAlarm, unjudgedOf } from './judge.js';
import type { Judgement } from './judged-file.js';
import { lastOf } from './ledger.js';
import type { MonitorState } from './state-file.js';

/** One window as it was judged. */
export interface MonitorTimelineEntry {
  /** ISO 8601, UTC. */
  from: string;
  to: string;
  rows: number;
  /** How many independent rows they are worth. */
  effective_rows: number;
  /** That of the block that is nearest to its limit, or furthest beyond; null where nothing is judged yet. */
  statistic: number | null;
  limit: number | null;
  /** Whether an alarm is open after this window. */
  alarmed: boolean;
}

/**
 * What `monitor status --json` prints. Unknown values are null, never absent.
 *
 * @example
 * ```ts no_run
 * import { type MonitorStatus, openMonitor } from 'image-drift/pipeline';
 *
 * const said = ({ windows, alarm }: MonitorStatus) => `${windows} windows, ${alarm?.block ?? 'no alarm'}`;
 * console.log(said(await (await openMonitor('state')).status()));
 * ```
 */
export interface MonitorStatus {
  schema: 1;
  baseline_sha256: string;
  window: string;
  /** Time in which one false alarm is expected at most: `365d`. */
  false_alarm_every: string;
  /** The promise in words. */
  promise: string;
  /** Windows that were judged. */
  windows: number;
  rows: number;
  /** Rows left out: no time, a value that is not finite, or refused by a recorder. */
  rejected: number;
  /** The latest timestamp, ISO 8601; null without rows. */
  last: string | null;
  /** The alarm that is open; null for none. */
  alarm: MonitorAlarm | null;
  /** All alarms, with those that were acknowledged, the oldest first. */
  alarms: (MonitorAlarm & { acknowledged: string | null })[];
  timeline: MonitorTimelineEntry[];
}

const iso = (time: number) => new Date(time).toISOString();

export function promiseWords(falseAlarmEvery: number, carried: boolean): string {
  const every = spanText(falseAlarmEvery);
  const words = `in quiet, the chance of an alarm within T is at most 1 - exp(-T / ${every}), over all blocks and values together`;
  return carried ? words : `${words}; this baseline does not carry it, so alarms may be more frequent`;
}

export function statusOf(
  state: MonitorState,
  { alarm: judged, timeline }: Pick<Judgement, 'alarm' | 'timeline'>,
  alarms: readonly AlarmRecord[],
): MonitorStatus {
  const { baseline_sha256, promise, carried, acknowledged, components } = state;
  const last = lastOf(components);
  const sum = (of: 'rows' | 'rejected') => components.reduce((all, facts) => all + facts[of], 0);
  // A process that was killed behind its sums has not written the alarm down.
  const raised = judged === null ? null : bareRecord(judged, state, alarms.length + 1);
  const open = openAlarm(alarms, state) ?? raised;
  return {
    schema: 1,
    baseline_sha256,
    window: promise.window,
    false_alarm_every: spanText(promise.false_alarm_every),
    promise: promiseWords(promise.false_alarm_every, carried),
    windows: timeline.length,
    rows: sum('rows'),
    rejected: sum('rejected'),
    last: last === null ? null : iso(last),
    alarm: open && alarmJson(open),
    alarms: alarms.map((alarm) => {
      const given = acknowledged.find(({ key }) => key === alarm.key);
      return { ...alarmJson(alarm), acknowledged: given === undefined ? null : iso(given.time) };
    }),
    timeline: timeline.map(({ from, to, rows, effectiveRows, statistic, limit, alarmed }) => {
      return { from: iso(from), to: iso(to), rows, effective_rows: effectiveRows, statistic, limit, alarmed };
    }),
  };
}

interface Judged {
  block: string;
  by: string | null;
}

/**
 * The last window's numbers of each block and value, as OpenMetrics text.
 * @param folder the monitor's: one machine may have several @param tests of that window
 */
export function openMetrics(
  folder: string,
  { rows, rejected, last, alarm }: MonitorStatus,
  tests: readonly TestReport[],
  by: string | null,
): string {
  const judged = nearestTests(tests);
  const raised = alarm && { block: alarm.block, by: by === null ? null : (alarm.by?.[by] ?? null) };
  const isRaised = (one: Judged) => one.block === raised?.block && one.by === raised.by;
  // The last window may have no image of a camera that has an open alarm.
  const known = raised === null || judged.some(isRaised) ? judged : [...judged, raised];
  const state = `state="${label(folder)}"`;
  const gauge = <T extends Judged>(name: string, help: string, of: readonly T[], value: (one: T) => number) => [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} gauge`,
    ...of.map((one) => `${name}{${state},block="${label(one.block)}",by="${label(one.by ?? '')}"} ${value(one)}`),
  ];
  // Without a type: OpenMetrics names a counter without `_total`, the format that the textfile collector reads with it.
  const counter = (name: string, help: string, value: number) => [
    `# HELP ${name} ${help}`,
    `${name}{${state}} ${value}`,
  ];
  return [
    ...counter('image_drift_rows_total', 'Rows that were counted.', rows),
    ...counter('image_drift_rejected_total', 'Rows that were refused.', rejected),
    ...gauge(
      'image_drift_statistic',
      'Evidence of a change, of the last window that was judged.',
      judged,
      (one) => one.statistic,
    ),
    ...gauge('image_drift_limit', 'The statistic that raises an alarm.', judged, (one) => one.limit),
    ...gauge('image_drift_alarm', '1 while an alarm is open.', known, (one) => Number(isRaised(one))),
    '# HELP image_drift_last_row_timestamp_seconds Time of the latest row that was judged.',
    '# TYPE image_drift_last_row_timestamp_seconds gauge',
    ...(last === null ? [] : [`image_drift_last_row_timestamp_seconds{${state}} ${Date.parse(last) / 1000}`]),
    '# EOF',
  ].join('\n');
}

/** One test for each block and value: the one that is nearest to its limit, or furthest beyond. */
function nearestTests(tests: readonly TestReport[]): TestReport[] {
  const nearest = new Map<string, TestReport>();
  for (const test of tests) {
    const name = JSON.stringify([test.block, test.by]);
    const other = nearest.get(name);
    if (other === undefined || test.statistic / test.limit > other.statistic / other.limit) nearest.set(name, test);
  }
  return [...nearest.values()];
}

function label(text: string): string {
  return printable(text).replaceAll('\\', '\\\\').replaceAll('"', '\\"');
}

/** What is said without an alarm: a window that nothing could judge is not a quiet one. */
export function quietLine(unjudged: number): string {
  if (unjudged === 0) return 'No alarm.';
  const windows = `the last ${plural(unjudged, 'window')} ${unjudged === 1 ? 'is' : 'are'} not judged`;
  const reasons = 'they have too few images, or nothing says yet by how much windows vary';
  return `No alarm, but ${windows}: ${reasons}. A baseline of 14 days with timestamps would.`;
}

/** `2026-11-25`, or `2026-11-25T14:00Z` within a day. @param time ISO 8601 */
export function shortTime(time: string): string {
  return time.replace(/T00:00:00\.000Z$/, '').replace(/:00\.000Z$/, 'Z');
}

export function alarmLines(alarm: MonitorAlarm): string[] {
  const { block, by, since, since_low, since_high, cause, accuracy, note } = alarm;
  const where = Object.entries(by ?? {}).map(([name, value]) => `, ${name} ${value}`);
  const range = since_low === since_high ? '' : ` (between ${shortTime(since_low)} and ${shortTime(since_high)})`;
  return [
    `Alarm: ${block}${where.join('')} changed since ${shortTime(since)}${range}.`,
    ...(cause ?? []).map((words) => `Likely cause: ${words}.`),
    ...(accuracy === null ? [] : [`Accuracy of these days: ${accuracyText(accuracy)}.`]),
    ...(note === null ? [] : [`${note}.`]),
  ];
}

function accuracyText({ value, low, high }: NonNullable<AlarmRecord['accuracy']>): string {
  if (low !== null && high !== null) return `${percent(value)}, from ${percent(low)} to ${percent(high)}`;
  return high === null ? percent(value) : `at most ${percent(high)}`;
}

/** Windows of the timeline that are in a summary. */
const LAST_WINDOWS = 14;

export function markdown(status: MonitorStatus): string {
  const { windows, rows, alarm, timeline, promise } = status;
  const head = alarm === null ? 'No alarm' : 'Alarm';
  const shown = timeline.slice(-LAST_WINDOWS);
  const number = (value: number | null) => (value === null ? '' : Number(value.toPrecision(3)));
  return [
    `### image-drift: ${head}`,
    '',
    ...(alarm === null
      ? [quietLine(unjudgedOf(timeline))]
      : alarmLines(alarm).map((line) => `- ${markdownText(line)}`)),
    '',
    `${plural(windows, 'window')}, ${plural(rows, 'image')}. Promise: ${markdownText(promise)}.`,
    '',
    '| window | images | statistic | limit | |',
    '|---|---:|---:|---:|---|',
    ...shown.map(({ from, rows, statistic, limit, alarmed }) => {
      return `| ${shortTime(from)} | ${rows.toLocaleString('en')} | ${number(statistic)} | ${number(limit)} | ${alarmed ? '**alarm**' : ''} |`;
    }),
  ].join('\n');
}
