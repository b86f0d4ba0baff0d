/** Weights with a range: files and arrays of 16 bits give the events of their levels, and say what was cut off. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pngFile } from '../../data/images/decode/png/encode-png.js';
import { openEvents } from '../../data/index.js';
import { embedImages, makePlan } from '../../pipeline/index.js';
import type { Preprocessing } from '../../weights/index.js';
import { readEvents } from '../data/support/event-tables.js';
import { png, writeFiles } from '../support/image-files.js';
import { loadNarrow } from '../support/narrow-run.js';
import { writeNpz } from '../support/npz-file.js';
import { assert, refusal, temporaryFolder, test } from '../support/test.js';

const folder = temporaryFolder();
const [ROWS, SIDE, LOW, HIGH] = [6, 40, 100, 3_900];
const AREA = SIDE * SIDE;
const preprocessing: Preprocessing = {
  size: [32, 32],
  resize: 32,
  crop: [32, 32],
  mean: [0.5, 0.5, 0.5],
  std: [0.5, 0.5, 0.5],
};
const shallow = await loadNarrow({ preprocessing });
const deep = await loadNarrow({ preprocessing: { ...preprocessing, range: [LOW, HIGH] } });
test.after(async () => {
  await Promise.all([shallow.close(), deep.close()]);
});

/** Values of 12 bits; a tenth of the last image's pixels are above the range. */
const values = Uint16Array.from({ length: ROWS * AREA }, (_, i) => {
  const row = Math.floor(i / AREA);
  if (row === ROWS - 1 && i % 10 === 0) return 4_095;
  return LOW + ((i * 7_919 + row * 104_729) % (HIGH - LOW + 1));
});
const levels = Uint8Array.from(values, (value) => {
  const exact = ((Math.min(Math.max(value, LOW), HIGH) - LOW) * 255) / (HIGH - LOW);
  return exact % 1 === 0.5 ? 2 * Math.round(exact / 2) : Math.round(exact);
});

const row = <T extends Uint8Array | Uint16Array>(of: T, i: number) => of.subarray(i * AREA, (i + 1) * AREA);
const bigEndian = (part: Uint16Array) =>
  Uint8Array.from({ length: 2 * AREA }, (_, i) => part[i >> 1]! >> (i % 2 ? 0 : 8));
const files = (make: (i: number) => Uint8Array) =>
  Object.fromEntries(Array.from({ length: ROWS }, (_, i) => [`${i}.png`, make(i)]));
const gray16 = (i: number) =>
  pngFile({ width: SIDE, height: SIDE, depth: 16, colour: 0 }, bigEndian(row(values, i) as Uint16Array));
writeFiles(join(folder, 'deep'), files(gray16));
const rgbOf = (part: Uint8Array) => Uint8Array.from({ length: 3 * AREA }, (_, i) => part[Math.floor(i / 3)]!);
writeFiles(
  join(folder, 'levels'),
  files((i) => png(SIDE, SIDE, rgbOf(row(levels, i) as Uint8Array))),
);
writeNpz(join(folder, 'deep.npz'), { arr_0: { descr: '<u2', shape: [ROWS, SIDE, SIDE], values } });

async function embedded(by: typeof deep, images: string) {
  const out = join(folder, `${images}.parquet`);
  const notices: string[] = [];
  await embedImages(by, join(folder, images), out, { onNotice: (text) => notices.push(text) });
  return { ...(await readEvents(out)), notices };
}

test('files and an array of 16 bits give the events of their levels, and a column beside', async () => {
  const wanted = await embedded(shallow, 'levels');
  assert.ok(!wanted.schema.statistics.includes('cut_off'));
  assert.equal(wanted.notices, []);
  for (const images of ['deep', 'deep.npz']) {
    const { events, schema, notices } = await embedded(deep, images);
    assert.equal(events.embeddings, wanted.events.embeddings, images);
    assert.equal(schema.statistics, [...wanted.schema.statistics, 'cut_off']);
    const statistics = new Map(events.statistics);
    assert.equal(Array.from(statistics.get('cut_off')!), [0, 0, 0, 0, 0, Math.fround(0.1)], images);
    statistics.delete('cut_off');
    assert.equal(numbersOf(statistics), numbersOf(wanted.events.statistics), images);
    assert.is.not(schema.pixelsSha256, wanted.schema.pixelsSha256);
    const such = images === 'deep' ? '5.png' : 'row 5';
    assert.equal(notices, [
      `${such}: 1 image has more than 1 % of the pixels cut off at black or white by the range of the weights, 100 to 3,900.`,
    ]);
  }
});

test('16 bits without a range are asked about before anything is computed, and again where that was answered', async () => {
  for (const [images, code] of [
    ['deep', 'IMAGE_DEPTH'],
    ['deep.npz', 'IMAGES_RANGE'],
  ] as const) {
    const [path, place] = [join(folder, images), temporaryFolder()];
    const out = join(place, 'events.parquet');
    let batches = 0;
    const onProgress = () => batches++;
    const asked = await refusal(code, () => embedImages(shallow, path, out, { onProgress }));
    assert.match(asked.hint!, 'convert --range LOW,HIGH');
    const plan = { weights: 'w', precision: 'float32' as const, shards: 1 };
    await refusal(code, () => makePlan(shallow, [path], join(place, 'run'), plan));
    assert.equal([batches, readdirSync(place)], [0, []], 'no list of rejected images, no plan');
  }
  const out = join(folder, 'pillow.parquet');
  await embedImages(shallow, join(folder, 'deep'), out, { depth: 'pillow' });
  const events = await openEvents(out);
  await events.close();
  assert.equal(events.schema.images, { files: { folder: join(folder, 'deep') }, decoding: { depth: 'pillow' } });
  const { events: seen } = await readEvents(out);
  assert.ok(new Map(seen.statistics).get('brightness')![0]! > 0.9, 'gray is cut off at 255');
});

test('a few of 16 bits among others are rejected by name, and taken where that was answered', async () => {
  const few = Object.fromEntries(
    Array.from({ length: 9 }, (_, i) => [`${i}.png`, png(SIDE, SIDE, rgbOf(row(levels, i % ROWS) as Uint8Array))]),
  );
  writeFiles(join(folder, 'few'), { ...few, '3.png': gray16(3) });
  const out = join(folder, 'few.parquet');
  const { rows, rejected } = await embedImages(shallow, join(folder, 'few'), out, { maxRejected: 1 });
  const line = JSON.parse(readFileSync(`${out}.rejected.jsonl`, 'utf8'));
  assert.equal([rows, rejected, line.key, line.code], [8, 1, '3.png', 'IMAGE_DEPTH']);
  const all = await embedImages(shallow, join(folder, 'few'), out, { depth: 'pillow' });
  assert.equal([all.rows, all.rejected], [9, 0]);
});

/** As texts, in which NaN is equal to itself. */
function numbersOf(columns: ReadonlyMap<string, Iterable<number>>): [string, string[]][] {
  return Array.from(columns, ([name, numbers]) => [name, Array.from(numbers, String)]);
}

test('the table says the range, with which its pictures are found again', async () => {
  await embedded(deep, 'deep');
  const events = await openEvents(join(folder, 'deep.parquet'));
  const { images } = events.schema;
  await events.close();
  assert.equal(images, { files: { folder: join(folder, 'deep') }, decoding: { range: [LOW, HIGH] } });
});

test('files of 8 bits among them are rejected by name', async () => {
  writeFiles(join(folder, 'mixed'), { ...files(gray16), '9.png': readFileSync(join(folder, 'levels', '0.png')) });
  const out = join(folder, 'mixed.parquet');
  const { rejected, rows } = await embedImages(deep, join(folder, 'mixed'), out, { maxRejected: 1 });
  assert.equal([rows, rejected], [ROWS, 1]);
  const line = JSON.parse(readFileSync(`${out}.rejected.jsonl`, 'utf8'));
  assert.equal([line.key, line.code], ['9.png', 'IMAGE_DEPTH']);
  await refusal('OPTION_UNKNOWN', () =>
    embedImages(deep, join(folder, 'deep'), out, { range: [0, 1] } as Parameters<typeof embedImages>[3]),
  );
});
