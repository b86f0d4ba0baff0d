/**
 * Tasks of a run in shards, killed at random: `node dist/spec/ci/kill-shards.js KILLS JOB_KILLS [SEED]`. First, tasks
 * on one shard are killed with -9: of files, of an array, and of parquet with images in it. Then a stand-in for an
 * Indexed Job of Kubernetes runs `submit`'s manifest, with tries, exit codes and evictions. Fails if a part or the
 * gathered events differ from an undisturbed run's in any byte.
 */
import type { ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { Random } from '../../base/index.js';
import { imageSchema } from '../support/image-files.js';
import { eventBytes, writeJpegs } from '../support/jpeg-set.js';
import { pixels, writeNpz } from '../support/npz-file.js';
import { temporaryFolder } from '../support/places.js';
import { runBesideAlone } from '../support/run-beside.js';

const MODEL = ['--weights', 'fashion-mnist-resnet18', '--backend', 'simd'];
const [IMAGES, SIDE, INDICES, AT_ONCE, ROW_GROUP] = [240, 32, 12, 2, 30];

const [kills = 50, jobKills = 30, seed = 1] = process.argv.slice(2).map(Number);
const random = Random.stream(seed, 0);
const folder = temporaryFolder();
const inputs = await writeJpegs(folder, IMAGES, 4);

interface Task {
  code: number | null;
  stdout: string;
  seconds: number;
}

interface Ending {
  signal: 'SIGKILL' | 'SIGTERM';
  after: number;
}

async function run(args: readonly string[], env: Record<string, string> = {}, ending?: Ending): Promise<Task> {
  const started = performance.now();
  const onStart = (child: ChildProcess) => ending && setTimeout(() => child.kill(ending.signal), 1000 * ending.after);
  const { status: code, stdout, stderr } = await runBesideAlone(args, { cwd: folder, env, onStart });
  // 143: a task that got its signal before it had begun.
  if (code !== null && ![0, 130, 143].includes(code))
    throw new Error(`${args.join(' ')} ended with ${code}: ${stderr}`);
  return { code, stdout, seconds: (performance.now() - started) / 1000 };
}

const bytes = (...path: string[]) => readFileSync(join(folder, ...path));

const ARRAY = 'array.npz';
writeNpz(join(folder, ARRAY), {
  arr_0: { descr: '|u1', shape: [IMAGES, SIDE, SIDE, 3], values: pixels(IMAGES, SIDE) },
});

const PARQUET = 'images.parquet';
const [photos = ''] = inputs.folder;
const columnData = [
  { name: 'image', data: readdirSync(photos).map((path) => ({ bytes: readFileSync(join(photos, path)), path })) },
  { name: 'label', data: Array.from({ length: IMAGES }, (_, row) => BigInt(row % 10)) },
];
const written = parquetWriteBuffer({ columnData, schema: imageSchema(), rowGroupSize: ROW_GROUP });
writeFileSync(join(folder, PARQUET), Buffer.from(written));

const PLACES = ['parts', 'rejected', 'done'] as const;

function compareShard(): void {
  for (const file of [
    ['parts', '00001.parquet'],
    ['rejected', '00001.jsonl'],
  ]) {
    if (!bytes('killed', ...file).equals(bytes('calm', ...file))) throw new Error(`${file.join('/')} has other bytes`);
  }
  for (const place of PLACES) {
    if (readdirSync(join(folder, 'killed', place)).length !== 1) throw new Error(`${place} has more than one file`);
  }
}

async function killedShard(source: readonly string[], kills: number): Promise<void> {
  for (const out of ['calm', 'killed']) {
    rmSync(join(folder, out), { recursive: true, force: true });
    await run(['plan', ...source, ...MODEL, '--shards', '3', '--out', out]);
  }
  const { seconds } = await run(['embed', '--plan', 'calm/plan.json', '--shard', '1/3']);
  const task = ['embed', '--plan', 'killed/plan.json', '--shard', '1/3'];
  let [killed, whole] = [0, 0];
  while (killed < kills) {
    const { code } = await run(task, {}, { signal: 'SIGKILL', after: random.uniform() * seconds });
    if (code !== 0) {
      killed++;
      continue;
    }
    whole++;
    compareShard();
    // A shard that is done is left as it is, so nothing would be killed any more.
    for (const place of PLACES) rmSync(join(folder, 'killed', place), { recursive: true });
  }
  await run(task);
  compareShard();
  console.log(`one shard of ${source[0]}: ${killed} kills, ${whole + 1} tasks to the end: equal bytes`);
}

/** What counts in the manifest for a Job controller. */
interface Job {
  completions: number;
  tries: number;
  never: readonly number[];
  args: string[];
}

function jobOf(manifest: string): Job {
  const of = (pattern: RegExp) => pattern.exec(manifest)?.[1] ?? '';
  return {
    completions: Number(of(/^ {2}completions: (\d+)$/m)),
    tries: 1 + Number(of(/^ {2}backoffLimitPerIndex: (\d+)$/m)),
    never: JSON.parse(of(/^ +values: (\[.*\])$/m)) as number[],
    args: JSON.parse(of(/^ +args: (\[.*\])$/m)) as string[],
  };
}

async function indexedJob(): Promise<void> {
  await run(['embed', ...inputs.tars, ...MODEL, '--max-rejected', '2%', '--out', 'once.parquet']);
  await run(['plan', ...inputs.tars, ...MODEL, '--shards', String(INDICES), '--out', 'job']);
  const job = jobOf((await run(['submit', 'job', '--to', 'kubernetes', '--cpus', '1'])).stdout);
  const tries = new Array<number>(job.completions).fill(0);
  const waiting = tries.map((_, index) => index);
  let [killed, evicted, pods] = [0, 0, 0];
  const pod = async (index: number): Promise<void> => {
    const isKilled = killed + evicted < jobKills;
    // The last try of an index is left alone: the job would have failed.
    const signal = tries[index]! === job.tries - 1 || random.below(3) === 0 ? 'SIGTERM' : 'SIGKILL';
    const ending: Ending | undefined = isKilled ? { signal, after: random.uniform() } : undefined;
    pods++;
    const { code } = await run(job.args, { JOB_COMPLETION_INDEX: String(index) }, ending);
    if (code === 0) return;
    if (signal === 'SIGTERM') evicted++;
    else killed++;
    if (code !== null && job.never.includes(code)) throw new Error(`index ${index} failed for good with ${code}`);
    // A pod that was evicted has the condition DisruptionTarget, and costs no try.
    if (signal === 'SIGKILL') tries[index]!++;
    waiting.push(index);
  };
  const controller = async () => {
    for (let index = waiting.shift(); index !== undefined; index = waiting.shift()) await pod(index);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, controller));
  await run(['gather', 'job', '--max-rejected', '2%', '--out', 'job.parquet']);
  const [gathered, once] = ['job.parquet', 'once.parquet'].map((name) => eventBytes(join(folder, name)));
  if (!gathered!.equals(once!)) throw new Error('job.parquet has other bytes');
  console.log(`an Indexed Job: ${INDICES} indices, ${pods} pods, ${killed} killed, ${evicted} evicted: equal bytes`);
}

await killedShard(inputs.folder, kills);
await killedShard([ARRAY], kills);
await killedShard([PARQUET], kills);
await indexedJob();
