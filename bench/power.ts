/**
 * How often a real change is detected: graded blur and darkening of CIFAR-10 images, windows of 100 and 500 rows, our
 * methods beside Alibi Detect's MMD on the same embeddings.
 *
 * In each trial a random half of the images is the baseline, and windows come from the other half, so they differ only
 * by the corruption. The row of the clean images shows that all methods have the same false-alarm rate. Each trial has
 * its own baseline; the luck of a single baseline would be in every cell. Needs the shared data. `IMAGE_DRIFT_PYTHON`
 * names a Python that has alibi-detect with PyTorch; without it only our methods are measured.
 *
 * `npm run bench -- power [trials] [seed]`
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { convertCheckpoint } from '../convert/index.js';
import { corruptBatchAtLevel, type GradedCorruptionName, type Level, openImages } from '../data/index.js';
import {
  type DriftBatch,
  fitProfile,
  type MethodContext,
  methodsByName,
  takeRows,
  WindowCounter,
} from '../drift/index.js';
import { Embedder } from '../engine/index.js';
import { Random } from '../random/index.js';
import { packageRoot, sharedData } from '../spec/support/paths.js';
import { temporaryFolder } from '../spec/support/temporary.js';
import { joined } from './joined.js';
import { writeResults } from './results.js';

const SIZES = [100, 500];
const LEVELS: readonly Level[] = [1, 2, 3];
const CORRUPTIONS: readonly GradedCorruptionName[] = ['blur', 'darken'];
const METHODS = ['js', 'mmd', 'classifier', 'frechet'];
const ALPHA = 0.05;
/** Reference rows for Alibi Detect; our methods keep no more of the baseline either. */
const REFERENCE_ROWS = 1_000;
const IMAGES = 5_000;
const HALF = IMAGES / 2;

const [trials = 50, seed = 1] = process.argv.slice(2).map(Number);

interface Condition {
  corruption: string;
  level: number;
  rows: DriftBatch;
}

interface Trial {
  baseline: number[];
  windows: { size: number; rows: number[] }[];
}

if (sharedData === null) throw new Error('the shared data is not here');
const folder = temporaryFolder();
const embedder = await makeEmbedder(sharedData);
const images = join(sharedData, 'cifar', 'production_1', 'image_data.npz');
const conditions: Condition[] = [{ corruption: 'none', level: 0, rows: await embed(images, null) }];
for (const corruption of CORRUPTIONS) {
  for (const level of LEVELS) {
    conditions.push({ corruption, level, rows: await embed(images, { corruption, level }) });
  }
}
await embedder.close();
const clean = conditions[0]!.rows;

const draws = Array.from({ length: trials }, (_, trial) => drawTrial(trial));
const alarms = new Map<string, number>();
const count = (c: number, size: number, method: string, alarm: boolean) => {
  const key = `${c}/${size}/${method}`;
  alarms.set(key, (alarms.get(key) ?? 0) + (alarm ? 1 : 0));
};

for (const [trial, { baseline, windows }] of draws.entries()) {
  const profile = fitProfile(takeRows(clean, baseline), {}, { seed: seed + trial });
  for (const { size, rows } of windows) {
    for (const [c, condition] of conditions.entries()) {
      const counter = new WindowCounter(profile);
      counter.add(takeRows(condition.rows, rows));
      const context: MethodContext = {
        base: 2,
        alpha: ALPHA,
        tests: 1,
        detect: 0.1,
        seed: seed + trial,
        draws: 199,
        maxDraws: 199,
      };
      const summary = counter.summary();
      for (const method of methodsByName(METHODS)) {
        count(c, size, method.name, (method.compare(profile, summary, context)?.p ?? 1) <= ALPHA);
      }
    }
  }
}
const peer = alibi();
peer?.forEach(({ condition, size, p }) => {
  count(condition, size, 'Alibi Detect MMD', p <= ALPHA);
});

const results = conditions.flatMap(({ corruption, level }, c) =>
  SIZES.flatMap((size) =>
    [...METHODS, ...(peer ? ['Alibi Detect MMD'] : [])].map((method) => ({
      corruption,
      level,
      window_rows: size,
      method,
      windows: trials,
      alarms: alarms.get(`${c}/${size}/${method}`) ?? 0,
      share: ((alarms.get(`${c}/${size}/${method}`) ?? 0) / trials).toFixed(3),
      command: `npm run bench -- power ${trials} ${seed}`,
    })),
  ),
);
console.table(results, ['corruption', 'level', 'window_rows', 'method', 'share']);
console.log(`written to ${await writeResults('power.csv', results)}`);

async function makeEmbedder(shared: string): Promise<Embedder> {
  const weights = join(folder, 'weights');
  const options = { size: [32, 32], mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] } as const;
  await convertCheckpoint(join(shared, 'resnet18_cifar10_epoch5.pth'), weights, {
    size: [...options.size],
    mean: [...options.mean],
    std: [...options.std],
  });
  return Embedder.load(weights, { scores: false });
}

async function embed(
  path: string,
  change: { corruption: GradedCorruptionName; level: Level } | null,
): Promise<DriftBatch> {
  const set = await openImages(path);
  async function* batches() {
    for await (const batch of set.batches(64)) {
      const { firstRow } = batch;
      const changed = change ? corruptBatchAtLevel(batch, change.corruption, change.level, { seed, firstRow }) : batch;
      yield { ...changed, firstRow };
    }
  }
  const parts: Float32Array[] = [];
  for await (const { taps } of embedder.run(batches())) parts.push([...taps.values()][0]?.data ?? new Float32Array(0));
  await set.close();
  const data = joined(parts);
  return { embeddings: { rows: set.count, columns: data.length / set.count, data } };
}

/** Rows of the baseline, and of a window of each size from the other half. */
function drawTrial(trial: number): Trial {
  const order = [...Random.stream(seed, trial).sample(IMAGES, IMAGES)];
  return {
    baseline: order.slice(0, HALF),
    windows: SIZES.map((size) => ({ size, rows: order.slice(HALF, HALF + size) })),
  };
}

/** The peer's answers for all windows under all conditions; null if it is not installed. */
function alibi(): { condition: number; size: number; p: number }[] | null {
  const python = process.env['IMAGE_DRIFT_PYTHON'];
  if (python === undefined) return null;
  const job = {
    columns: clean.embeddings.columns,
    conditions: conditions.map(({ rows: { embeddings } }, c) => {
      const { buffer, byteOffset, byteLength } = embeddings.data;
      const file = join(folder, `${c}.bin`);
      writeFileSync(file, new Uint8Array(buffer, byteOffset, byteLength));
      return file;
    }),
    trials: draws.map(({ baseline, windows }) => ({ reference: baseline.slice(0, REFERENCE_ROWS), windows })),
    out: join(folder, 'p.json'),
  };
  writeFileSync(join(folder, 'job.json'), JSON.stringify(job));
  const script = join(packageRoot, 'bench', 'power_alibi.py');
  const { status, stderr } = spawnSync(python, [script, join(folder, 'job.json')], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${python}: ${stderr}`);
  return JSON.parse(readFileSync(job.out, 'utf8')) as { condition: number; size: number; p: number }[];
}
