/** The CIFAR-10 tranches as PNG files or WebDataset give their arrays' events, except for columns that name files. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { convertCheckpoint } from '../../convert/index.js';
import { Embedder } from '../../engine/index.js';
import { embedImages } from '../../pipeline/index.js';
import { comparable, readEvents } from '../data/support/event-tables.js';
import { png, type TarEntry, tar, writeFiles } from '../support/image-files.js';
import { readWholeArray } from '../support/npz-file.js';
import { assert, cases, suite, temporaryFolder, withSharedData } from '../support/test.js';

const TRANCHES = ['reference', 'production_1', 'production_2', 'production_3'];
const SIDE = 32;
const IMAGE_BYTES = SIDE * SIDE * 3;

withSharedData('CIFAR-10 as image files', (shared) => {
  const folder = temporaryFolder();
  const tranches = suite<{ embedder: Embedder }>('CIFAR-10 as image files');

  tranches.before(async (context) => {
    const weights = join(folder, 'weights');
    const checkpoint = join(shared, 'resnet18_cifar10_epoch5.pth');
    await convertCheckpoint(checkpoint, weights, { size: [32, 32], mean: [0.5], std: [0.5] });
    context.embedder = await Embedder.load(weights);
  });
  tranches.after(({ embedder }) => embedder.close());

  for (const name of cases(TRANCHES, 1)) {
    tranches(name, async ({ embedder }) => {
      const path = join(shared, 'cifar', name, 'image_data.npz');
      const files = await imageFiles(path);
      const photos = join(folder, name);
      const table = files.map(({ key, label }) => `${key}.png,${label}\n`).join('');
      writeFiles(photos, Object.fromEntries(files.map(({ key, image }) => [`${key}.png`, image])));
      writeFileSync(join(photos, 'metadata.csv'), `file_name,label\n${table}`);
      const shards = join(folder, `${name}.tar`);
      const entries: TarEntry[] = files.flatMap(({ key, image, label }) => [
        { name: `${key}.png`, bytes: image },
        { name: `${key}.cls`, bytes: String(label) },
      ]);
      writeFileSync(shards, tar(entries));

      const expected = await embedded(embedder, path, join(folder, `${name}-array.parquet`));
      for (const source of [photos, shards]) {
        const found = await embedded(embedder, source, `${source}.parquet`);
        assert.is(found.rows, files.length);
        for (const column of ['embeddings', 'scores', 'targets', 'statistics'] as const) {
          assert.equal(found[column], expected[column], `${source}: ${column}`);
        }
        assert.is(found.imageUrls[7], '00007.png');
      }
    });
  }
});

async function imageFiles(npz: string) {
  const [{ values: pixels }, { values: labels }] = [
    await readWholeArray(npz, 'arr_0'),
    await readWholeArray(npz, 'arr_1'),
  ];
  return Array.from({ length: labels.length }, (_, row) => ({
    key: String(row).padStart(5, '0'),
    image: png(SIDE, SIDE, (pixels as Uint8Array).subarray(row * IMAGE_BYTES, (row + 1) * IMAGE_BYTES)),
    label: Number(labels[row]),
  }));
}

async function embedded(embedder: Embedder, images: string, out: string) {
  await embedImages(embedder, images, out);
  return comparable((await readEvents(out)).events);
}
