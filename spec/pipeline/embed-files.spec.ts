import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import type { Embedder } from '../../engine/index.js';
import { type EmbedImagesOptions, embedImages, inspect } from '../../pipeline/index.js';
import { type Events, readEvents } from '../data/support/event-tables.js';
import { grayPng16, png, rowImages, tar, writeFiles } from '../support/image-files.js';
import { loadNarrow } from '../support/narrow-run.js';
import { pixels, writeNpz } from '../support/npz-file.js';
import { serveFile } from '../support/site.js';
import { assert, fixtures, refusal, temporaryFolder, test } from '../support/test.js';

const folder = temporaryFolder();
const [ROWS, SIDE] = [23, 32];
const CLASSES = ['cat', 'dog'];
const { data, image } = rowImages(ROWS, SIDE);
const nameOf = (row: number) => `${CLASSES[row < 11 ? 0 : 1]}/${String(row).padStart(3, '0')}.png`;
const files = Object.fromEntries(Array.from({ length: ROWS }, (_, row) => [nameOf(row), image(row)]));

const embedder = await loadNarrow({ classes: CLASSES });
test.after(() => embedder.close());

async function embedded(images: string | readonly string[], options: EmbedImagesOptions = {}, by = embedder) {
  const out = join(folder, 'out', 'events.parquet');
  const summary = await embedImages(by, images, out, options);
  const { events, schema } = await readEvents(out);
  const list = `${out}.rejected.jsonl`;
  // A list of nothing is not made, and one of an earlier run goes.
  assert.is(existsSync(list), summary.rejected > 0);
  const rejected = summary.rejected === 0 ? '' : readFileSync(list, 'utf8');
  const lines = rejected.split('\n').slice(0, -1);
  return { summary, events, schema, rejected: lines.map((line) => JSON.parse(line)) };
}

writeFiles(join(folder, 'set'), files);
mkdirSync(join(folder, 'out'));

test('a folder gives what its array gives, in the order of the keys, with the columns of its files', async () => {
  const path = join(folder, 'set.npz');
  const labels = BigInt64Array.from({ length: ROWS }, (_, row) => (row < 11 ? 0n : 1n));
  writeNpz(path, {
    arr_0: { descr: '|u1', shape: [ROWS, SIDE, SIDE, 3], values: data },
    arr_1: { descr: '<i8', shape: [ROWS], values: labels },
  });
  await embedImages(embedder, path, join(folder, 'out', 'array.parquet'));
  const { events: wanted, schema: ofArray } = await readEvents(join(folder, 'out', 'array.parquet'));

  const { summary, events, rejected, schema } = await embedded(join(folder, 'set'));
  assert.match(schema.pixelsSha256!, /^[0-9a-f]{64}$/);
  assert.is(schema.pixelsSha256, ofArray.pixelsSha256);
  assert.equal([summary.rejected, summary.labelled, rejected], [0, ROWS, []]);
  for (const name of ['embeddings', 'scores', 'targets', 'statistics'] as const) {
    assert.equal(events[name], wanted[name]);
  }
  const keys = Object.keys(files);
  assert.equal(events.imageUrls, keys);
  assert.is(new Set(events.eventIds).size, ROWS);
  const columns = schema.carried!.map(({ name, type }) => `${name.replace('image_', '')} ${type}`);
  assert.is(
    columns.join(', '),
    'path string, width integer, height integer, format string, bytes integer, sha256 string, phash string, ' +
      'dark_score float, bright_score float, blurred_score float, grid string',
  );
  const looks = (carried: Events['carried']) => [...carried].filter(([name]) => /phash|score|grid/.test(name));
  assert.is(looks(events.carried).length, 5);
  assert.equal(looks(events.carried), looks(wanted.carried), 'the looks of the array');
  const [first] = keys as [string];
  const bytes = files[first] as Buffer;
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const firstValues = [...events.carried.values()].slice(0, 6).map(([value]) => value);
  assert.equal(firstValues, [first, SIDE, SIDE, 'png', bytes.length, sha256]);
});

test('a tar, a zip and two threads give the events of the folder', async () => {
  const { events } = await embedded(join(folder, 'set'));
  mkdirSync(join(folder, 'packed'));
  const options = { dataset: events.imageUrls.length === ROWS ? 'same' : '' };
  const wanted = (await embedded(join(folder, 'set'), options)).events;
  const entries = Object.entries(files).map(([name, bytes]) => ({ name, bytes }));
  writeFileSync(join(folder, 'packed', 'a.tar'), tar(entries.reverse()));
  writeFileSync(join(folder, 'packed', 'a.zip'), zipSync(files));
  assert.equal((await embedded(join(folder, 'packed', 'a.tar'), options)).events, wanted);
  assert.equal((await embedded(join(folder, 'packed', 'a.zip'), options)).events, wanted);
  await using threads = await loadNarrow({ classes: CLASSES, threads: 2 });
  assert.equal((await embedded(join(folder, 'set'), options, threads)).events, wanted);
});

test('ids depend on data set, key and weights; the template of URLs knows the key; paths can be left out', async () => {
  const one = join(folder, 'set', 'cat', '003.png');
  const first = await embedded(one, { dataset: 'a', imageUrl: 'https://x/{dataset}/{key}?{row}' });
  assert.equal(first.events.imageUrls, ['https://x/a/003.png?0']);
  const other = await embedded(one, { dataset: 'b' });
  assert.is.not(first.events.eventIds[0], other.events.eventIds[0]);
  const { events, schema } = await embedded(join(folder, 'set'), { redactPaths: true });
  assert.is(events.imageUrls[0], 'row 0');
  const named = await embedded(join(folder, 'set'), { redactPaths: true, dataset: 'a' });
  assert.is(named.events.imageUrls[1], 'a/1');
  const isPathCarried = schema.carried?.some(({ name }) => name === 'image_path');
  assert.is(isPathCarried, false);
});

test('broken images are listed in order, up to the limit; the others are events', async () => {
  const path = join(folder, 'broken');
  writeFiles(path, {
    ...files,
    'a/empty.png': '',
    'cat/text\u001b[31m.png': 'no image',
    'dog/half.png': image(0).subarray(0, 1000),
    'z/wide.png': png(SIDE, 2 * SIDE, pixels(2, SIDE)),
  });
  const strict = await refusal('IMAGES_REJECTED', () => embedded(path));
  assert.match(strict.message, /1 of 27 images cannot be used, at most 0 \(1%\) may be; the first: .*empty\.png/);
  await using model = await loadNarrow({ preprocessing: { size: [SIDE, SIDE] } });
  const { summary, events, rejected } = await embedded(path, { maxRejected: '15%' }, model);
  assert.is(summary.rejected, 4);
  await refusal('IMAGES_REJECTED', () => embedded(path, { maxRejected: 3 }, model));
  assert.equal(events.imageUrls, Object.keys(files));
  const rejectedKeys = rejected.map(({ key }) => key);
  assert.equal(rejectedKeys, ['a/empty.png', 'cat/text\u001b[31m.png', 'dog/half.png', 'z/wide.png']);
  const rejectedCodes = rejected.map(({ code }) => code);
  assert.equal(rejectedCodes, ['IMAGE_EMPTY', 'IMAGE_FORMAT', rejected[2].code, 'IMAGE_SIZE']);
  assert.match(rejected[2].code, /^IMAGE_/);
  assert.match(rejected[1].message, 'text\\u001b[31m.png');
  // A table can name any file of this machine.
  assert.not.match(rejected[1].message, /no image|6e 6f|6e6f/);
});

test('past the limit the list is there and the events are not', async () => {
  const path = join(folder, 'only-broken');
  writeFiles(path, { '1.png': 'x', '2.png': 'y' });
  for (const maxRejected of [0, '100%'] as const) {
    const out = join(folder, 'out', `none-${maxRejected}.parquet`);
    await refusal('IMAGES_REJECTED', () => embedImages(embedder, path, out, { maxRejected }));
    assert.is(existsSync(out), false);
    assert.is(readFileSync(`${out}.rejected.jsonl`, 'utf8').split('\n').length, maxRejected === 0 ? 2 : 3);
  }
});

test('gray that is cut off at 255 is said once a run, also by a run that goes on from what one that was cut off has saved', async () => {
  const path = join(folder, 'deep');
  const gray = grayPng16(SIDE);
  writeFiles(path, { '1.png': gray, '2.png': image(2), '3.png': gray, '4.png': image(4) });
  const out = join(folder, 'out', 'deep.parquet');
  const said = async (options: EmbedImagesOptions = {}) => {
    const notices: string[] = [];
    await embedImages(embedder, path, out, { depth: 'pillow', onNotice: (text) => notices.push(text), ...options });
    return notices.filter((text) => text.includes('gray'));
  };
  const wanted =
    /^1\.png: 2 images have gray values of 16 bits: as with Pillow's convert\('RGB'\), those over 255 become white\. .*--range/;
  const [once, ...more] = await said();
  assert.match(once!, wanted);
  assert.equal(more, []);
  assert.is(((await inspect(path)) as { clipped?: number }).clipped, 2);
  const controller = new AbortController();
  await said({ saveEvery: 1e-6, signal: controller.signal, onSaved: () => controller.abort() }).catch(() => null);
  assert.match((await said())[0]!, wanted);
});

test('scores that are the same for all images are said', async () => {
  const saidOf = async (name: string) => {
    const notices: string[] = [];
    await embedded(join(folder, name), { onNotice: (text) => notices.push(text) });
    return notices;
  };
  writeFiles(join(folder, 'one'), Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`${i}.png`, image(0)])));
  assert.equal(await saidOf('set'), []);
  assert.equal(await saidOf('one'), [
    'All 8 images have the same class scores: they are one image, or the network ignores them. Is it trained, and are its inputs as in training?',
  ]);
});

test('a new class costs the labels of its own images alone', async () => {
  const path = join(folder, 'new-class');
  writeFiles(path, { 'cat/1.png': image(0), 'dog/2.png': image(1), 'zebra/3.png': image(2) });
  const notices: string[] = [];
  const { summary, events } = await embedded(path, { onNotice: (text) => notices.push(text) });
  assert.equal(events.targets, ['cat', 'dog', null]);
  assert.is(summary.labelled, 2);
  assert.match(notices.join('\n'), 'Labels: 1 of 3 folders is named like no class (zebra)');
});

test('times and groups come from names, columns, folders and the disk', async () => {
  const path = join(folder, 'cams');
  const files = { 'left/2026-11-25_12-30-00.png': image(0), 'right/2026-02-30.png': image(1), 'right/x.png': image(2) };
  writeFiles(path, files);
  const { events } = await embedded(path, { timestampFrom: 'name:/([^/]+)[.]png$', groupFrom: 'folder:1' });
  assert.equal(events.timestamps, [Date.UTC(2026, 10, 25, 12, 30), null, null]);
  assert.equal(events.carried.get('group'), ['left', 'right', 'right']);
  const list = 'path,timestamp,group\nleft/2026-11-25_12-30-00.png,2026-11-01,7\nright/x.png,,8\n';
  writeFileSync(join(path, 'list.csv'), list);
  const from = { timestampFrom: 'column:timestamp', groupFrom: 'column:group' };
  const table = await embedded(join(path, 'list.csv'), from);
  assert.equal(table.events.timestamps, [Date.UTC(2026, 10, 1), null]);
  assert.equal(table.events.carried.get('group'), ['7', '8']);
  utimesSync(join(path, 'right', 'x.png'), 1_700_000_000, 1_700_000_000);
  const disk = await embedded(path, { timestampFrom: 'mtime' });
  assert.is(disk.events.timestamps[2], 1_700_000_000_000);
  for (const timestampFrom of ['when', 'name:(', 'column:x']) {
    await refusal('BAD_OPTION', () => embedded(path, { timestampFrom }));
  }
  await refusal('BAD_OPTION', () => embedded(path, { groupFrom: 'folder:0' }));
});

test('images at URLs are fetched, and one that is not there is rejected', async () => {
  const server = await serveFile(image(3) as Buffer, 'three.png');
  server.faults.push({ cutAfter: 100 }, { cutAfter: 100 });
  const local = await embedded(join(folder, 'set', 'cat', '003.png'));
  const { events } = await embedded(server.url);
  assert.equal(events.imageUrls, [server.url]);
  assert.equal(events.embeddings, local.events.embeddings);
  // It is looked at, and then read.
  server.faults.push({ status: 404 }, { status: 404 });
  await refusal('IMAGES_REJECTED', () => embedded(server.url), /404/);
  await server.close();
});

test('labels that are no classes end the run: they are no broken images', async () => {
  const path = join(folder, 'labels');
  writeFiles(path, { 'cat/1.png': image(0), 'wolf/1.png': image(1) });
  const error = await refusal('LABEL_OUTSIDE_CLASSES', () => embedded(path, { labels: 'folder' }));
  assert.match(error.message, /labels\/wolf\/1\.png: label "wolf"/);
});

test('images are turned if the weights say so, unless an option says otherwise', async () => {
  await using model = await loadNarrow({ preprocessing: { orientation: 'apply' } });
  const path = join(fixtures, 'data', 'images', 'jpeg-exif-apply_6.jpg');
  const widthBy = async (by: Embedder, options?: EmbedImagesOptions) =>
    (await embedded(path, options, by)).events.carried.get('image_width')?.[0];
  assert.is(await widthBy(embedder), 61);
  assert.is(await widthBy(model), 47);
  assert.is(await widthBy(model, { orientation: 'ignore' }), 61);
  assert.is(await widthBy(embedder, { orientation: 'apply' }), 47);
  const settings = async (options?: EmbedImagesOptions, by = embedder) =>
    (await embedded(path, options, by)).schema.pixelsSha256;
  assert.is(await settings({ orientation: 'apply' }), await settings({}, model));
  assert.is.not(await settings({ orientation: 'apply' }), await settings());
});

test('more pixels than are allowed are rejected', async () => {
  const error = await refusal('IMAGES_REJECTED', () => embedded(join(folder, 'set'), { maxPixels: 1000 }));
  assert.match(error.message, /at most 1,000 are decoded/);
});
