import { text } from '../base/index.js';
import { columnFields } from '../data/options/index.js';
import { promiseFields } from '../pipeline/options/index.js';
import { plural } from '../report/numbers/index.js';
import { checkRuns } from './checked-runs.js';
import { command } from './command.js';
import { compute } from './computing.js';
import { flagged, valuesOf } from './flag.js';
import { checkJson } from './monitor/shared.js';
import { print, printJson } from './output.js';
import { columnChoice, computing } from './shared-options.js';

export const checkBaseline = command({
  usage: 'check-baseline <baseline>',
  describe: 'Whether a baseline carries a promise of false alarms, and how many rows would',
  positionals: { baseline: text().needed().flag('Profile made by image-drift baseline, or its events') },
  options: { ...flagged(promiseFields), ...computing(columnFields) },
  inputs: ['baseline'],
  examples: [
    ['check-baseline profile.json', 'One false alarm a year'],
    ['check-baseline reference.parquet --false-alarm-every 90d --by camera', ''],
  ],
  async run(args) {
    await checkRuns([args.baseline]);
    const check = await compute('checkBaseline', args.baseline, valuesOf(promiseFields, args), columnChoice(args));
    if (args.json) return printJson(checkJson(check));
    const { rows, days, enough, rowsNeeded, daysNeeded, reasons } = check;
    const promise = `one false alarm in ${args.falseAlarmEvery ?? '365d'}`;
    const carries = enough ? 'carries the promise of' : 'does not carry the promise of';
    print(`${args.baseline}: ${plural(rows, 'row')} of ${plural(days, 'day')}. It ${carries} ${promise} at most.`);
    if (rowsNeeded > rows) print(`About ${plural(rowsNeeded, 'row')} like these would.`);
    if (daysNeeded > days) print(`${plural(daysNeeded, 'day')} would.`);
    for (const reason of reasons) print(reason);
  },
});
