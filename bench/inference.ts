/**
 * Images a second of one thread: image-drift's backends beside onnxruntime-node, on the same weights and images.
 *
 * Engines take turns, so that a machine that slows down slows all of them; medians are compared, and the ratio is what
 * counts. Outputs are compared first: an engine that computes something else is not measured.
 */
import { availableParallelism, cpus } from 'node:os';
import { NpzFile } from '../data/index.js';
import {
  bind,
  buildGraph,
  type ImageBatch,
  loadBackend,
  onnxBytes,
  onnxModel,
  optimise,
  resolveTap,
} from '../engine/index.js';
import { readWeights, weightsFolder } from '../weights/index.js';
import { loadOnnxRuntime } from './onnxruntime.js';
import { appendResults, packageVersion } from './results.js';

const MODEL = 'fashion-mnist-resnet18';
const BATCH = 64;
const ROUNDS = 9;
const BATCHES_A_ROUND = 4;
/** Relative to the largest value: float32 in two orders of summation. */
const TOLERANCE = 1e-5;
const TAP = 'fc.0';

interface Engine {
  name: string;
  version: string;
  run(batch: ImageBatch): Promise<Float32Array>;
}

async function images(): Promise<ImageBatch> {
  const npz = await NpzFile.open(new URL('../../samples/fashion-mnist/production.npz', import.meta.url).pathname);
  try {
    for await (const { values } of (await npz.array('arr_0')).rows(BATCH)) {
      const gray = values as Uint8Array;
      const data = new Uint8Array(gray.length * 3).map((_, i) => gray[Math.floor(i / 3)] as number);
      return { rows: BATCH, height: 32, width: 32, data };
    }
    throw new Error('no images');
  } finally {
    await npz.close();
  }
}

async function engines(): Promise<Engine[]> {
  const weights = await readWeights(weightsFolder(MODEL));
  const { backbone, head, classes, preprocessing } = weights.config;
  const graph = buildGraph({ backbone, head, classes: classes.length });
  const node = resolveTap(graph, TAP);
  const model = optimise(bind(graph, weights.tensors), new Set([node]));
  const { mean, std } = preprocessing;
  const wasm = await (await loadBackend('wasm')).compile(model, {
    taps: [node],
    scores: false,
    mean,
    std,
    precision: 'float32',
  });
  const ort = await loadOnnxRuntime(
    onnxBytes(onnxModel(model, { taps: new Map([[node, node]]), scores: false, mean, std, size: null })),
    1,
  );
  return [
    {
      name: 'image-drift wasm',
      version: packageVersion('@tensorflow/tfjs-backend-wasm'),
      run: async (batch) => (await wasm.run(batch)).taps.get(node)?.data ?? new Float32Array(0),
    },
    { name: 'onnxruntime-node', version: ort.version, run: (batch) => ort.run(batch, node) },
  ];
}

function checkAgreement(reference: Float32Array, other: Float32Array, name: string): void {
  const largest = reference.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const error = reference.reduce((most, value, i) => Math.max(most, Math.abs(value - (other[i] ?? Number.NaN))), 0);
  if (!(error / largest <= TOLERANCE)) throw new Error(`${name}: differs by ${error / largest} of the largest value`);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] as number;
}

const batch = await images();
const all = await engines();
const outputs: Float32Array[] = [];
for (const engine of all) outputs.push(await engine.run(batch));
all.forEach((engine, i) => {
  checkAgreement(outputs[0] as Float32Array, outputs[i] as Float32Array, engine.name);
});
const rates = new Map(all.map(({ name }) => [name, [] as number[]]));
for (let round = 0; round < ROUNDS; round++) {
  for (const engine of all) {
    const started = performance.now();
    for (let i = 0; i < BATCHES_A_ROUND; i++) await engine.run(batch);
    rates.get(engine.name)?.push((1000 * BATCH * BATCHES_A_ROUND) / (performance.now() - started));
  }
}
const peer = median(rates.get('onnxruntime-node') ?? []);
const rows = all.map(({ name, version }) => {
  const rate = median(rates.get(name) ?? []);
  return {
    date: new Date().toISOString().slice(0, 10),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    node: process.version,
    network: 'resnet18, head 128-10',
    image: '32x32',
    batch: BATCH,
    threads: 1,
    engine: name,
    version,
    images_per_second: Math.round(rate),
    ratio_to_onnxruntime: Number((rate / peer).toFixed(3)),
  };
});
console.table(
  rows.map(({ engine, version, images_per_second, ratio_to_onnxruntime }) => ({
    engine,
    version,
    images_per_second,
    ratio_to_onnxruntime,
  })),
);
console.log(`appended to ${await appendResults('inference.csv', rows)}`);
process.exit(0);
