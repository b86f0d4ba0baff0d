/** Compares whole networks with torchvision in float64, at several taps and the softmax (fixtures/engine/executor). */
import { Embedder, type EmbedderOptions, type ImageBatch } from '../../engine/index.js';
import type { Values } from '../../graph/operations/operation.js';
import { pixels } from './pseudo-random.js';
import { type PseudoModel, pseudoWeights } from './pseudo-weights.js';
import { type Sample, sampledError } from './relative-error.js';
import { assert, readFixture } from './test.js';

interface NetworkGolden extends PseudoModel {
  images: string;
  rows: number;
  height: number;
  width: number;
  scores: Sample;
  taps: Record<string, Sample>;
}

const TOLERANCE = 1e-5;

export function networkGoldens(): NetworkGolden[] {
  return readFixture('engine', 'executor', 'goldens.json');
}

/** @returns the largest error over taps and scores, each relative to its largest value */
export async function checkNetwork(golden: NetworkGolden, options: EmbedderOptions): Promise<number> {
  const { images, rows, height, width } = golden;
  const tap = Object.keys(golden.taps);
  const embedder = await Embedder.create(pseudoWeights(golden), { tap, ...options });
  const data = pixels(images, rows * height * width * 3);
  const errors: number[] = [];
  const check = (what: string, error: number) => {
    errors.push(error);
    assert.ok(error <= TOLERANCE, `${what}: ${error} relative to the largest value`);
  };
  for await (const { taps, scores } of embedder.run([{ rows, height, width, data }])) {
    for (const name of tap) check(name, sampledError(golden.taps[name]!, taps.get(name)!.shape, taps.get(name)!.data));
    check('scores', sampledError(golden.scores, [rows, golden.classes], scores!));
  }
  await embedder.close();
  return Math.max(...errors);
}

// Turns images into network inputs, as engines do inside. The reference starts from these inputs.

/** `[N, 3, H, W]`, rounded to float32 after every step, as torchvision's `ToTensor` and `Normalize` do. */
export function networkInput(
  { rows, height, width, data }: ImageBatch,
  mean: readonly number[],
  std: readonly number[],
): Values {
  const plane = height * width;
  const seen = new Float64Array(rows * 3 * plane);
  for (let i = 0; i < seen.length; i++) {
    const image = Math.floor(i / (3 * plane));
    const channel = Math.floor(i / plane) % 3;
    const pixel = data[(image * plane + (i % plane)) * 3 + channel]!;
    const centred = Math.fround(Math.fround(pixel / 255) - Math.fround(mean[channel]!));
    seen[i] = Math.fround(centred / Math.fround(std[channel]!));
  }
  return { shape: [rows, 3, height, width], data: seen };
}
