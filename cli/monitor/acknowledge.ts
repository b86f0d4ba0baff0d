import { tellFields } from '../../pipeline/options/index.js';
import { command } from '../command.js';
import { flagged } from '../flag.js';
import { print, printJson } from '../output.js';
import { endWith, notifyToken, stateFlag } from './shared.js';

export const monitorAcknowledge = command({
  usage: 'monitor acknowledge <state>',
  describe: 'End the alarm that is open, keep it in the history, and start again',
  positionals: { state: stateFlag },
  options: flagged(tellFields),
  outputs: ['state'],
  examples: [['monitor acknowledge state', 'The change is understood: alarm at the next one']],
  async run({ state, notify, json }) {
    const { alarmLines, openMonitor } = await import('../../pipeline/monitor/index.js');
    const monitor = await openMonitor(state);
    const done = await monitor.acknowledge({ notify, notifyToken: notifyToken() });
    const { acknowledged } = done;
    if (json) printJson(done);
    else if (acknowledged === null) print('No alarm is open.');
    else for (const line of ['Acknowledged:', ...alarmLines(acknowledged)]) print(line);
    endWith(done.not_notified, null, false);
  },
});
