/** What a person made or waited for is not overwritten in silence. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { sha256Of } from '#platform';
import { weightsFolder } from '../../weights/index.js';
import { writeLabelledEvents } from '../support/labelled-events.js';
import { writeGray } from '../support/npz-file.js';
import { pseudoWeights } from '../support/pseudo-weights.js';
import { writeSafetensors } from '../support/safetensors.js';
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

test('drift refuses a drill of another profile, and the report says where a drill does not name its own', () => {
  const drill = JSON.parse(readFileSync(join(packageRoot, 'spec', 'fixtures', 'whole', 'drill.json'), 'utf8'));
  const withDrill = ['drift', 'new.csv', ...COLUMNS, '--baseline', 'profile.json', '--report', 'r.html', '--drill'];
  const unnamed = 'The drill does not say of which baseline it is.';
  writeFileSync(join(cwd, 'drill.json'), JSON.stringify(drill));
  run(0, [...withDrill, 'drill.json']);
  assert.match(read('r.html'), unnamed);
  const profile_sha256 = sha256Of(read('profile.json'));
  writeFileSync(join(cwd, 'drill.json'), JSON.stringify({ profile_sha256, ...drill }));
  run(0, [...withDrill, 'drill.json']);
  assert.not.match(read('r.html'), unnamed);
  const before = read('profile.json');
  run(0, fit('new.csv', '--out', 'profile.json'));
  run(4, [...withDrill, 'drill.json'], /error DRILL_OTHER_PROFILE: drill\.json: is of profile \w{12}, the profile/);
  writeFileSync(join(cwd, 'profile.json'), before);
});

test('labels of events that another network made again say so', () => {
  const events = (network: string) => {
    const lines = Array.from({ length: 60 }, (_, i) => {
      return `${network}${i},img${i}.png,"[${i % 7}, ${i % 5}]",${i % 2},${1 - (i % 2)},cat`;
    });
    writeFileSync(join(cwd, 'seen.csv'), ['event_id,image_url,embeddings,cat,dog,target', ...lines, ''].join('\n'));
  };
  events('a');
  run(0, ['baseline', 'seen.csv', ...COLUMNS, '--clusters', '2', '--out', 'seen.json']);
  run(0, ['label-plan', 'seen.csv', ...COLUMNS, '--budget', '10', '--profile', 'seen.json', '--out', 'seen-plan.csv']);
  const accuracy = ['accuracy', 'seen.csv', ...COLUMNS, '--labels', 'seen-plan.csv', '--label-plan', 'seen-plan.csv'];
  writeFileSync(join(cwd, 'seen-plan.csv'), read('seen-plan.csv').replace(/,$/gm, ',cat'));
  run(0, accuracy);
  events('b');
  run(4, accuracy, /LABELS_UNKNOWN: .*"a(\d+)" is no event[\s\S]*has the event_id "b\1" there\. Another network/);
  run(
    4,
    ['label-plan', 'seen.csv', ...COLUMNS, '--budget', '10', '--profile', 'seen.json', '--out', 'seen-plan.csv'],
    /PLAN_IS_OTHER/,
  );
});

test('label-plan killed at each write leaves whole files, and the same command makes the rest', async () => {
  const outputs = ['k.csv', 'k.html', 'k.json'];
  const args = planOf('60', '--out', 'k.csv', '--page', 'k.html', '--tasks', 'k.json');
  run(0, args);
  const whole = outputs.map(read);
  let killed = 0;
  for (const name of outputs) {
    for (const output of outputs) rmSync(join(cwd, output));
    const child = spawn(process.execPath, [MAIN, ...args], { cwd, stdio: 'ignore' });
    const ended = once(child, 'exit');
    const isBegun = () => readdirSync(cwd).some((found) => found.includes(name));
    while (child.exitCode === null && !isBegun()) await pause(0);
    child.kill('SIGKILL');
    if ((await ended)[1] === 'SIGKILL') killed++;
    for (const [i, output] of outputs.entries()) {
      if (existsSync(join(cwd, output))) assert.is(read(output), whole[i]);
    }
    run(0, args);
    assert.equal(outputs.map(read), whole);
  }
  assert.ok(killed > 0);
});

test('embed and convert say what an output that is named was; a default folder of another network is refused', () => {
  const images = join(cwd, 'images.npz');
  writeGray(images, new Uint8Array(2 * 32 * 32));
  const embed = ['embed', images, '--weights', 'fashion-mnist-resnet18', '--threads', '1', '--out'];
  run(0, [...embed, 'e.parquet']);
  run(0, [...embed, 'e.parquet'], /e\.parquet: replaces events of 2 rows, weights \w{12}, of 20/);
  writeFileSync(join(cwd, 'notes.csv'), 'mine');
  run(0, [...embed, 'notes.csv'], /notes\.csv: replaces a file that is not events, of 20/);
  cpSync(weightsFolder('fashion-mnist-resnet18'), join(cwd, 'w'), { recursive: true });
  writeSafetensors(join(cwd, 'm.safetensors'), pseudoWeights({ backbone: 'resnet18', head: [], classes: 3 }).tensors);
  const convert = ['convert', 'm.safetensors', '--classes', 'a,b,c', '--out', 'w'];
  run(0, convert, /w: replaces weights \w{12}, of 20/);
  assert.not.match(run(0, convert).stderr, 'replaces', 'the same weights');
  writeFileSync(join(cwd, 'w', 'notes.txt'), 'mine');
  run(4, convert, 'FOLDER_NOT_EMPTY');
  mkdirSync(join(cwd, 'demo-out'));
  writeFileSync(join(cwd, 'demo-out', 'profile.json'), read('profile.json'));
  run(4, ['demo'], /OUTPUT_IS_OTHER: demo-out.profile\.json: is a profile of 1,000 rows, weights not known/);
  assert.is(read('demo-out/profile.json'), read('profile.json'));
  const mine = JSON.stringify({ ...JSON.parse(read('profile.json')), weightsSha256: 'b'.repeat(64) });
  const before = read('profile.json');
  writeFileSync(join(cwd, 'profile.json'), mine);
  const { stderr } = run(4, ['baseline', 'e.parquet'], /OUTPUT_IS_OTHER: profile\.json: is a profile/);
  assert.not.match(stderr, 'distinct', 'refused before it is fitted');
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
