import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { convertCheckpoint } from '../../convert/index.js';
import { openEvents } from '../../data/index.js';
import { Embedder } from '../../engine/index.js';
import { buildGraph, networkSpec } from '../../graph/backbones/index.js';
import { bind, parameters } from '../../graph/index.js';
import { runReference } from '../../graph/reference.js';
import { embedImages } from '../../pipeline/embed/index.js';
import { readWeights } from '../../weights/index.js';
import { npyBytes } from '../support/npy-bytes.js';
import { pixels } from '../support/pseudo-random.js';
import { narrowBody, pseudoTensor } from '../support/pseudo-weights.js';
import { writeSafetensors } from '../support/safetensors.js';
import { assert, refusal, temporaryFolder, test } from '../support/test.js';

const folder = temporaryFolder();
const [ROWS, SIDE] = [3, 16];

/** A narrow ResNet for so many channels under a prefix, converted. */
async function narrowWeights(channels: number): Promise<string> {
  const spec = { backbone: 'resnet', body: narrowBody, head: [], classes: 3, channels };
  const shapes = parameters(buildGraph(spec));
  const checkpoint = join(folder, `narrow${channels}.safetensors`);
  const tensors = [...shapes].map(([name, shape]) => [`encoder.${name}`, pseudoTensor(name, shape)] as const);
  writeSafetensors(checkpoint, new Map(tensors));
  const out = join(folder, `weights${channels}`);
  await convertCheckpoint(checkpoint, out, { size: [SIDE, SIDE], mean: [0.4], std: [0.25], overwrite: true });
  return out;
}

function saved(name: string, shape: readonly number[]): { path: string; data: Uint8Array } {
  const data = pixels(
    name,
    shape.reduce((a, b) => a * b, 1),
  );
  const path = join(folder, `${name}.npy`);
  writeFileSync(path, npyBytes('|u1', shape, data));
  return { path, data };
}

async function embedded(weights: string, images: string): Promise<Float32Array> {
  await using embedder = await Embedder.load(weights, { backend: 'simd', threads: 1 });
  const out = join(folder, 'events.jsonl');
  await embedImages(embedder, images, out, { statistics: true });
  const events = await openEvents(out);
  const parts: number[] = [];
  for await (const batch of events.batches()) parts.push(...batch.embeddings);
  await events.close();
  return Float32Array.from(parts);
}

/** By the definitions of the operations. @param data `[rows, height, width, channels]` */
async function expected(dir: string, data: Uint8Array, channels: number): Promise<Float64Array> {
  const { config, tensors } = await readWeights(dir);
  const graph = buildGraph(networkSpec(config));
  const area = SIDE * SIDE;
  const planes = Float64Array.from({ length: data.length }, (_, i) => {
    const [row, channel, at] = [Math.floor(i / (channels * area)), Math.floor(i / area) % channels, i % area];
    return (data[(row * area + at) * channels + channel]! / 255 - 0.4) / 0.25;
  });
  const images = { shape: [ROWS, channels, SIDE, SIDE], data: planes };
  return runReference(bind(graph, tensors), images).get(graph.modules.get(config.tap)!)!.data;
}

function assertClose(actual: Float32Array, wanted: Float64Array): void {
  assert.is(actual.length, wanted.length);
  const largest = Math.max(...wanted.map(Math.abs));
  const error = Math.max(...wanted.map((value, i) => Math.abs(value - actual[i]!)));
  assert.ok(error < 1e-5 * largest, `${error} of ${largest}`);
}

test('gray arrays, without and with their one channel', async () => {
  const weights = await narrowWeights(1);
  for (const shape of [
    [ROWS, SIDE, SIDE],
    [ROWS, SIDE, SIDE, 1],
  ]) {
    const { path, data } = saved(`gray${shape.length}`, shape);
    assertClose(await embedded(weights, path), await expected(weights, data, 1));
  }
});

test('RGB for a network of one channel becomes gray as Pillow makes it', async () => {
  const weights = await narrowWeights(1);
  const { path, data } = saved('rgb', [ROWS, SIDE, SIDE, 3]);
  const gray = Uint8Array.from({ length: data.length / 3 }, (_, i) => {
    const [red, green, blue] = [data[3 * i]!, data[3 * i + 1]!, data[3 * i + 2]!];
    return (red * 19_595 + green * 38_470 + blue * 7_471 + 0x8000) >> 16;
  });
  assertClose(await embedded(weights, path), await expected(weights, gray, 1));
});

test('four channels: the fourth is no alpha, and must be there', async () => {
  const weights = await narrowWeights(4);
  const { path, data } = saved('four', [ROWS, SIDE, SIDE, 4]);
  assertClose(await embedded(weights, path), await expected(weights, data, 4));
  const three = saved('three', [ROWS, SIDE, SIDE, 3]);
  await refusal('IMAGES_CHANNELS', () => embedded(weights, three.path), 'images of 3 channels, the network takes 4');
});
