import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Random } from '../../base/index.js';
import { initMonitor, openMonitor } from '../../pipeline/monitor/index.js';
import { amount, assert, packageRoot, temporaryFolder, test } from '../support/test.js';
import { COLUMN_CHOICE, DAY, FIRST_DAY, makeBaseline, sumsIn, writeEvents } from './monitor-events.js';

const ROUNDS = amount(60, 8);
const DAYS_A_ROUND = 3;
/** Longer than three updates take. */
const LONGEST_MS = 400;
const folder = temporaryFolder();
const days = Array.from({ length: ROUNDS * DAYS_A_ROUND }, (_, day) => {
  return writeEvents(folder, `day-${day}.csv`, { day, rows: 30 });
});

/** @returns whether it was still at work */
async function killed(state: string, tables: readonly string[], after: number): Promise<boolean> {
  const script = join(packageRoot, 'dist', 'spec', 'monitor', 'updating.js');
  const child = spawn(process.execPath, [script, state, ...tables], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  await Promise.race([once(child.stdout, 'data'), ended]);
  await Promise.race([pause(after), ended]);
  const isAtWork = child.exitCode === null;
  child.kill('SIGKILL');
  await ended;
  return isAtWork;
}

test(`${ROUNDS} updates that are killed give the sums of one clean run, and leave nothing else`, async () => {
  const baseline = await makeBaseline(folder);
  const [state, clean] = ['state', 'clean'].map((name) => join(folder, name));
  for (const path of [state!, clean!]) await initMonitor(path, baseline, {});
  const random = new Random(7);
  let kills = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const tables = days.slice(round * DAYS_A_ROUND, (round + 1) * DAYS_A_ROUND);
    // What the last round was killed in is given again, and ends this time or is killed again.
    const before = round === 0 ? [] : days.slice((round - 1) * DAYS_A_ROUND, round * DAYS_A_ROUND);
    kills += Number(await killed(state!, [...before, ...tables], random.uniform() * LONGEST_MS));
    assert.ok((await (await openMonitor(state!)).status()).rows % 30 === 0, 'a table counts whole or not at all');
  }
  assert.ok(kills >= ROUNDS / 2, `${kills} of ${ROUNDS} were at work`);
  const now = () => FIRST_DAY + 1000 * DAY;
  await (await openMonitor(state!)).update(days, { columns: COLUMN_CHOICE, now });
  await (await openMonitor(clean!)).update(days, { columns: COLUMN_CHOICE, now });
  assert.equal(sumsIn(state!), sumsIn(clean!));
  const metricsOf = async (path: string) => {
    return (await (await openMonitor(path)).statusText('openmetrics')).replaceAll(path, 'STATE');
  };
  assert.equal(await metricsOf(state!), await metricsOf(clean!));
  assert.equal(namesIn(state!), namesIn(clean!));
});

/** Without the number of the change that wrote a file, and the id of the monitor. */
function namesIn(state: string): string[] {
  const { id } = JSON.parse(readFileSync(join(state, 'state.json'), 'utf8')) as { id: string };
  const names = readdirSync(state, { recursive: true }).map(String);
  return names.map((name) => name.replace(id, 'ID').replace(/\.\d+$/, '')).sort();
}
