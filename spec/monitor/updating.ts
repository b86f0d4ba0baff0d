/** Updates a monitor with one table after another, in a process that may be killed: `updating.js STATE TABLE…`. */
import { openMonitor } from '../../pipeline/monitor/index.js';
import { COLUMN_CHOICE, DAY, FIRST_DAY } from './monitor-events.js';

const [state = '', ...tables] = process.argv.slice(2);
process.stdout.write('begun\n');
for (const table of tables) {
  const monitor = await openMonitor(state);
  await monitor.update([table], { columns: COLUMN_CHOICE, now: () => FIRST_DAY + 1000 * DAY });
}
