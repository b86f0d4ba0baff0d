import { oneOf } from '../../base/index.js';
import type { MonitorStatus } from '../../pipeline/monitor/index.js';
import { plural } from '../../report/numbers/index.js';
import { command } from '../command.js';
import { print, printJson, printLines } from '../output.js';
import { formatTable } from '../table.js';
import { stateFlag } from './shared.js';

/** Windows that are printed. */
const LAST = 14;

export const monitorStatus = command({
  usage: 'monitor status <state>',
  describe: 'The promise, the last windows, and the alarm that is open',
  positionals: { state: stateFlag },
  options: {
    format: oneOf('table', 'json', 'markdown', 'openmetrics')
      .default('table')
      .computes("As text, JSON, the summary of a job, or for Prometheus' textfile collector"),
  },
  inputs: ['state'],
  examples: [
    ['monitor status state', ''],
    ['monitor status state --json', 'For programs'],
    ['monitor status state --format markdown >> "$GITHUB_STEP_SUMMARY"', ''],
    ['monitor status state --format openmetrics > /var/lib/prometheus/node-exporter/image_drift.prom', ''],
  ],
  async run({ state, format, json }) {
    const { openMonitor } = await import('../../pipeline/monitor/index.js');
    const monitor = await openMonitor(state);
    if (format === 'markdown' || format === 'openmetrics') return printLines(await monitor.statusText(format));
    const status = await monitor.status();
    if (json || format === 'json') printJson(status);
    else await tell(state, status);
  },
});

async function tell(state: string, { promise, windows, rows, last, alarm, timeline }: MonitorStatus): Promise<void> {
  const { alarmLines, quietLine, shortTime, unjudgedOf } = await import('../../pipeline/monitor/index.js');
  const until = last === null ? '' : `, the latest of ${shortTime(last)}`;
  print(`${state}: ${plural(windows, 'window')}, ${plural(rows, 'image')}${until}`);
  print(`Promise: ${promise}.`);
  for (const line of alarm === null ? [quietLine(unjudgedOf(timeline))] : alarmLines(alarm)) print(line);
  if (timeline.length === 0) return;
  const number = (value: number | null) => (value === null ? '-' : value.toFixed(2));
  const lines = timeline.slice(-LAST).map(({ from, rows, statistic, limit, alarmed }) => {
    return [shortTime(from), rows.toLocaleString('en'), number(statistic), number(limit), alarmed ? 'alarm' : ''];
  });
  printLines(`\n${formatTable(['window', '>images', '>statistic', '>limit', ''], lines)}`);
}
