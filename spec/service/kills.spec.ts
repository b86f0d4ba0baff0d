/** @long: it starts processes and kills them */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Random } from '../../base/index.js';
import { openMonitor } from '../../pipeline/monitor/index.js';
import { Recorder } from '../../pipeline/service/index.js';
import { DAY, FIRST_DAY, makeBaseline, sumsIn } from '../monitor/monitor-events.js';
import { amount, assert, packageRoot, temporaryFolder, test } from '../support/test.js';
import { rowOf } from './recording.js';

const AT_ONCE = 8;
const KILLS = amount(40, 8);
const LONGEST_MS = 1500;
const folder = temporaryFolder();
const later = () => FIRST_DAY + 1000 * DAY;

/** @returns rows that were on the disk for sure when it was killed */
async function killed(state: string, baseline: string, number: number, after: number): Promise<number> {
  const script = join(packageRoot, 'dist', 'spec', 'service', 'recording.js');
  const child = spawn(process.execPath, [script, state, baseline, String(number)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (data) => {
    said += data;
  });
  const closed = once(child, 'close');
  await Promise.race([once(child.stdout, 'data'), closed]);
  await pause(after);
  assert.is(child.exitCode, null, 'it was at work');
  child.kill('SIGKILL');
  await closed;
  return Number(said.trim().split('\n').at(-1));
}

test(`${KILLS} kills of ${AT_ONCE} recorders on one STATE: the sums of one process, less what was not flushed`, async () => {
  const baseline = await makeBaseline(folder, ['camera']);
  const [state, clean] = [join(folder, 'state'), join(folder, 'clean')];
  const random = new Random(11);
  const flushed = new Map<number, number>();
  const numbers = Array.from({ length: KILLS }, (_, number) => number);
  const slot = async () => {
    for (let number = numbers.shift(); number !== undefined; number = numbers.shift()) {
      flushed.set(number, await killed(state, baseline, number, random.uniform() * LONGEST_MS));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, slot));
  const monitor = await openMonitor(state);
  await monitor.update([], { now: later });
  assert.is((await monitor.update([], { now: later })).added, 0, 'nothing counts twice');
  const counted = rowsByCamera(state);
  for (const [number, sure] of flushed) {
    const rows = counted.get(`p${number}`) ?? 0;
    assert.ok(rows >= sure, `process ${number} had flushed ${sure} rows, ${rows} are counted`);
  }
  // The same rows by one process that nobody kills.
  await using one = await Recorder.open(clean, {
    baseline,
    window: '1h',
    by: 'camera',
    force: true,
    judgeEvery: 0,
    now: later,
  });
  for (const [camera, rows] of counted) {
    const number = Number(camera.slice(1));
    for (let row = 0; row < rows; row++) assert.ok(one.record(rowOf(number, row)));
  }
  await one.status();
  assert.equal(sumsIn(state), sumsIn(clean));
});

/** Camera → its rows, as the sums of the windows say. */
function rowsByCamera(state: string): Map<string, number> {
  const rows = new Map<string, number>();
  for (const sums of Object.values(sumsIn(state))) {
    for (const [name, [count]] of JSON.parse(sums) as [string, number[]][]) {
      const camera = name.split(' ')[1]!;
      if (camera !== '') rows.set(camera, (rows.get(camera) ?? 0) + count!);
    }
  }
  return rows;
}
