/** What the parts of `embed` of image files cost, each alone. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeImage, type Image, openImages, prepareImage } from '../data/index.js';
import { Embedder } from '../engine/index.js';
import { writeNpz } from '../spec/support/npz-file.js';

/** Images whose pixels are in memory at once. */
const TOGETHER = 4_000;

async function processorSeconds(task: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await task();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

export type Parts = Record<'decode' | 'resize' | 'compute', number>;

/** Processor seconds of decoding, resizing and computing a folder on one thread, extrapolated from `most` images. */
export async function partsAlone(images: string, weights: string, most = Number.POSITIVE_INFINITY): Promise<Parts> {
  const all = readdirSync(images).sort();
  const names = all.slice(0, most);
  const embedder = await Embedder.load(weights, { backend: 'simd', threads: 1 });
  const sum: Parts = { decode: 0, resize: 0, compute: 0 };
  for (let from = 0; from < names.length; from += TOGETHER) {
    const some = await partsOf(images, names.slice(from, from + TOGETHER), embedder);
    for (const part of ['decode', 'resize', 'compute'] as const) sum[part] += some[part];
  }
  await embedder.close();
  const times = all.length / names.length;
  return { decode: sum.decode * times, resize: sum.resize * times, compute: sum.compute * times };
}

async function partsOf(images: string, names: readonly string[], embedder: Embedder): Promise<Parts> {
  const rule = embedder.config.preprocessing;
  const files = names.map((name) => [name, readFileSync(join(images, name))] as const);
  const decoded: Image[] = [];
  const decode = await processorSeconds(async () => {
    for (const [name, bytes] of files) decoded.push(await decodeImage(bytes, name));
  });
  const prepared: Image[] = [];
  const resize = await processorSeconds(async () => {
    for (const image of decoded) prepared.push(prepareImage(image, rule, 'bench'));
  });
  const [height, width] = rule.size ?? [prepared[0]!.height, prepared[0]!.width];
  const data = new Uint8Array(Buffer.concat(prepared.map((image) => image.data)));
  const compute = await processorSeconds(async () => {
    let rows = 0;
    for await (const embedded of embedder.run([{ rows: prepared.length, height, width, data }])) rows += embedded.rows;
    if (rows !== prepared.length) throw new Error(`${rows} of ${prepared.length} images were computed`);
  });
  return { decode, resize, compute };
}

// Makes image files for the bench: the first images of other files, as one npz.

const BATCH = 1_000;

/** Keeps labels if all files have class numbers. @throws Error if there are fewer than `count` images */
export async function firstImages(paths: readonly string[], count: number, out: string): Promise<void> {
  const pixels: Uint8Array[] = [];
  const labels: bigint[] = [];
  let [rows, height, width] = [0, 0, 0];
  for (const path of paths) {
    const images = await openImages(path);
    ({ height, width } = images);
    for await (const batch of images.batches(BATCH)) {
      const taken = Math.min(batch.rows, count - rows);
      if (taken === 0) break;
      pixels.push(batch.data.slice(0, taken * height * width * 3));
      for (const label of batch.labels.slice(0, taken)) if (typeof label === 'number') labels.push(BigInt(label));
      rows += taken;
    }
    await images.close();
  }
  if (rows < count) throw new Error(`${paths.join(', ')}: ${rows} images, ${count} are asked for`);
  writeNpz(out, {
    arr_0: { descr: '|u1', shape: [rows, height, width, 3], values: new Uint8Array(Buffer.concat(pixels)) },
    ...(labels.length === rows && {
      arr_1: { descr: '<i8' as const, shape: [rows], values: BigInt64Array.from(labels) },
    }),
  });
}
