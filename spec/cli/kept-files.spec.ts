/** What a person made or waited for is not overwritten in silence. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { writeLabelledEvents } from '../support/labelled-events.js';
import { assert, packageRoot, runCliTo, temporaryFolder, test } from '../support/test.js';

const MAIN = join(packageRoot, 'dist', 'cli', 'main.js');
const cwd = temporaryFolder();
const run = (status: number, args: readonly string[], says?: string | RegExp) => runCliTo(status, args, says, { cwd });
const read = (name: string) => readFileSync(join(cwd, name), 'utf8');
const COLUMNS = ['--scores', 'cat,dog'];
writeLabelledEvents(cwd, 'old.csv', 1_000, 1);
writeLabelledEvents(cwd, 'new.csv', 2_000, 2);
const fit = (events: string, ...flags: string[]) => ['baseline', events, ...COLUMNS, '--clusters', '2', ...flags];
run(0, fit('old.csv', '--out', 'profile.json'));
const planOf = (budget: string, ...flags: string[]) => {
  return ['label-plan', 'new.csv', ...COLUMNS, '--budget', budget, '--profile', 'profile.json', ...flags];
};

test('label-plan keeps the labels of its plan, and refuses to replace another', () => {
  run(0, planOf('60', '--tasks', 'tasks.json', '--page', 'label.html'));
  const [header, ...lines] = read('plan.csv').trimEnd().split('\n');
  const filled = lines.map((line, i) => (i < 20 ? `${line}cat` : line)).reverse();
  writeFileSync(join(cwd, 'plan.csv'), [header, ...filled, ''].join('\r\n'));
  const mine = read('plan.csv');
  run(0, planOf('60', '--tasks', 'tasks.json', '--page', 'label.html'), /plan\.csv: is this plan, .* 20 labels/);
  assert.is(read('plan.csv'), mine);
  const other = /error PLAN_IS_OTHER: plan\.csv: holds another plan of 60 images, 20 of them with a label/;
  run(4, planOf('30'), other);
  run(4, planOf('60', '--seed', '1', '--out', 'plan.csv'), other);
  assert.is(read('plan.csv'), mine);
});

for (const [flag, name] of [
  ['--tasks', 'tasks.json'],
  ['--page', 'label.html'],
  ['--out', 'notes.csv'],
] as const) {
  test(`label-plan ${flag} leaves a file with something else in it, and makes no other`, () => {
    writeFileSync(join(cwd, name), 'mine');
    const out = flag === '--out' ? [] : ['--out', 'unmade.csv'];
    run(4, planOf('40', ...out, flag, name), new RegExp(`IS_OTHER: ${name}: is there`));
    assert.is(read(name), 'mine');
    assert.not.ok(existsSync(join(cwd, 'unmade.csv')));
  });
}

test('baseline replaces the same profile; another only by --out, and says what was there', () => {
  const before = read('profile.json');
  run(0, fit('old.csv'));
  run(4, fit('new.csv'), /error OUTPUT_IS_OTHER: profile\.json: is a profile of 1,000 rows, weights not known, of 20/);
  run(4, fit('old.csv', '--seed', '3', '--by', 'camera'), /error OUTPUT_IS_OTHER/);
  assert.is(read('profile.json'), before);
  run(0, ['monitor', 'init', 'state', '--baseline', 'profile.json', '--force']);
  run(0, fit('new.csv', '--out', 'profile.json'), /profile\.json: replaces a profile of 1,000 rows/);
  assert.is.not(read('profile.json'), before);
  run(0, ['monitor', 'status', 'state']);
  writeFileSync(join(cwd, 'profile.json'), 'my notes');
  run(4, fit('old.csv'), /profile\.json: is a file that is not a profile/);
  assert.is(read('profile.json'), 'my notes');
  writeFileSync(join(cwd, 'profile.json'), before);
});

test('a full disk and a kill leave what was there whole', async () => {
  const before = read('profile.json');
  const plan = read('plan.csv');
  const limited = ['-c', 'ulimit -f 1; exec "$@"', 'bash', process.execPath, MAIN];
  for (const args of [fit('new.csv', '--out', 'profile.json'), planOf('500', '--out', 'large.csv')]) {
    const { status, stderr } = spawnSync('bash', [...limited, ...args], { cwd, encoding: 'utf8' });
    assert.is(status, 4);
    assert.match(stderr, 'DISK_FULL');
  }
  assert.not.ok(existsSync(join(cwd, 'large.csv')));
  const whole = [before];
  run(0, fit('new.csv', '--out', 'whole.json'));
  whole.push(read('whole.json'));
  for (const after of [null, 0, 1]) {
    writeFileSync(join(cwd, 'profile.json'), before);
    const child = spawn(process.execPath, [MAIN, ...fit('new.csv', '--out', 'profile.json')], { cwd, stdio: 'ignore' });
    const ended = once(child, 'exit');
    const isWriting = () => readdirSync(cwd).some((name) => name.endsWith('.partial'));
    while (after !== null && child.exitCode === null && !isWriting()) await pause(after);
    if (after === null) await pause(100);
    child.kill('SIGKILL');
    await ended;
    assert.ok(whole.includes(read('profile.json')));
  }
  assert.is(read('plan.csv'), plan);
  rmSync(join(cwd, 'whole.json'));
});
