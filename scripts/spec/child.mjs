/**
 * The process of one spec file: `child.mjs NAME FILE`. It does what uvu's own command does with a single file. On file
 * descriptor 3 it tells the parent how many seconds of processor time were used, with those of its children if the
 * system reports them, and of the processes that it keeps warm for the command line.
 */
import { readFileSync, writeSync } from 'node:fs';
import { run } from 'uvu/run';

const [, , name, file] = process.argv;
/** The unit in which Linux counts: `getconf CLK_TCK` is 100 on every architecture that Node runs on. */
const TICKS_A_SECOND = 100;

function processorSeconds() {
  if (process.platform === 'linux') {
    // The name in brackets may hold blanks. utime, stime, cutime and cstime are the 12th to 15th fields after it.
    const fields = readFileSync('/proc/self/stat', 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS_A_SECOND;
  }
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

process.on('exit', () => writeSync(3, String(processorSeconds() + (globalThis.warmSeconds ?? 0))));
await run([{ name, file }]);
