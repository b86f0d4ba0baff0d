/**
 * A folder of JPEGs of 500×375 through ResNet-18 at 224×224: our command line, from the shell to a file, beside PyTorch
 * with Pillow and a DataLoader (`image_folder.py`), timed as its loop alone and as a whole process.
 *
 *     npm run bench -- images [--count 400] [--rounds 5] [--photos FOLDER] [--no-save]
 *
 * The JPEGs are cut from the photographs of `--photos`; by default those of npm's `@vladmandic/face-api`, which are
 * fetched from the registry. The embeddings of both sides are compared. It also measures the processor seconds of decoding,
 * resizing and computing, each alone: `share` is the time of our command over half their sum, on two cores.
 * Needs a Python with torch, torchvision and Pillow.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { convertCheckpoint } from '../convert/index.js';
import { decodeImage, type Image, prepareImage } from '../data/index.js';
import { Embedder } from '../engine/index.js';
import { readWholeArray } from '../spec/support/npz-array.js';
import { runCli } from './cli-run.js';
import { machine, median } from './machine.js';
import { pythonWithTorch } from './peers/installed.js';
import { appendResults } from './results.js';

const SCRIPT = fileURLToPath(new URL('../../bench/image_folder.py', import.meta.url));
const PHOTOS = '@vladmandic/face-api@1.7.15';
const PREPROCESSING = { size: [224, 224], resize: 256, crop: [224, 224] } as const;
/** A share of the largest value. The engine's own error is a tenth of it. */
const TOLERANCE = 1e-4;

const { values: flags } = parseArgs({
  options: {
    count: { type: 'string', default: '400' },
    rounds: { type: 'string', default: '5' },
    photos: { type: 'string' },
    'no-save': { type: 'boolean', default: false },
  },
});

function photographs(folder: string): string {
  if (flags.photos !== undefined) return flags.photos;
  const name = execFileSync('npm', ['pack', PHOTOS, '--silent'], { cwd: folder, encoding: 'utf8' }).trim();
  execFileSync('tar', ['xzf', name, 'package/demo'], { cwd: folder });
  return join(folder, 'package', 'demo');
}

function python(...args: string[]): { stdout: string; seconds: number } {
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync(interpreter, [SCRIPT, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`image_folder.py ${args[0]}: ${stderr}`);
  return { stdout, seconds: (performance.now() - started) / 1000 };
}

/** Processor seconds of this process while it runs a task. */
async function processorSeconds(task: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await task();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

/** Processor seconds of decoding, resizing and computing all images, each alone. */
async function parts(images: string, weights: string): Promise<Record<'decode' | 'resize' | 'compute', number>> {
  const files = readdirSync(images)
    .sort()
    .map((name) => [name, readFileSync(join(images, name))] as const);
  const decoded: Image[] = [];
  const decode = await processorSeconds(async () => {
    for (const [name, bytes] of files) decoded.push(await decodeImage(bytes, name));
  });
  const prepared: Image[] = [];
  const resize = await processorSeconds(async () => {
    for (const image of decoded) prepared.push(prepareImage(image, PREPROCESSING, 'bench'));
  });
  const [height, width] = PREPROCESSING.size;
  const data = new Uint8Array(Buffer.concat(prepared.map((image) => image.data)));
  const embedder = await Embedder.load(weights, { backend: 'simd', threads: 1 });
  const compute = await processorSeconds(async () => {
    let rows = 0;
    for await (const embedded of embedder.run([{ rows: prepared.length, height, width, data }])) rows += embedded.rows;
    if (rows !== prepared.length) throw new Error(`${rows} of ${prepared.length} images were computed`);
  });
  await embedder.close();
  return { decode, resize, compute };
}

function largestDifference(actual: Float32Array, expected: Float32Array): number {
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return actual.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0) / largest;
}

const interpreter = pythonWithTorch() ?? '';
if (interpreter === '') throw new Error('no Python with torch; name one in IMAGE_DRIFT_PYTHON');
const folder = mkdtempSync(join(tmpdir(), 'image-drift-images-'));
try {
  python('make', photographs(folder), join(folder, 'made'), flags.count);
  const [images, checkpoint] = [join(folder, 'made', 'images'), join(folder, 'made', 'model.pth')];
  const weights = join(folder, 'weights');
  await convertCheckpoint(checkpoint, weights, {});
  const alone = await parts(images, weights);
  const [ours, loops, wholes] = [[], [], []] as [number[], number[], number[]];
  let version = '';
  for (let round = 0; round < Number(flags.rounds); round++) {
    const args = ['embed', images, '--weights', weights, '--out', join(folder, 'ours.npz'), '--backend', 'simd'];
    const { seconds } = await runCli([...args, '--quiet'], join(folder, 'probe.json'));
    const theirs = python('run', images, checkpoint, join(folder, 'theirs.npz'));
    const told = JSON.parse(theirs.stdout) as { seconds: number; version: string };
    version = told.version;
    ours.push(seconds);
    loops.push(told.seconds);
    wholes.push(theirs.seconds);
    const line = [seconds, told.seconds, theirs.seconds].map((value) => value.toFixed(1)).join(' s, ');
    console.log(`round ${round + 1}: image-drift, PyTorch's loop, PyTorch's process: ${line} s`);
  }
  const [actual, expected] = [
    await readWholeArray(join(folder, 'ours.npz'), 'embeddings'),
    await readWholeArray(join(folder, 'theirs.npz'), 'embeddings'),
  ];
  const error = largestDifference(actual.values as Float32Array, expected.values as Float32Array);
  if (!(error <= TOLERANCE)) throw new Error(`the embeddings differ by ${error} of the largest value`);
  const half = (alone.decode + alone.resize + alone.compute) / Math.min(2, availableParallelism());
  const rounded = (value: number) => Number(value.toFixed(3));
  const row = {
    ...machine(),
    images: Number(flags.count),
    torch: version,
    rounds: ours.length,
    seconds: rounded(median(ours)),
    fastest: rounded(Math.min(...ours)),
    slowest: rounded(Math.max(...ours)),
    pytorch_loop: rounded(median(loops)),
    pytorch_process: rounded(median(wholes)),
    speedup_over_loop: rounded(median(ours.map((mine, round) => loops[round]! / mine))),
    speedup_over_process: rounded(median(ours.map((mine, round) => wholes[round]! / mine))),
    decode_alone: rounded(alone.decode),
    resize_alone: rounded(alone.resize),
    compute_alone: rounded(alone.compute),
    share: rounded(median(ours) / half),
    error: Number(error.toExponential(1)),
  };
  console.table(row);
  if (!flags['no-save']) console.log(`appended to ${await appendResults('images.csv', [row])}`);
} finally {
  rmSync(folder, { recursive: true });
}
