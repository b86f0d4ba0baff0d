import { shellWord, text } from '../../base/index.js';
import { initFields } from '../../pipeline/options/index.js';
import { command } from '../command.js';
import { flagged, valuesOf } from '../flag.js';
import { ourCommand, print, printJson, say } from '../output.js';
import { baselineFlag } from '../shared-options.js';
import { checkJson, notifyToken } from './shared.js';

export const monitorInit = command({
  usage: 'monitor init <state>',
  describe: 'Make a monitor: a folder that counts windows and promises few false alarms',
  positionals: { state: text().needed().flag('Folder to make') },
  options: { baseline: baselineFlag, ...flagged(initFields) },
  inputs: ['baseline'],
  outputs: ['state'],
  examples: [
    ['monitor init state --baseline profile.json', 'A window a day, one false alarm a year at most'],
    ['monitor init state --baseline profile.json --false-alarm-every 90d --window 1h --by camera', ''],
    ['monitor init state --baseline profile.json --season 7d', 'Weekdays differ: each is compared with its like'],
  ],
  async run(args) {
    const { initMonitor } = await import('../../pipeline/monitor/index.js');
    const options = { ...valuesOf(initFields, args), notifyToken: notifyToken() };
    const { monitor, check } = await initMonitor(args.state, args.baseline, options);
    const { promise } = await monitor.status();
    if (args.json) return printJson({ state: args.state, promise, ...checkJson(check) });
    print(`${args.state}: ${promise}`);
    for (const reason of check.reasons) print(reason);
    say(args.quiet, `Next: ${ourCommand(`monitor update ${shellWord(args.state)} EVENTS`)}`);
  },
});
