import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError } from '../../base/index.js';
import { embedImages } from '../../pipeline/index.js';
import { type EmbeddedImage, type ImageEmbedder, openEmbedder } from '../../pipeline/service/index.js';
import { writeWeights } from '../../weights/index.js';
import { readEvents } from '../data/support/event-tables.js';
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

/** As `embedImages` names its columns. */
function rowOf({ embedding, scores, statistics, look, width, height, file }: EmbeddedImage) {
  return {
    embedding: [...embedding],
    scores: [...scores!],
    // NaN is what the table leaves out.
    statistics: Object.fromEntries(
      Object.entries(statistics).map(([name, value]) => [name, Number.isNaN(value) ? null : value]),
    ),
    said: [width, height, file?.format, file?.bytes, file?.sha256, look?.phash, look?.grid],
  };
}

/** The rows of `embedImages` by name, and the codes of what it rejects. */
async function batched(): Promise<Map<string, unknown>> {
  const out = join(folder, 'events.parquet');
  await embedImages(embedder.network, IMAGES, out, { maxRejected: '100%' });
  const { events, schema } = await readEvents(out);
  const answers = new Map<string, unknown>();
  const { dimensions, classes } = schema;
  for (const [row, name] of (events.carried!.get('image_path') as string[]).entries()) {
    const said = (column: string) => events.carried!.get(column)![row];
    const statistics = [...events.statistics].map(([name, values]) => [
      name,
      Number.isNaN(values[row]!) ? null : values[row]!,
    ]);
    answers.set(name, {
      embedding: [...events.embeddings.subarray(row * dimensions, (row + 1) * dimensions)],
      scores: [...events.scores!.subarray(row * classes.length, (row + 1) * classes.length)],
      statistics: Object.fromEntries(statistics),
      said: [
        'image_width',
        'image_height',
        'image_format',
        'image_bytes',
        'image_sha256',
        'image_phash',
        'image_grid',
      ].map(said),
    });
  }
  for (const line of readFileSync(`${out}.rejected.jsonl`, 'utf8').trim().split('\n')) {
    const { key, code } = JSON.parse(line) as { key: string; code: string };
    answers.set(key, code);
  }
  return answers;
}

async function answerOf(image: Promise<EmbeddedImage>): Promise<unknown> {
  try {
    return rowOf(await image);
  } catch (error) {
    if (error instanceof CodedError) return error.code;
    throw error;
  }
}

test('calls beside each other give what embedImages gives, bit for bit; a broken image is an error of its call', async () => {
  const wanted = await batched();
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
