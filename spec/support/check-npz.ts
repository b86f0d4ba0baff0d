/** Writes the file of `convert --check` as a program would: images of many sizes, and what a converted network makes of them. */
import { Embedder } from '../../engine/index.js';
import { fed } from '../../pipeline/check/feedings.js';
import type { Weights } from '../../weights/index.js';
import { writeNpz } from './npz-file.js';

export interface Picture {
  height: number;
  width: number;
  data: Uint8Array;
}

/** Arrays of the file by name: type, shape, values. */
export type CheckArrays = Record<string, [descr: string, shape: readonly number[], values: ArrayBufferView]>;

/** Coloured waves on a slope, each image with its own: no two are alike, and every resize shows. */
export function pictures(count: number, sizeOf: (i: number) => readonly [number, number]): Picture[] {
  return Array.from({ length: count }, (_, i) => {
    const [height, width] = sizeOf(i);
    const data = new Uint8Array(height * width * 3);
    for (let at = 0; at < data.length; at++) {
      const [c, x, y] = [at % 3, Math.floor(at / 3) % width, Math.floor(at / 3 / width)];
      const wave = Math.sin((x * (i + 2 + c)) / width) * Math.cos((y * (2 * i + 1)) / height + c * i);
      const edge = (x * 3 + y * (i + 1)) % (17 + i) < 5 ? 60 : 0;
      data[at] = Math.max(0, Math.min(255, Math.round(110 + 80 * wave + edge - 20 * c + (c * 40 * y) / height)));
    }
    return { height, width, data };
  });
}

/** What the model's own program would save: these weights are the right ones. */
export async function programArrays(
  weights: Weights,
  images: readonly Picture[],
  tap = weights.config.tap,
): Promise<CheckArrays> {
  const { mean, std } = weights.config.preprocessing;
  const feeding = { preprocessing: weights.config.preprocessing, isReversed: false };
  const batches = images.map((image, i) => fed({ ...image, channels: 3 }, feeding, `image_${i}`));
  const embedder = await Embedder.create(weights, { tap, backend: 'simd', threads: 0 });
  const rows: { embedding: Float32Array; scores: Float32Array }[] = [];
  for await (const { taps, scores } of embedder.run(batches)) {
    rows.push({ embedding: taps.get(tap)!.data, scores: scores! });
  }
  await embedder.close();
  const inputs = batches.map(({ height, width, data }) => {
    const area = height * width;
    return Float32Array.from({ length: data.length }, (_, i) => {
      const channel = Math.floor(i / area);
      return (data[(i % area) * mean.length + channel]! / 255 - mean[channel]!) / std[channel]!;
    });
  });
  const [{ height, width }] = batches as [(typeof batches)[0]];
  const table = (parts: readonly Float32Array[], ...shape: number[]): CheckArrays[string] => {
    return ['<f4', [images.length, ...shape], joined(parts)];
  };
  const pixels = images.map(({ height, width, data }, i): [string, CheckArrays[string]] => {
    return [`image_${i}`, ['|u1', [height, width, 3], data]];
  });
  return {
    ...Object.fromEntries(pixels),
    embeddings: table(
      rows.map((row) => row.embedding),
      rows[0]!.embedding.length,
    ),
    scores: table(
      rows.map((row) => row.scores),
      rows[0]!.scores.length,
    ),
    inputs: table(inputs, mean.length, height, width),
  };
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.length * parts[0]!.length);
  for (const [i, part] of parts.entries()) all.set(part, i * part.length);
  return all;
}

export function writeCheck(path: string, arrays: CheckArrays): string {
  const members = Object.entries(arrays).map(
    ([name, [descr, shape, values]]) => [name, { descr, shape, values }] as const,
  );
  writeNpz(path, Object.fromEntries(members));
  return path;
}
