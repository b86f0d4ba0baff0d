/**
 * Kills `embed` at random points and repeats the command: `node dist/spec/ci/kill-embed.js IMAGES KILLS [SEED]`. Inputs
 * are a folder of JPEG files and 20 tars, some broken. Fails if events or rejected images differ from an undisturbed
 * run's in any byte, if nothing was reused, or if something is left behind. Each run has another number of threads.
 */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Random } from '../../base/index.js';
import { eventBytes, writeJpegs } from '../support/jpeg-set.js';
import { startBeside } from '../support/run-beside.js';
import { allChecks, type CliRun, temporaryFolder } from '../support/test.js';

const FORMATS = ['parquet', 'npz', 'jsonl', 'csv'] as const;
const THREADS = [2, 1, 8] as const;
const TARS = 20;

const [images = 2000, kills = 2, seed = 1] = process.argv.slice(2).map(Number);
const random = Random.stream(seed, 0);
const folder = temporaryFolder();
const inputs = await writeJpegs(folder, images, TARS);

let runs = 0;

/** Seconds after the start, or after the first part that the run saves itself. */
interface Kill {
  after: 'start' | 'part';
  seconds: number;
}

/** @param kill null: undisturbed */
async function embed(input: readonly string[], out: string, kill: Kill | null): Promise<CliRun> {
  const threads = String(THREADS[runs++ % THREADS.length]);
  const args = ['embed', ...input, '--weights', 'fashion-mnist-resnet18', '--labels', 'none', '--max-rejected', '2%'];
  const flags = ['--out', out, '--threads', threads, '--save-every', '0.2', '--backend', 'simd', '--json'];
  const before = partsOf(out);
  const { child, ended } = startBeside([...args, ...flags], {});
  if (kill !== null) {
    const isDue = () => kill.after === 'start' || partsOf(out) > before;
    while (child.exitCode === null && !isDue()) await pause(5);
    await Promise.race([ended, pause(1000 * kill.seconds)]);
    child.kill('SIGKILL');
  }
  return ended;
}

function partsOf(out: string): number {
  const folder = `${out}.parts`;
  return existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.part')).length : 0;
}

/** What a run has left beside its outputs. Unfinished outputs of killed runs may stay until they are a minute old. */
function leftovers(place: string): string[] {
  return readdirSync(place).filter((name) => !/^(events\.\w+(\.rejected\.jsonl)?|\..*\.partial)$/.test(name));
}

/** Images that a run to the end took from earlier ones. */
function resumedBy({ status, stdout, stderr }: CliRun): number {
  if (status !== 0) throw new Error(`embed ended with ${status}: ${stderr}`);
  return JSON.parse(stdout).resumed;
}

async function check(kind: keyof typeof inputs, format: string, times: number): Promise<void> {
  const place = temporaryFolder();
  const out = join(place, `events.${format}`);
  const started = performance.now();
  const whole = await embed(inputs[kind], out, null);
  const seconds = (performance.now() - started) / 1000;
  if (resumedBy(whole) > 0) throw new Error('an undisturbed run found parts');
  const wanted = eventBytes(out);
  let [resumed, finished] = [0, 0];
  const compare = (ended: CliRun) => {
    resumed += resumedBy(ended);
    finished++;
    if (!eventBytes(out).equals(wanted)) throw new Error(`${kind}, ${format}: other bytes`);
    if (leftovers(place).length > 0) throw new Error(`${kind}, ${format}: left ${leftovers(place).join()}`);
    for (const name of readdirSync(place)) rmSync(join(place, name), { recursive: true, force: true });
  };
  rmSync(out);
  for (let kill = 0; kill < times; kill++) {
    const ended = await embed(inputs[kind], out, killOf(kill, seconds));
    if (ended.status !== null) compare(ended);
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
