/**
 * A run on Slurm, by the script that `submit` prints: `node dist/spec/ci/slurm/main.js FOLDER SHARDS KILLS [SEED]`.
 * Tasks are killed with -9 at random times, a node is drained, and one task is started twice. Fails if events, rejected
 * images, profile or drift are not those of one `embed` of all images.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Random } from '../../../base/index.js';
import { openImages } from '../../../data/index.js';
import { png, tar, writeFiles } from '../../support/image-files.js';
import { eventBytes, writeJpegs } from '../../support/jpeg-set.js';
import { sharedData } from '../../support/places.js';

const IMAGES_A_SHARD = 20;
const LIMIT_MS = 600_000;
const FASHION = 'fashion-mnist-resnet18';

const [, , folder = '', ...numbers] = process.argv;
const [shards = 24, kills = 6, seed = 1] = numbers.map(Number);
const random = Random.stream(seed, 0);

function program(name: string, ...args: string[]): string {
  return execFileSync(name, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim();
}

const drift = (...args: string[]) => program('image-drift', ...args);

function same(a: string, b: string): void {
  if (!eventBytes(join(folder, a)).equals(eventBytes(join(folder, b)))) throw new Error(`${a} is not ${b}`);
  console.log(`${a} has the bytes of ${b}`);
}

/** Processes that embed a shard of this run, and no others. */
function tasks(run: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && isTask(name, run))
    .map(Number);
}

function isTask(pid: string, run: string): boolean {
  try {
    const words = readFileSync(join('/proc', pid, 'cmdline'), 'utf8').split('\0');
    return words[0]!.endsWith('node') && words.includes('embed') && words.includes(join(folder, run, 'plan.json'));
  } catch {
    return false;
  }
}

/** A task that is queued again waits two minutes, unless somebody says that it need not. */
function startNow(): void {
  for (const line of program('squeue', '-h', '-r', '-t', 'PENDING', '-o', '%i %r').split('\n')) {
    const [job, reason] = line.split(' ');
    if (job && reason === 'BeginTime') program('scontrol', 'update', `jobid=${job}`, 'StartTime=now');
  }
}

async function check(run: string, inputs: readonly string[], weights: string): Promise<void> {
  const model = ['--weights', weights, '--backend', 'simd'];
  drift('embed', ...inputs, ...model, '--max-rejected', '2%', '--out', `${run}.once.parquet`);
  drift('plan', ...inputs, ...model, '--shards', String(shards), '--out', run);
  const script = drift('submit', run, '--to', 'slurm', '--cpus', '1', '--memory', '256');
  // Nodes of this machine have no memory by Slurm's account.
  writeFileSync(join(folder, `${run}.sbatch`), script.replace(/^#SBATCH --mem=.*$/m, ''));
  const submitted = program('sbatch', `${run}.sbatch`);
  let [killed, isDrained, twice] = [0, false, null as ChildProcess | null];
  const began = Date.now();
  while (program('squeue', '-h', '-o', '%i') !== '') {
    if (Date.now() - began > LIMIT_MS) throw new Error(`${run}: not done after ${LIMIT_MS / 1000} s`);
    await pause(200 + random.below(1000));
    startNow();
    // The one beside Slurm is not Slurm's to start again.
    const running = tasks(run).filter((task) => task !== twice?.pid);
    if (killed < kills && running.length > 0) {
      try {
        process.kill(running[random.below(running.length)]!, 'SIGKILL');
        killed++;
      } catch {
        // It has ended meanwhile.
      }
    }
    if (killed === 2 && twice === null) {
      program('scontrol', 'update', 'nodename=n2', 'state=drain', 'reason=check');
      isDrained = true;
      const again = ['embed', '--plan', join(folder, run, 'plan.json'), '--shard', `${shards - 1}/${shards}`];
      twice = spawn('image-drift', again, { cwd: folder, stdio: 'ignore' });
    }
    if (killed >= 4 && isDrained) {
      program('scontrol', 'update', 'nodename=n2', 'state=resume');
      isDrained = false;
    }
  }
  if (isDrained) program('scontrol', 'update', 'nodename=n2', 'state=resume');
  if (twice === null)
    throw new Error(`${run}: only ${killed} tasks were killed: no node was drained, no task started twice`);
  if (twice.exitCode === null) await new Promise((ended) => twice?.on('close', ended));
  if (twice.exitCode !== 0) throw new Error(`the second task on a shard ended with ${twice.exitCode}`);
  const seconds = ((Date.now() - began) / 1000).toFixed(0);
  console.log(`${submitted}: ${shards} shards, ${killed} kills, one node drained, in ${seconds} s`);
  const { missing, failed } = JSON.parse(drift('status', run, '--json')) as { missing: number[]; failed: unknown[] };
  if (missing.length > 0) throw new Error(`${run}: shards ${missing.join()} are not done: ${JSON.stringify(failed)}`);
  const all = ['--max-rejected', '2%', '--out', `${run}.parquet`, '--profile', `${run}.json`];
  drift('gather', run, ...all);
  same(`${run}.parquet`, `${run}.once.parquet`);
  drift('baseline', `${run}.once.parquet`, '--out', `${run}.once.json`);
  same(`${run}.json`, `${run}.once.json`);
  const windows = (events: string) => {
    const report = JSON.parse(drift('drift', events, '--baseline', `${run}.json`, '--json')) as { windows: object[] };
    return JSON.stringify({ ...report.windows[0], name: '' });
  };
  if (windows(run) !== windows(`${run}.once.parquet`)) throw new Error(`${run}: the drift of the run is another`);
}

/** Images of CIFAR-10 as PNGs: half of them in a folder, the others in tars. */
async function writePngs(array: string): Promise<string[]> {
  const images = await openImages(array);
  const count = shards * IMAGES_A_SHARD;
  const files: { name: string; bytes: Buffer }[] = [];
  for await (const { rows, height, width, data } of images.batches(count, 0, count)) {
    const size = 3 * height * width;
    for (let row = 0; row < rows; row++) {
      const bytes = png(height, width, data.subarray(row * size, (row + 1) * size));
      files.push({ name: `${String(files.length).padStart(5, '0')}.png`, bytes });
    }
  }
  await images.close();
  const half = files.length / 2;
  const pngs = files.slice(0, half).map(({ name, bytes }) => [name, bytes]);
  writeFiles(join(folder, 'pngs'), Object.fromEntries(pngs) as Record<string, Buffer>);
  const tars = Array.from({ length: shards / 2 }, (_, i) => `${String(i).padStart(5, '0')}.tar`);
  for (const [i, name] of tars.entries()) {
    writeFiles(join(folder, 'png-tars'), {
      [name]: tar(files.slice(half + i * IMAGES_A_SHARD, half + (i + 1) * IMAGES_A_SHARD)),
    });
  }
  return [join(folder, 'pngs'), ...tars.map((name) => join(folder, 'png-tars', name))];
}

const sets = await writeJpegs(folder, shards * IMAGES_A_SHARD, shards);
await check('files', sets.folder, FASHION);
await check('tars', sets.tars, FASHION);
if (sharedData === null) console.log('SKIPPED (no shared test data): PNGs and tars of CIFAR-10');
else {
  const weights = join(folder, 'cifar-weights');
  const checkpoint = join(sharedData, 'resnet18_cifar10_epoch5.pth');
  drift('convert', checkpoint, '--size', '32', '--mean', '0.5', '--std', '0.5', '--out', weights);
  await check('cifar', await writePngs(join(sharedData, 'cifar/production_1/image_data.npz')), weights);
}
