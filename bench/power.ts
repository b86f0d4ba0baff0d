/**
 * How often a real change is detected: twelve corruptions of CIFAR-10 images, windows of 100, 300 and 1,000 rows, the default
 * of `drift` and each method that votes in it beside other tools.
 *
 * In each trial a random half of the images is the baseline, and windows come from the other half, so they differ only by the
 * corruption. Our methods alarm as they do for a user: at p ≤ 0.05, the default after its correction for methods. The others
 * get the same embeddings and the same baseline rows, and are recalibrated: each alarms where its number is above that of 95 %
 * of clean windows of the same size, which are drawn besides. Differences are paired, as all see the same windows.
 *
 * Needs the shared data. `IMAGE_DRIFT_PYTHON` names a Python that has alibi-detect with PyTorch, frouros and evidently; without
 * it only our methods are measured. `--sets FOLDER` keeps the embeddings for another run.
 *
 *     npm run bench -- power [--trials 60] [--seed 1] [--sets FOLDER]
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { convertCheckpoint } from '../convert/index.js';
import {
  corruptBatchAtLevel,
  GRADED_CORRUPTION_NAMES,
  type Image,
  imageStatistics,
  imagesOf,
  type Level,
  openImages,
  type PixelBatch,
} from '../data/index.js';
import {
  DEFAULT_METHODS,
  type DriftBatch,
  driftReport,
  fitProfile,
  type Matrix,
  takeRows,
  WindowCounter,
  withRelativeStatistics,
} from '../drift/index.js';
import { Embedder } from '../engine/index.js';
import { Random } from '../random/index.js';
import { packageRoot, sharedData } from '../spec/support/paths.js';
import { temporaryFolder } from '../spec/support/temporary.js';
import { joined } from './joined.js';
import { writeResults } from './results.js';

const { values: flags } = parseArgs({
  options: {
    trials: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    sets: { type: 'string' },
  },
});
const [trials, seed] = [Number(flags.trials), Number(flags.seed)];

const SIZES = [100, 300, 1_000];
const LEVEL: Level = 2;
const ALPHA = 0.05;
const IMAGES = 5_000;
const HALF = IMAGES / 2;
const CLASSES = Array.from({ length: 10 }, (_, c) => `class ${c}`);
/** Clean windows of each size in each trial, besides, for the limits of the other tools. */
const QUIET = 5;
const DEFAULT = 'default';

type Change = (batch: PixelBatch, firstRow: number) => PixelBatch;

/** The graded corruptions, and three that the drill does not know. */
const CORRUPTIONS: Readonly<Record<string, Change>> = {
  none: (batch) => batch,
  ...Object.fromEntries(
    GRADED_CORRUPTION_NAMES.map((name) => [
      name,
      (batch: PixelBatch, firstRow: number) => corruptBatchAtLevel(batch, name, LEVEL, { seed, firstRow }),
    ]),
  ),
  salt_and_pepper: (batch, firstRow) => mapPixels(batch, (_, row) => salted(Random.stream(seed, firstRow + row))),
  mirror: (batch) =>
    mapPixels(
      batch,
      ({ width }) =>
        (x, y, pixel) =>
          pixel(width - 1 - x, y),
    ),
  zoom: (batch) =>
    mapPixels(
      batch,
      ({ width, height }) =>
        (x, y, pixel) =>
          pixel(zoomed(x, width), zoomed(y, height)),
    ),
};

type Pixel = (x: number, y: number) => readonly [number, number, number];
type NewPixel = (x: number, y: number, pixel: Pixel) => readonly [number, number, number];

/** One pixel in a hundred is black or white. */
function salted(random: Random): NewPixel {
  return (x, y, pixel) => {
    if (random.uniform() >= 0.01) return pixel(x, y);
    const level = random.below(2) * 255;
    return [level, level, level];
  };
}

/** A tenth less at each side. */
function zoomed(at: number, length: number): number {
  return Math.floor(0.1 * length + (0.8 * length * (at + 0.5)) / length);
}

function mapPixels(batch: PixelBatch, change: (image: Image, row: number) => NewPixel): PixelBatch {
  const data = new Uint8Array(batch.data.length);
  let to = 0;
  for (const [row, image] of [...imagesOf(batch)].entries()) {
    const { width, height } = image;
    const pixel: Pixel = (x, y) => {
      const from = 3 * (y * width + x);
      return [image.data[from]!, image.data[from + 1]!, image.data[from + 2]!];
    };
    const made = change(image, row);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++, to += 3) data.set(made(x, y, pixel), to);
    }
  }
  return { ...batch, data };
}

interface Trial {
  baseline: Uint32Array;
  /** Rows of a window of each size, and of clean ones of each size. */
  windows: { size: number; rows: Uint32Array }[];
  quiet: { size: number; rows: Uint32Array }[];
}

if (sharedData === null) throw new Error('the shared data is not here');
const shared = sharedData;
const folder = flags.sets ?? temporaryFolder();
mkdirSync(folder, { recursive: true });
const names = Object.keys(CORRUPTIONS);
const conditions: DriftBatch[] = [];
for (const name of names) conditions.push(await conditionOf(name));
const drawn = Array.from({ length: trials }, (_, trial) => drawTrial(trial));

/** Alarms, 0 or 1, by method, size and corruption: `[trials]`. */
const alarms = new Map<string, number[]>();
const keyOf = (method: string, size: number, condition: number) => `${method}/${size}/${condition}`;
const note = (method: string, size: number, condition: number, alarm: boolean) => {
  const key = keyOf(method, size, condition);
  alarms.set(key, [...(alarms.get(key) ?? []), alarm ? 1 : 0]);
};
for (const [trial, one] of drawn.entries()) {
  ours(one, trial);
  if ((trial + 1) % 10 === 0) process.stderr.write(`ours: ${trial + 1} of ${trials}\n`);
}
const tools = peers();
const methods = [DEFAULT, ...DEFAULT_METHODS, ...tools];
const results = names.flatMap((corruption, condition) =>
  SIZES.flatMap((size) => {
    const best = bestOf(tools, size, condition);
    return methods.map((method) => {
      const own = alarms.get(keyOf(method, size, condition))!;
      return {
        corruption,
        level: GRADED_CORRUPTION_NAMES.some((name) => name === corruption) ? LEVEL : '',
        window_rows: size,
        method,
        windows: trials,
        share: mean(own).toFixed(3),
        best_other: best ?? '',
        less_best_other: best === null ? '' : paired(own, alarms.get(keyOf(best, size, condition))!),
        command: `npm run bench -- power --trials ${trials} --seed ${seed}`,
      };
    });
  }),
);
console.table(
  names.flatMap((corruption, condition) =>
    SIZES.map((size) => ({
      corruption,
      size,
      ...Object.fromEntries(
        methods.map((method) => [method, mean(alarms.get(keyOf(method, size, condition))!).toFixed(2)]),
      ),
    })),
  ),
);
const changed = names.flatMap((name, condition) => (name === 'none' ? [] : SIZES.map((size) => ({ size, condition }))));
console.table(
  methods.map((method) => ({
    method,
    mean: mean(changed.map(({ size, condition }) => mean(alarms.get(keyOf(method, size, condition))!))).toFixed(3),
  })),
);
console.log(`written to ${await writeResults('power.csv', results)}`);

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The other tool that sees most; null if none was asked. */
function bestOf(tools: readonly string[], size: number, condition: number): string | null {
  const share = (tool: string) => mean(alarms.get(keyOf(tool, size, condition))!);
  return tools.reduce<string | null>((best, tool) => (best === null || share(tool) > share(best) ? tool : best), null);
}

/** Difference of two shares in their paired standard errors; 0 where they never differ. */
function paired(a: readonly number[], b: readonly number[]): string {
  const differences = a.map((value, i) => value - b[i]!);
  const centre = mean(differences);
  const variance = mean(differences.map((value) => (value - centre) ** 2)) / (differences.length - 1);
  return centre === 0 ? '0' : (centre / Math.sqrt(Math.max(variance, 1 / differences.length ** 2))).toFixed(2);
}

/** What the default and each method say of the windows of a trial. */
function ours({ baseline, windows }: Trial, trial: number): void {
  const profile = fitProfile(takeRows(conditions[0]!, [...baseline]), { classes: CLASSES }, { seed: seed + trial });
  for (const { size, rows } of windows) {
    for (const [condition, batch] of conditions.entries()) {
      const counter = new WindowCounter(profile);
      counter.add(takeRows(batch, [...rows]));
      const window = { name: 'window', summary: counter.summary() };
      const options = { seed: seed + trial, draws: 399 };
      const report = driftReport(profile, [window], options).windows[0]!;
      note(DEFAULT, size, condition, report.verdict === 'drift');
      // By itself, a method's p is not times their number.
      for (const name of DEFAULT_METHODS) {
        note(name, size, condition, report.methods[name]!.p! <= ALPHA * DEFAULT_METHODS.length);
      }
    }
  }
}

async function conditionOf(name: string): Promise<DriftBatch> {
  const file = join(folder, `${name}.json`);
  if (!existsSync(file)) await makeCondition(name, file);
  const { statistics, columns, classes } = JSON.parse(readFileSync(file, 'utf8')) as {
    statistics: string[];
    columns: number;
    classes: number;
  };
  const { buffer } = Uint8Array.from(readFileSync(`${file}.bin`));
  const values = new Float32Array(buffer);
  const at = (part: number, width: number) => values.slice(IMAGES * part, IMAGES * (part + width));
  return {
    embeddings: { rows: IMAGES, columns, data: at(0, columns) },
    scores: { rows: IMAGES, columns: classes, data: at(columns, classes) },
    statistics: withRelativeStatistics(
      Object.fromEntries(statistics.map((statistic, s) => [statistic, at(columns + classes + s, 1)])),
    ),
  };
}

/** Embeddings, scores and statistics of all images, in a file. */
async function makeCondition(name: string, file: string): Promise<void> {
  const embedder = await embedderOf();
  const set = await openImages(join(shared, 'cifar', 'production_1', 'image_data.npz'));
  const statistics = new Map<string, number[]>();
  async function* batches() {
    for await (const batch of set.batches(64)) {
      const pixels = CORRUPTIONS[name]!(batch, batch.firstRow);
      for (const [statistic, values] of imageStatistics(pixels)) {
        statistics.set(statistic, [...(statistics.get(statistic) ?? []), ...values]);
      }
      yield { ...pixels, firstRow: batch.firstRow };
    }
  }
  const [parts, scores]: [Float32Array[], Float32Array[]] = [[], []];
  for await (const { taps, scores: ofBatch } of embedder.run(batches())) {
    parts.push([...taps.values()][0]!.data);
    scores.push(ofBatch!);
  }
  await set.close();
  await embedder.close();
  const [embeddings, softmax] = [joined(parts), joined(scores)];
  const all = joined([embeddings, softmax, ...[...statistics.values()].map((values) => Float32Array.from(values))]);
  writeFileSync(`${file}.bin`, all);
  const shape = { columns: embeddings.length / IMAGES, classes: softmax.length / IMAGES };
  writeFileSync(file, JSON.stringify({ ...shape, statistics: [...statistics.keys()] }));
}

async function embedderOf(): Promise<Embedder> {
  const weights = join(folder, 'weights');
  if (!existsSync(weights)) {
    const [mean, size] = [
      [0.5, 0.5, 0.5],
      [32, 32],
    ] as [[number, number, number], [number, number]];
    await convertCheckpoint(join(shared, 'resnet18_cifar10_epoch5.pth'), weights, { size, mean, std: mean });
  }
  return Embedder.load(weights, { scores: true });
}

/** Rows of the baseline, and of windows from the other half. */
function drawTrial(trial: number): Trial {
  const random = Random.stream(seed, trial);
  const order = random.shuffle(Uint32Array.from({ length: IMAGES }, (_, i) => i));
  const [baseline, rest] = [order.slice(0, HALF), order.slice(HALF)];
  return {
    baseline,
    windows: SIZES.map((size) => ({ size, rows: rest.slice(0, size) })),
    quiet: SIZES.flatMap((size) =>
      Array.from({ length: QUIET }, () => ({ size, rows: random.shuffle(rest.slice()).slice(0, size) })),
    ),
  };
}

interface Told {
  tool: string;
  trial: number;
  size: number;
  /** Null for a clean window that is there for the limits. */
  condition: number | null;
  /** More is more drift. */
  value: number;
}

/** What the other tools say of the same windows; their names. */
function peers(): string[] {
  const python = process.env['IMAGE_DRIFT_PYTHON'];
  if (python === undefined) return [];
  const job = {
    columns: conditions[0]!.embeddings.columns,
    conditions: conditions.map(({ embeddings }, condition) => written(embeddings, `condition-${condition}.bin`)),
    trials: drawn.map(({ baseline, windows, quiet }) => ({
      baseline: [...baseline],
      windows: windows.map(({ size, rows }) => ({ size, rows: [...rows] })),
      quiet: quiet.map(({ size, rows }) => ({ size, rows: [...rows] })),
    })),
    out: join(temporaryFolder(), 'told.json'),
  };
  const path = join(temporaryFolder(), 'job.json');
  writeFileSync(path, JSON.stringify(job));
  const script = join(packageRoot, 'bench', 'power_peers.py');
  const { status } = spawnSync(python, ['-W', 'ignore', script, path], { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) throw new Error(`${python} ${script} ended with ${status}`);
  const told = JSON.parse(readFileSync(job.out, 'utf8')) as Told[];
  const tools = [...new Set(told.map(({ tool }) => tool))];
  for (const tool of tools) {
    for (const size of SIZES) {
      const own = told.filter((one) => one.tool === tool && one.size === size);
      const limit = limitOf(own.filter(({ condition }) => condition === null).map(({ value }) => value));
      for (const { condition, value } of own.filter((one) => one.condition !== null)) {
        note(tool, size, condition!, value > limit);
      }
    }
  }
  return tools;
}

/** The value that 5 % of clean windows are above. */
function limitOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.ceil((1 - ALPHA) * sorted.length) - 1]!;
}

function written({ data }: Matrix, name: string): string {
  const file = join(temporaryFolder(), name);
  writeFileSync(file, Float32Array.from(data));
  return file;
}
