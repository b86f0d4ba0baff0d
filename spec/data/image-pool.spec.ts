import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError } from '../../base/index.js';
import { ImagePool, type ReadyImage, type ReadySettings, readyImage } from '../../data/index.js';
import { assert, packageRoot, refusal, test } from '../support/test.js';

const folder = join(packageRoot, 'spec/fixtures/data/images');
const names = ['jpeg444_q75_photo1-23x11.jpg', 'png-adler_.png', 'gif-16_photo1-23x11.gif', 'png-3-4_photo1-23x11.png'];
const dying = new URL('../support/dying-image-worker.js', import.meta.url);

function fileOf(where: string) {
  return { where, bytes: readFileSync(join(folder, where)) };
}

async function outcome(ready: Promise<ReadyImage>): Promise<unknown> {
  try {
    const { pixels, ...image } = await ready;
    return { ...image, pixels: { ...pixels, data: [...pixels.data] } };
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    return [error.code, error.message, error.hint];
  }
}

const SETTINGS: readonly ReadySettings[] = [
  { orientation: 'apply' },
  { rule: { size: [8, 8], resize: 9, crop: [8, 8] }, statistics: true },
  { rule: { size: null, resize: null, crop: [5, 40], border: [1, 2, 3] }, channels: 1, statistics: true },
  { corruption: { name: 'gaussian_noise', seed: 3 }, statistics: true },
];

test('threads give the pixels, statistics and errors of the calling thread', async () => {
  const files = [...names, ...names, ...names].map((where, row) => ({ ...fileOf(where), row }));
  for (const settings of SETTINGS) {
    const pool = new ImagePool({ threads: 2, ...settings });
    const results = await Promise.all(files.map((file) => outcome(pool.ready(file))));
    for (const [i, file] of files.entries()) {
      assert.equal(results[i], await outcome(readyImage(file, settings)), file.where);
    }
    await pool.close();
  }
});

test('pixels that are given back are overwritten, and no others', async () => {
  const settings = SETTINGS[1]!;
  const pool = new ImagePool({ threads: 2, ...settings });
  const files = [names[0]!, names[2]!, names[3]!].map(fileOf);
  const expected = await Promise.all(files.map((file) => readyImage(file, settings)));
  const kept = await Promise.all(files.map((file) => pool.ready(file)));
  for (let round = 0; round < 3; round++) {
    const images = await Promise.all(files.map((file) => pool.ready(file)));
    for (const [i, image] of images.entries()) {
      assert.equal(image.pixels, expected[i]!.pixels, files[i]!.where);
      pool.reuse(image.pixels);
    }
  }
  for (const [i, image] of kept.entries()) assert.equal(image.pixels, expected[i]!.pixels, files[i]!.where);
  await pool.close();
});

test('images of a size, one after the other in a thread, do not touch each other', async () => {
  const kinds = ['jpeg-gray', 'jpeg420_q75', 'jpeg-cmyk', 'jpeg-progressive'];
  const files = kinds.map((kind) => fileOf(`${kind}_photo1-23x11.jpg`));
  // Without a rule, the pixels are those that the decoder gives; with this one, a part of them.
  for (const settings of [{}, { rule: { size: null, resize: null, crop: [5, 23] } }] satisfies ReadySettings[]) {
    const pool = new ImagePool({ threads: 1, ...settings });
    const images = await Promise.all(files.map((file) => pool.ready(file)));
    for (const [i, file] of files.entries()) {
      assert.equal(images[i]!.pixels, (await readyImage(file, settings)).pixels, file.where);
    }
    await pool.close();
  }
});

test('bytes that are a part of a buffer stay as they are', async () => {
  const file = readFileSync(join(folder, names[0]!));
  const large = Buffer.concat([Buffer.alloc(1000), file, Buffer.alloc(1000)]);
  const pool = new ImagePool({ threads: 1 });
  const image = await pool.ready({ bytes: large.subarray(1000, 1000 + file.length), where: 'a part' });
  assert.equal(image.pixels, (await readyImage({ bytes: file, where: 'alone' }, {})).pixels);
  assert.equal(large.subarray(1000, 1000 + file.length), file);
  await pool.close();
});

function ready(pool: ImagePool, where: string, ...bytes: number[]): Promise<ReadyImage> {
  return pool.ready({ bytes: Uint8Array.from(bytes.length > 0 ? bytes : [1]), where });
}

test('a thread that dies costs its image only', async () => {
  const pool = new ImagePool({ threads: 1, script: dying });
  const first = ready(pool, 'a');
  const died = refusal('IMAGE_DECODER_DIED', () => ready(pool, 'die'));
  const thrown = refusal('IMAGE_DECODER_DIED', () => ready(pool, 'throw'));
  const last = ready(pool, 'b', 1, 2);
  assert.equal([(await first).width, (await last).width], [1, 2]);
  assert.is((await died).message, 'die: the thread that decoded it was lost: it ended with 7');
  assert.is((await thrown).message, 'throw: the thread that decoded it was lost: out of luck');
  await pool.close();
});

test('an image that takes too long is given up', async () => {
  const pool = new ImagePool({ threads: 1, script: dying, secondsAnImage: 0.05 });
  const error = await refusal('IMAGE_DECODER_DIED', () => ready(pool, 'hang'));
  assert.is(error.message, 'hang: the thread that decoded it was lost: it took more than 0.05 s');
  await pool.close();
});

test('after close, nothing is made ready', async () => {
  const pool = new ImagePool({ threads: 1, script: dying });
  const refused = ['hang', 'waiting'].map((where) => refusal('IMAGE_POOL_CLOSED', () => ready(pool, where)));
  await pool.close();
  await Promise.all(refused);
  await refusal('IMAGE_POOL_CLOSED', () => ready(pool, 'late'));
});
