import type { ChildProcess } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { writeJpegs } from '../support/jpeg-set.js';
import { runBesideAlone } from '../support/run-beside.js';
import { assert, endedWith, longTest, runCli, temporaryFolder, test } from '../support/test.js';

const folder = temporaryFolder();
const MODEL = ['--weights', 'fashion-mnist-resnet18', '--backend', 'simd'];
const IMAGES = 60;

function run(args: readonly string[], env: Record<string, string> = {}): string {
  return endedWith(0, runCli(args, { cwd: folder, env })).stdout;
}

function refused(args: readonly string[], exit: number, says: string | RegExp, env: Record<string, string> = {}): void {
  endedWith(exit, runCli(args, { cwd: folder, env }), says);
}

const bytes = (name: string) => readFileSync(join(folder, name));

test.before(async () => {
  await writeJpegs(folder, IMAGES, 4);
});

test('plan, embed --plan by a scheduler’s index, status and gather: the bytes of one embed', () => {
  const planned = JSON.parse(run(['plan', 'photos', ...MODEL, '--shards', '3', '--out', 'run', '--json']));
  assert.equal([planned.images, planned.shards, planned.whole_archives], [IMAGES, 3, false]);
  const [first, second] = [{ SLURM_ARRAY_TASK_ID: '1' }, { SGE_TASK_ID: '1' }];
  const task = ['embed', '--plan', 'run/plan.json', '--shard', 'auto', '--json'];
  assert.equal(JSON.parse(run(task, first)).shards, [1]);
  assert.equal(JSON.parse(run(task, second)).shards, [0]);
  const status = JSON.parse(run(['status', 'run', '--json']));
  assert.equal([status.done, status.missing, status.array, status.failed], [2, [2], '2', []]);
  assert.is(status.run, planned.run);
  refused(['gather', 'run', '--out', 'all.parquet'], 4, 'RUN_INCOMPLETE');
  refused(['baseline', 'run', '--out', 'p.json'], 4, '--only 2');
  const last = JSON.parse(run(['embed', '--plan', 'run', '--only', '2', '--json']));
  assert.equal([last.shards, last.done_before, last.backend], [[2], [], 'simd']);
  const gathered = JSON.parse(run(['gather', 'run', '--out', 'all.parquet', '--profile', 'all.json', '--json']));
  assert.equal([gathered.rows, gathered.shards, gathered.rejected, gathered.run], [IMAGES, 3, 0, planned.run]);
  run(['embed', 'photos', ...MODEL, '--out', 'once.parquet']);
  assert.ok(bytes('all.parquet').equals(bytes('once.parquet')));
  run(['baseline', 'once.parquet', '--out', 'once.json']);
  assert.ok(bytes('all.json').equals(bytes('once.json')));
  assert.match(run(['status', 'run']), 'All shards are done');
  const compared = (events: string) => JSON.parse(run(['drift', events, '--baseline', 'once.json', '--json'])).windows;
  const inspected = JSON.parse(run(['inspect', 'run', '--json']));
  assert.equal([inspected.kind, inspected.format, inspected.dimensions], ['events', 'parquet', 128]);
  const [{ name: _, ...ofRun }] = compared('run');
  const [{ name: __, ...ofFile }] = compared('once.parquet');
  assert.equal(ofRun, ofFile);
});

test('what the plan says is not said again; embed without a plan needs all three', () => {
  writeFileSync(join(folder, 'none.json'), '{}');
  const task = ['embed', '--plan', 'run/plan.json', '--shard', '0/3'];
  refused([...task, '--out', 'x.parquet'], 2, '--out is given, too');
  refused([...task, '--tap', 'fc.0'], 2, '--tap is given, too');
  refused(['embed', 'photos', '--plan', 'run/plan.json'], 2, 'photos is given, too');
  refused([...task, '--no-statistics'], 2, '--no-statistics is given, too; the plan says that');
  refused([...task, '--layout', 'nchw'], 2, '--layout is given, too');
  refused([...task, '--max-rejected', '3'], 2, '--max-rejected is given, too; gather judges that');
  refused([...task, '--save-every', '0'], 2, '--save-every is given, too');
  refused([...task, '--redact-paths'], 2, '--redact-paths is given, too');
  const engine = ['embed', '--plan', 'other/plan.json', '--backend', 'onnxruntime'];
  run(['plan', 'photos', ...MODEL, '--shards', '1', '--out', 'other']);
  refused(engine, 2, '--backend onnxruntime is given, the plan has simd');
  assert.match(run(['status', 'other']), /^Failed: shard 0 on \S+, USAGE: embed --plan: --backend onnxruntime/m);
  refused(['embed', '--plan', 'other', '--precision', 'exact'], 2, '--precision exact is given, the plan has float32');
  refused(['embed', 'photos', ...MODEL], 2, '--out is missing');
  const embed = ['embed', 'photos', ...MODEL, '--out', 'x.parquet'];
  refused([...embed, '--shard', '0/3'], 2, '--shard is for --plan');
  refused([...embed, '--shards-per-task', '2'], 2, '--shards-per-task is for --plan');
  refused(['embed', ...MODEL, '--out', 'x.parquet'], 2, 'input is missing');
  refused(['embed', '--plan', 'run/plan.json', '--shard', 'auto'], 2, 'SHARD_INDEX');
  refused(['embed', '--plan', 'run/plan.json', '--shard', 'auto'], 2, 'SHARD_UNKNOWN', { RANK: '3' });
  refused(['embed', '--plan', 'nowhere/plan.json'], 4, 'PLAN_NOT_FOUND');
  refused(['status', 'https://bucket/run'], 4, 'RUN_PLACE');
  refused(['plan', 'photos', ...MODEL, '--shards', '2', '--out', 'run'], 4, 'PLAN_EXISTS');
});

test('a flag that the scheduler has no place for is refused; what it will not take is told', () => {
  refused(['submit', 'other', '--to', 'slurm', '--image', 'x:1'], 2, '--image is for another scheduler');
  refused(['submit', 'other', '--to', 'slurm', '--mount', '/x'], 2, '--mount is for another scheduler');
  const submit = ['submit', 'other', '--to', 'kubernetes', '--json'];
  assert.equal(JSON.parse(run(submit)).notices, []);
  const [notice] = JSON.parse(run([...submit, '--mount', join(folder, 'other')])).notices;
  assert.match(notice, `Pods do not see ${join(folder, 'photos', '00000000.jpg')}`);
});

test('images at URLs have no size that a plan could tell', () => {
  writeFileSync(join(folder, 'urls.csv'), 'url\nhttps://h/1.jpg\nhttps://h/2.jpg\n');
  assert.match(run(['plan', 'urls.csv', ...MODEL, '--shards', '2', '--out', 'urls']), '2 images, of unknown size in 2');
});

test('what is damaged is told where all shards are done, too', () => {
  writeFileSync(join(folder, 'run', 'parts', '00009.parquet'), '');
  const told = run(['status', 'run']);
  assert.match(told, 'Damaged: run/parts/00009.parquet');
  assert.not.match(told, 'Next');
  rmSync(join(folder, 'run', 'parts', '00009.parquet'));
});

test('a run that has lost its plan is no table of its parts; a profile that cannot be made costs no events', () => {
  renameSync(join(folder, 'run', 'plan.json'), join(folder, 'plan.json'));
  refused(['drift', 'run', '--baseline', 'once.json'], 4, 'PLAN_NOT_FOUND');
  renameSync(join(folder, 'plan.json'), join(folder, 'run', 'plan.json'));
  refused(['gather', 'run', '--out', 'again.parquet', '--profile', 'nowhere/p.json'], 4, 'nowhere');
  assert.not.ok(existsSync(join(folder, 'again.parquet')));
  // Three images have no five clusters, which only the events tell.
  run(['plan', 'photos/0000000[0-2].jpg', ...MODEL, '--shards', '1', '--out', 'few']);
  run(['embed', '--plan', 'few', '--shard', '0/1']);
  const gather = ['gather', 'few', '--out', 'few.parquet', '--profile', 'few.json'];
  const { stdout } = endedWith(4, runCli(gather, { cwd: folder }), 'few.parquet is written.');
  assert.match(stdout, '3 events of 1 shard, all whole');
  assert.ok(existsSync(join(folder, 'few.parquet')));
  assert.not.ok(existsSync(join(folder, 'few.json')));
});

test('a line break in the name of a run does not get into a script; rates of slow networks have digits', () => {
  cpSync(join(folder, 'other'), join(folder, 'a\nb'), { recursive: true });
  refused(['submit', 'a\nb', '--to', 'slurm'], 4, 'RUN_PLACE');
  const marker = join(folder, 'run', 'done', '00002.json');
  const done = readFileSync(marker, 'utf8');
  rmSync(marker);
  for (const shard of [0, 1]) {
    const path = join(folder, 'run', 'done', `0000${shard}.json`);
    const slow = { ...JSON.parse(readFileSync(path, 'utf8')), finished: '2026-01-01T00:00:00.000Z', seconds: 300 };
    writeFileSync(path, JSON.stringify(slow));
  }
  assert.match(run(['status', 'run']), /; 0\.1[34] images\/s, 3 min left/);
  writeFileSync(marker, done.replace(/"finished": "[^"]*"/, '"finished": "noon"'));
  assert.match(run(['status', 'run']), 'Damaged: run/done/00002.json: is no marker of shard 2');
});

/** Starts a task, and kills it once its attempt has begun, or after some ms. */
async function ended(signal: 'SIGTERM' | 'SIGKILL', ms: number): Promise<{ status: number | null }> {
  let child: ChildProcess | null = null;
  const task = runBesideAlone(['embed', '--plan', 'killed/plan.json', '--shard', '0/1'], {
    cwd: folder,
    onStart: (started) => {
      child = started;
    },
  });
  const attempts = join(folder, 'killed', 'attempts');
  const hasBegun = () => existsSync(attempts) && readdirSync(attempts).some((name) => name.startsWith('0'));
  while (!hasBegun() && (child as ChildProcess | null)?.exitCode === null) await pause(5);
  await pause(ms);
  (child as ChildProcess | null)?.kill(signal);
  return task;
}

longTest('SIGTERM ends a task with 130 and leaves nothing; after kill -9 the same command goes on', async () => {
  run(['plan', 'photos', ...MODEL, '--shards', '1', '--out', 'killed']);
  const { status } = await ended('SIGTERM', 0);
  assert.is(status, 130);
  assert.equal(readdirSync(join(folder, 'killed', 'attempts')), []);
  for (const ms of [0, 20, 80]) await ended('SIGKILL', ms);
  run(['embed', '--plan', 'killed/plan.json', '--shard', '0/1']);
  run(['gather', 'killed', '--out', 'killed.parquet']);
  run(['embed', 'photos', ...MODEL, '--out', 'undisturbed.parquet']);
  assert.ok(bytes('killed.parquet').equals(bytes('undisturbed.parquet')));
});
