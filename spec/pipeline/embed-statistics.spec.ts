import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  type ArraySource,
  corruptBatch,
  IMAGE_STATISTICS,
  imageSourceFrom,
  imageStatistics,
  openEvents,
  openImageSource,
} from '../../data/index.js';
import { Embedder } from '../../engine/index.js';
import { driftBatches, embedImages } from '../../pipeline/index.js';
import { collectEvents, readEvents } from '../data/support/event-tables.js';
import { pixels, writeNpz } from '../support/npz-file.js';
import { pseudoWeights } from '../support/pseudo-weights.js';
import { assert, collect, refusal, temporaryFolder, test } from '../support/test.js';

const ROWS = 7;
const SIDE = 40;
const data = pixels(ROWS, SIDE);
const batch = { rows: ROWS, height: SIDE, width: SIDE, data };
const folder = temporaryFolder();
const imagesPath = join(folder, 'images', 'set.npz');
mkdirSync(join(folder, 'images'));
mkdirSync(join(folder, 'events'));
writeNpz(imagesPath, { arr_0: { descr: '|u1', shape: [ROWS, SIDE, SIDE, 3], values: data } });

const weights = pseudoWeights({ backbone: 'mobilenet_v2', head: [], classes: 3 });
/** Images are resized, so the spec shows which size is measured. */
weights.config.preprocessing.resize = 32;
const embedder = await Embedder.create(weights, { backend: 'simd', threads: 0, batch: 4 });
test.after(() => embedder.close());

for (const format of ['parquet', 'jsonl', 'csv', 'npz']) {
  test(`${format}: statistics of the images as they came, before the resize`, async () => {
    const out = join(folder, 'events', `clean.${format}`);
    await embedImages(embedder, imagesPath, out);
    const source = await openEvents(out);
    assert.equal(source.schema.statistics, [...IMAGE_STATISTICS]);
    assert.equal(source.schema.classes.length, 3);
    assert.equal((await collectEvents(source)).statistics, imageStatistics(batch));
    const [first] = await collect(driftBatches(source));
    assert.ok('brightness' in first!.statistics! && 'relative_sharpness' in first!.statistics!);
    await source.close();
  });
}

test('a corruption shows in the statistics, and the images are found again with it', async () => {
  const out = join(folder, 'events', 'dark.parquet');
  await embedImages(embedder, imagesPath, out, { corruption: { name: 'gaussian_noise', seed: 5 } });
  const { events, schema } = await readEvents(out);
  const corrupted = corruptBatch(batch, 'gaussian_noise', { seed: 5 });
  assert.equal(events.statistics, imageStatistics(corrupted));

  const source = schema.images as ArraySource;
  assert.is(source.count, ROWS);
  assert.is(imageSourceFrom(source.file, out), imagesPath);
  const images = await openImageSource(source, out);
  const parts = await collect(images.batches(3));
  assert.ok(Buffer.concat(parts.map((part) => part.data)).equals(corrupted.data));
  await images.close();

  const moved = join(folder, 'images', 'other.npz');
  writeNpz(moved, { arr_0: { descr: '|u1', shape: [1, SIDE, SIDE, 3], values: data.subarray(0, SIDE * SIDE * 3) } });
  const error = await refusal('IMAGES_CHANGED', () => openImageSource({ ...source, file: '../images/other.npz' }, out));
  assert.match(error.message, /1 images, 7 when/);
});

test("without statistics the table is as before; with a change of one's own it names no images", async () => {
  const out = join(folder, 'events', 'plain.parquet');
  await embedImages(embedder, imagesPath, out, { statistics: false, transform: (images) => images });
  const { schema } = await readEvents(out);
  assert.equal([schema.statistics, schema.images], [[], null]);
});
