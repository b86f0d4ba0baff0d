/**
 * Kills `embed` at random points and repeats the command: `node dist/spec/ci/kill-embed.js IMAGES KILLS [SEED]`. Inputs
 * are a folder of JPEG files and 20 tars, some broken. Fails if events or rejected images differ from an undisturbed
 * run's in any byte, if nothing was reused, or if something is left behind. Each run has another number of threads.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Random } from '../../base/index.js';
import { writeJpegs } from '../support/jpeg-set.js';
import { allChecks, packageRoot, temporaryFolder } from '../support/test.js';

const MAIN = join(packageRoot, 'dist', 'cli', 'main.js');
const FORMATS = ['parquet', 'npz', 'jsonl', 'csv'] as const;
const THREADS = [2, 1, 8] as const;
const TARS = 20;

const [images = 2000, kills = 2, seed = 1] = process.argv.slice(2).map(Number);
const random = Random.stream(seed, 0);
const folder = temporaryFolder();
const inputs = await writeJpegs(folder, images, TARS);

interface Ended {
  code: number | null;
  seconds: number;
  resumed: number;
}

let runs = 0;

/** Seconds after the start, or after the first part that the run saves itself. */
interface Kill {
  after: 'start' | 'part';
  seconds: number;
}

/** @param kill null: undisturbed */
async function embed(input: readonly string[], out: string, kill: Kill | null): Promise<Ended> {
  const threads = String(THREADS[runs++ % THREADS.length]);
  const args = ['embed', ...input, '--weights', 'fashion-mnist-resnet18', '--labels', 'none', '--max-rejected', '2%'];
  const all = [MAIN, ...args, '--out', out, '--threads', threads, '--save-every', '0.2', '--backend', 'simd', '--json'];
  const started = performance.now();
  const child = spawn(process.execPath, all, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString('utf8');
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', (code) => resolve(code)));
  if (kill !== null) {
    const before = partsOf(out);
    const isDue = () => kill.after === 'start' || partsOf(out) > before;
    while (child.exitCode === null && !isDue()) await pause(5);
    await Promise.race([ended, pause(1000 * kill.seconds)]);
    child.kill('SIGKILL');
  }
  const code = await ended;
  const resumed = code === 0 ? (JSON.parse(text) as { resumed: number }).resumed : 0;
  return { code, seconds: (performance.now() - started) / 1000, resumed };
}

function partsOf(out: string): number {
  const folder = `${out}.parts`;
  return existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.part')).length : 0;
}

function sha256(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

function hashes(out: string): string[] {
  const rejected = `${out}.rejected.jsonl`;
  // Made only where images are rejected.
  return [sha256(out), existsSync(rejected) ? sha256(rejected) : ''];
}

/** What a run has left beside its outputs. Unfinished outputs of killed runs may stay until they are a minute old. */
function leftovers(place: string): string[] {
  return readdirSync(place).filter((name) => !/^(events\.\w+(\.rejected\.jsonl)?|\..*\.partial)$/.test(name));
}

async function check(kind: keyof typeof inputs, format: string, times: number): Promise<void> {
  const place = temporaryFolder();
  const out = join(place, `events.${format}`);
  const whole = await embed(inputs[kind], out, null);
  if (whole.code !== 0 || whole.resumed > 0) throw new Error(`an undisturbed run ended with ${whole.code}`);
  const wanted = hashes(out);
  let resumed = 0;
  let finished = 0;
  const compare = (ended: Ended) => {
    if (ended.code !== 0) throw new Error(`${kind}, ${format}: ended with ${ended.code}`);
    const got = hashes(out);
    if (got.join() !== wanted.join()) throw new Error(`${kind}, ${format}: ${got.join()}, not ${wanted.join()}`);
    if (leftovers(place).length > 0) throw new Error(`${kind}, ${format}: left ${leftovers(place).join()}`);
    resumed += ended.resumed;
    finished++;
    for (const name of readdirSync(place)) rmSync(join(place, name), { recursive: true, force: true });
  };
  rmSync(out);
  for (let kill = 0; kill < times; kill++) {
    const ended = await embed(inputs[kind], out, killOf(kill, whole.seconds));
    if (ended.code !== null) compare(ended);
  }
  compare(await embed(inputs[kind], out, null));
  if (resumed === 0) throw new Error(`${kind}, ${format}: nothing was taken from the runs that were killed`);
  console.log(
    `${kind}, ${format}: ${times} kills, ${finished} runs to the end, ${resumed.toLocaleString('en')} images taken from killed runs: equal bytes`,
  );
}

/** The first one as soon as something is saved; of the others, a quarter at any time before that, the rest later. */
function killOf(number: number, wholeSeconds: number): Kill {
  if (number === 0) return { after: 'part', seconds: 0 };
  if (random.below(4) === 0) return { after: 'start', seconds: random.uniform() * wholeSeconds * 0.3 };
  return { after: 'part', seconds: random.uniform() * wholeSeconds * 0.4 };
}

const formats = allChecks ? FORMATS : FORMATS.slice(0, 1);
for (const kind of ['folder', 'tars'] as const) {
  for (const format of formats) await check(kind, format, Math.ceil(kills / formats.length));
}
