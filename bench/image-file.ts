/** Makes image files for the bench: the first images of other files, as one npz. */
import { openImages } from '../data/index.js';
import { writeNpz } from '../spec/support/npz-file.js';

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
