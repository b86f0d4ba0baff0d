/**
 * Eight detectors and segmenters, exported by their own libraries with random weights, converted by the layer and pool
 * that `convert` proposes: how far their embeddings are from PyTorch's float64, and how often `js` and `mmd` see twelve
 * corruptions of CIFAR-10's photographs in windows of 100, beside the embedding of a trained ResNet-18. Each pixel of
 * the photographs is enlarged to 4 × 4. In a trial 300 of 600 images are the baseline and a window comes from the
 * others; all networks see the same trials. Needs the shared data, and `IMAGE_DRIFT_PYTHON` with what `detectors.py`
 * says.
 *
 *     npm run bench -- detectors [--networks a,b] [--trials 20] [--folder FOLDER]
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../base/index.js';
import { ConvertError, type ConvertOptions, convertCheckpoint } from '../convert/index.js';
import { openImages, type PixelBatch } from '../data/index.js';
import { type DriftBatch, driftReport, fitProfile, type Matrix, takeRows } from '../drift/index.js';
import { Embedder } from '../engine/index.js';
import { readWholeArray } from '../spec/support/npz-file.js';
import { packageRoot, temporaryFolder } from '../spec/support/places.js';
import { relativeError } from '../spec/support/relative-error.js';
import { CORRUPTIONS } from './power-sets.js';
import { flagsOf, joined, writeResults } from './results.js';
import { CIFAR, embedderOf, kept, mean, pythonOf, shared, summaryOf } from './rows.js';

const NETWORKS = [
  ...['yolov5n', 'yolov8n', 'yolo11n', 'ssdlite320_mobilenet_v3_large', 'deeplabv3_mobilenet_v3_large'],
  ...['detr', 'segformer', 'unet'],
];
/** What they are compared with: `fc.0` of the CIFAR-10 classifier, at its own 32 × 32. */
const CLASSIFIER = 'resnet18, trained';
const [IMAGES, BASELINE, WINDOW] = [600, 300, 100];
const [SIDE, FACTOR, CHECKED] = [128, 4, 8];
/** The trials' seed. That of the corruptions is in `power-sets.ts`, that of the weights in `detectors.py`. */
const SEED = 39;
const METHODS = ['js', 'mmd'];

const flags = flagsOf({ networks: NETWORKS.join(), trials: '20', folder: undefined });
const folder = flags.folder ?? temporaryFolder();
const trials = Number(flags.trials);
mkdirSync(folder, { recursive: true });
const images = join(folder, 'images.bin');
await writeImages();

const rows = [];
for (const name of [...flags.networks.split(','), CLASSIFIER]) {
  const row = name === CLASSIFIER ? await rowOfClassifier() : await rowOf(name);
  console.log(JSON.stringify(row));
  rows.push(row);
}
console.log(`written to ${await writeResults('detectors.csv', rows)}`);

async function rowOf(name: string) {
  const weights = join(folder, name);
  const { tap, pool } = await converted(name, weights);
  const reference = join(folder, `${name}.npz`);
  python('reference', name, images, tap, pool, reference);
  const { exact, single } = await referenceOf(reference);
  await using embedder = await Embedder.load(weights, { scores: false });
  const own = await embeddingsOf(embedder, CORRUPTIONS['none']!, CHECKED, true);
  const error = relativeError(own.data, exact);
  const seen = await seenBy(name, (change) => embeddingsOf(embedder, change, IMAGES, true));
  return { network: name, tap, pool, values: own.columns, error, pytorch: relativeError(single, exact), ...seen };
}

async function rowOfClassifier() {
  await using embedder = await embedderOf(CIFAR, join(folder, 'classifier'));
  const { columns } = await embeddingsOf(embedder, CORRUPTIONS['none']!, CHECKED, false);
  const seen = await seenBy(CLASSIFIER, (change) => embeddingsOf(embedder, change, IMAGES, false));
  return { network: CLASSIFIER, tap: 'fc.0', pool: '', values: columns, error: '', pytorch: '', ...seen };
}

/** Converts a network by the first proposal, as it is printed. */
async function converted(
  name: string,
  weights: string,
): Promise<{ tap: string; pool: NonNullable<ConvertOptions['pool']> }> {
  const file = join(folder, `${name}.onnx`);
  if (!existsSync(file)) python('export', name, images, file);
  const options: ConvertOptions = { size: [SIDE, SIDE], mean: [0.5], std: [0.5], overwrite: true };
  const refused = await convertCheckpoint(file, weights, options).catch((error: unknown) => error);
  const hint = refused instanceof ConvertError ? (refused.hint ?? '') : '';
  const [, tap, pool] = /--tap (\S+) --pool (mean|max|cls)/.exec(hint) ?? [];
  if (tap === undefined) throw new Error(`${name}: nothing was proposed: ${String(refused)} ${hint}`);
  const proposal = { tap, pool: pool as 'mean' | 'max' | 'cls' };
  await convertCheckpoint(file, weights, { ...options, ...proposal });
  return proposal;
}

function python(...args: string[]): void {
  const script = join(packageRoot, 'bench', 'detectors.py');
  const { status, stderr } = spawnSync(pythonOf(), [script, ...args], { cwd: folder, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`);
}

async function referenceOf(path: string): Promise<Record<'exact' | 'single', ArrayLike<number>>> {
  const [exact, single] = await Promise.all(['exact', 'single'].map((name) => readWholeArray(path, name)));
  return { exact: exact!.values as ArrayLike<number>, single: single!.values as ArrayLike<number> };
}

async function writeImages(): Promise<void> {
  for await (const batch of photographs(CHECKED)) writeFileSync(images, enlarged(batch).data);
}

async function* photographs(count: number) {
  const set = await openImages(join(shared(), 'cifar', 'production_1', 'image_data.npz'));
  let left = count;
  try {
    for await (const batch of set.batches(Math.min(50, count))) {
      if (left <= 0) break;
      left -= batch.rows;
      yield batch;
    }
  } finally {
    await set.close();
  }
}

function enlarged({ rows: count, height, width, data }: PixelBatch): PixelBatch {
  const [high, wide] = [FACTOR * height, FACTOR * width];
  const large = new Uint8Array(count * high * wide * 3);
  let to = 0;
  for (let row = 0; row < count; row++) {
    for (let y = 0; y < high; y++) {
      for (let x = 0; x < wide; x++, to += 3) {
        const from = 3 * ((row * height + Math.floor(y / FACTOR)) * width + Math.floor(x / FACTOR));
        large.set(data.subarray(from, from + 3), to);
      }
    }
  }
  return { rows: count, height: high, width: wide, data: large };
}

type Change = (typeof CORRUPTIONS)[string];

async function embeddingsOf(embedder: Embedder, change: Change, count: number, isLarge: boolean): Promise<Matrix> {
  async function* batches() {
    for await (const batch of photographs(count)) {
      const changed = change(batch, batch.firstRow);
      yield isLarge ? enlarged(changed) : changed;
    }
  }
  const parts: Float32Array[] = [];
  for await (const { taps } of embedder.run(batches())) parts.push([...taps.values()][0]!.data);
  const data = joined(parts);
  return { rows: count, columns: data.length / count, data };
}

/** The share of windows that alarm, for each corruption; `none` has no change. */
async function seenBy(name: string, embed: (change: Change) => Promise<Matrix>): Promise<Record<string, string>> {
  const conditions = new Map<string, DriftBatch>();
  for (const [corruption, change] of Object.entries(CORRUPTIONS)) {
    const embeddings = await kept(join(folder, `${name}-${corruption}.bin`), () => embed(change));
    conditions.set(corruption, { embeddings });
  }
  const alarms = Array.from({ length: trials }, (_, trial) => alarmsOf(trial, conditions));
  const share = (corruption: string) => mean(alarms.map((one) => Number(one.get(corruption))));
  const shares = [...conditions.keys()].map((corruption) => [corruption, share(corruption)] as const);
  const changed = shares.filter(([corruption]) => corruption !== 'none').map(([, value]) => value);
  const told = shares.map(([corruption, value]) => [corruption, value.toFixed(2)] as const);
  return { all_corruptions: mean(changed).toFixed(3), ...Object.fromEntries(told) };
}

function alarmsOf(trial: number, conditions: ReadonlyMap<string, DriftBatch>): Map<string, boolean> {
  const order = [...Random.stream(SEED, trial).shuffle(Uint32Array.from({ length: IMAGES }, (_, i) => i))];
  const seed = SEED + trial;
  const profile = fitProfile(takeRows(conditions.get('none')!, order.slice(0, BASELINE)), {}, { seed });
  const rowsOfWindow = order.slice(BASELINE, BASELINE + WINDOW);
  return new Map(
    [...conditions].map(([corruption, batch]) => {
      const window = { name: corruption, summary: summaryOf(profile, takeRows(batch, rowsOfWindow)) };
      const { verdict } = driftReport(profile, [window], { seed, draws: 399, methods: METHODS }).windows[0]!;
      return [corruption, verdict === 'drift'];
    }),
  );
}
