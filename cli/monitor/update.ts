import { paths, shellWord, toggle } from '../../base/index.js';
import { columnFields } from '../../data/options/index.js';
import type { MonitorUpdate } from '../../pipeline/monitor/index.js';
import { updateFields } from '../../pipeline/options/index.js';
import { checkRuns } from '../checked-runs.js';
import { command } from '../command.js';
import { compute } from '../computing.js';
import { flagged } from '../flag.js';
import { ourCommand, print, printJson, say } from '../output.js';
import { columnChoice, computing } from '../shared-options.js';
import { endWith, notifyToken, stateFlag } from './shared.js';

export const monitorUpdate = command({
  usage: 'monitor update <state> [events..]',
  describe: 'Count events, each once, and what services recorded; says whether an alarm is open',
  positionals: {
    state: stateFlag,
    events: paths()
      .default([])
      .flag(
        '.parquet, .jsonl, .csv or .npz with timestamps; RUN; or folders of other monitors; none: what services recorded',
      ),
  },
  options: {
    ...computing(columnFields),
    ...flagged(updateFields),
    failOnDrift: toggle().default(false).computes('Exit with 3 while an alarm is open'),
  },
  inputs: ['events'],
  outputs: ['state'],
  examples: [
    ['monitor update state today.parquet --fail-on-drift', ''],
    ['monitor update state events/*.parquet', 'Those that were counted before count once'],
    ['monitor update state pods/*/state', 'What the monitors of several pods have counted'],
    ['monitor update state today.parquet --notify https://example.com/hook', 'Who gets a message of an alarm'],
  ],
  async run(args) {
    await checkRuns(args.events);
    const options = { columns: columnChoice(args), notify: args.notify, notifyToken: notifyToken() };
    const update = await compute('monitorUpdate', args.state, args.events, options);
    if (args.json) printJson(update);
    else await tell(update, args);
    endWith(update.not_notified, update.alarm, args.failOnDrift);
  },
});

async function tell(update: MonitorUpdate, { state, quiet }: { state: string; quiet: boolean }): Promise<void> {
  const { added, already_there: before, late, untimed, skipped, refused, unjudged, alarm } = update;
  const count = (value: number) => value.toLocaleString('en');
  const { alarmLines, quietLine } = await import('../../pipeline/monitor/index.js');
  print(`${count(added)} images added, ${count(before)} had been counted before.`);
  if (late > 0) print(`${count(late)} of them are late: their windows had been judged, and are judged again.`);
  if (untimed > 0) say(quiet, `${count(untimed)} rows have no timestamp, and are in no window.`);
  if (skipped > 0) say(quiet, `${count(skipped)} rows with a value that is not finite were left out.`);
  const reasons = Object.entries(refused).map(([code, times]) => `${count(times)} ${code}`);
  if (reasons.length > 0) say(quiet, `Services refused records: ${reasons.join(', ')}.`);
  if (alarm === null) return print(quietLine(unjudged));
  for (const line of alarmLines(alarm)) print(line);
  say(
    quiet,
    `Next: ${ourCommand(`monitor report ${shellWord(state)} --out page.html`)}, then ${ourCommand(`monitor acknowledge ${shellWord(state)}`)}`,
  );
}
