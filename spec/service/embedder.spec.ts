import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ImageEmbedder, openEmbedder } from '../../pipeline/service/index.js';
import { writeWeights } from '../../weights/index.js';
import { answerOf, batchedAnswers } from '../support/embedded-rows.js';
import { narrowBody, pseudoWeights } from '../support/pseudo-weights.js';
import { assert, fixtures, refusal, temporaryFolder, test } from '../support/test.js';

const folder = temporaryFolder();
const weights = join(folder, 'weights');
const SIDE = 32;
const model = pseudoWeights({ backbone: 'resnet', body: narrowBody, head: [], classes: 2 });
Object.assign(model.config.preprocessing, { size: [SIDE, SIDE], resize: [SIDE, SIDE], crop: null });
await writeWeights(weights, model);
const embedder = await openEmbedder(weights, { threads: 2, maxWaiting: 1000 });
test.after(() => embedder.close());

const IMAGES = join(fixtures, 'data', 'images');
const names = readdirSync(IMAGES).filter((name) => /\.(bmp|gif|jpg|png|tif|webp)$/.test(name));

test('calls beside each other give what embedImages gives, bit for bit; a broken image is an error of its call', async () => {
  const wanted = await batchedAnswers(embedder.network, IMAGES, join(folder, 'events.parquet'));
  assert.ok(names.length > 100 && [...wanted.values()].some((answer) => typeof answer === 'string'));
  const paths = names.map((name) => join(IMAGES, name));
  const [byPath, byBytes] = await Promise.all([
    Promise.all(paths.map((path) => answerOf(embedder.embed(path)))),
    Promise.all(paths.map((path) => answerOf(embedder.embed(readFileSync(path))))),
  ]);
  for (const [i, name] of names.entries()) {
    assert.equal(byPath[i], wanted.get(name), name);
    assert.equal(byBytes[i], wanted.get(name), name);
  }
});

test('pixels give what a file of them gives', async () => {
  const { decodeImage } = await import('../../data/index.js');
  const path = join(IMAGES, 'bmp-ramp_7x5.bmp');
  const { height, width, data } = await decodeImage(readFileSync(path), path);
  const [ofPixels, ofFile] = await Promise.all([embedder.embed({ height, width, data }), embedder.embed(path)]);
  assert.equal({ ...ofPixels, file: ofFile.file }, ofFile);
  await refusal(
    'PIXELS_LENGTH',
    () => embedder.embed({ height: 2, width: 2, data: new Uint8Array(11) }),
    /12 bytes.*11/,
  );
});

test('a file of 16 bits is refused where the weights have no range, and is as by Pillow where that is asked for', async () => {
  const path = join(IMAGES, 'png-0-16_photo1-23x11.png');
  await refusal('IMAGE_DEPTH', () => embedder.embed(path), /png-0-16.*: PNG of 16 bits a sample/);
  await using asPillow = await openEmbedder(weights, { threads: 1, depth: 'pillow' });
  assert.is((await asPillow.embed(path)).width, 23);
});

test('what a request had instead of an image is refused with a code', async () => {
  for (const given of [undefined, null, {}, { height: 1, width: 1, data: 'abc' }, 7]) {
    await refusal('IMAGE_NEEDED', () => embedder.embed(given as unknown as Uint8Array), /bytes of an image file/);
  }
});

test('a network for images of any size gets each size by itself', async () => {
  const anySize = join(folder, 'any-size');
  Object.assign(model.config.preprocessing, { size: null, resize: null });
  await writeWeights(anySize, model);
  await using any = await openEmbedder(anySize, { threads: 1 });
  const sizes = [32, 40, 32, 48, 40, 32];
  const pixelsOf = (side: number) => ({ height: side, width: side, data: new Uint8Array(3 * side * side).fill(side) });
  const together = await Promise.all(sizes.map((side) => any.embed(pixelsOf(side))));
  for (const [i, side] of sizes.entries()) assert.equal(await any.embed(pixelsOf(side)), together[i]);
});

const black = { height: SIDE, width: SIDE, data: new Uint8Array(3 * SIDE * SIDE) };

test('one call more than may wait is refused at once, and the others are answered', async () => {
  await using few: ImageEmbedder = await openEmbedder(weights, { threads: 1, maxWaiting: 2 });
  const under = [few.embed(black), few.embed(black)];
  await refusal('QUEUE_FULL', () => few.embed(black), /2 images/);
  assert.is((await Promise.all(under)).length, 2);
  assert.is((await few.embed(black)).embedding.length, (await under[0]!).embedding.length);
});

test('a call ends with its signal, and the next one is answered', async () => {
  const controller = new AbortController();
  const call = embedder.embed(black, { signal: controller.signal });
  controller.abort(new Error('the client has gone'));
  await assertThrows(call, 'the client has gone');
  await assertThrows(embedder.embed(black, { signal: controller.signal }), 'the client has gone');
  assert.is((await embedder.embed(black)).width, SIDE);
});

async function assertThrows(call: Promise<unknown>, message: string): Promise<void> {
  const error = await call.then(
    () => null,
    (reason: Error) => reason,
  );
  assert.is(error?.message, message);
}

test('an option that does not exist is refused, and a closed embedder says so', async () => {
  await refusal('OPTION_UNKNOWN', () => openEmbedder(weights, { treads: 2 } as object), {
    hint: 'Did you mean threads?',
  });
  const closed = await openEmbedder(weights);
  await closed.close();
  await refusal('IMAGE_POOL_CLOSED', () => closed.embed(black));
});
