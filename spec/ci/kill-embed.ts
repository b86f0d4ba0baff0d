/**
 * Kills `embed` at random points and lets the same command go on: `node dist/spec/ci/kill-embed.js IMAGES KILLS [SEED]`.
 *
 * Over a folder of JPEG files and over 20 tars of them, some of which are broken. Fails if the events or the list of
 * rejected images are not, byte for byte, those of an undisturbed run, if nothing was taken from an earlier run, or if
 * something is left behind. Each run has another number of threads.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Random } from '../../random/index.js';
import { allChecks } from '../support/checks.js';
import { writeJpegs } from '../support/jpeg-set.js';
import { packageRoot } from '../support/paths.js';
import { temporaryFolder } from '../support/temporary.js';

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

/** @param killAfter seconds; null: undisturbed */
async function embed(input: readonly string[], out: string, killAfter: number | null): Promise<Ended> {
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
  if (killAfter !== null) {
    await Promise.race([ended, pause(1000 * killAfter)]);
    child.kill('SIGKILL');
  }
  const code = await ended;
  const resumed = code === 0 ? (JSON.parse(text) as { resumed: number }).resumed : 0;
  return { code, seconds: (performance.now() - started) / 1000, resumed };
}

function sha256(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

function hashes(out: string): string[] {
  return [sha256(out), sha256(`${out}.rejected.jsonl`)];
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
    const ended = await embed(inputs[kind], out, whole.seconds * (0.25 + 0.75 * random.uniform()));
    if (ended.code !== null) compare(ended);
  }
  compare(await embed(inputs[kind], out, null));
  if (resumed === 0) throw new Error(`${kind}, ${format}: nothing was taken from the runs that were killed`);
  console.log(
    `${kind}, ${format}: ${times} kills, ${finished} runs to the end, ${resumed.toLocaleString('en')} images taken from killed runs: equal bytes`,
  );
}

const formats = allChecks ? FORMATS : FORMATS.slice(0, 1);
for (const kind of ['folder', 'tars'] as const) {
  for (const format of formats) await check(kind, format, Math.ceil(kills / formats.length));
}
