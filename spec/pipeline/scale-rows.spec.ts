import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { openListing } from '../../data/index.js';
import { embedImages, type PlanOptions } from '../../pipeline/index.js';
import { parsePlan } from '../../scale/index.js';
import { imageSchema, png } from '../support/image-files.js';
import { atOnce, gathered, loadNarrow, planIn, SOURCE_CHANGES, task } from '../support/narrow-run.js';
import { pixels, writeNpz } from '../support/npz-file.js';
import { assert, longTest, refusal, temporaryFolder, test } from '../support/test.js';

const folder = temporaryFolder();
const [ROWS, SIDE, SHARDS] = [23, 16, 5];
const BYTES = SIDE * SIDE * 3;
const data = pixels(ROWS, SIDE);
const ALL = Array.from({ length: SHARDS }, (_, shard) => shard);
const CLASSES = BigInt64Array.from({ length: ROWS }, (_, row) => BigInt(row % 2));

const embedder = await loadNarrow();
test.after(() => embedder.close());

const SETTINGS: PlanOptions = { weights: 'w', precision: 'float32', shards: SHARDS };

function planned(inputs: string[], options: Partial<PlanOptions> = {}): Promise<string> {
  return planIn(embedder, inputs, { ...SETTINGS, ...options });
}

/** Shards in another order than that of the plan. */
async function same(inputs: string[], options: Partial<PlanOptions> = {}): Promise<void> {
  const run = await planned(inputs, options);
  for (const shard of [3, 0, 4, 2, 1]) assert.equal((await task(run, [shard])).done, [shard]);
  assert.equal(await gathered(run), await atOnce(embedder, inputs, options));
}

function npz(name: string): string {
  const path = join(folder, name);
  writeNpz(path, {
    arr_0: { descr: '|u1', shape: [ROWS, SIDE, SIDE, 3], values: data },
    arr_1: { descr: '<i8', shape: [ROWS], values: CLASSES },
  });
  return path;
}

test('an array in five shards gives the bytes of one run, and its table names the array', async () => {
  await same([npz('set.npz')], { timestamp: Date.UTC(2026, 0) });
  await same([npz('set.npz')], { imageUrl: 'https://x/{row}.png', labels: null, statistics: false });
});

longTest('an array of floats, channels first, under another name', async () => {
  const path = join(folder, 'floats.npz');
  const values = Float32Array.from({ length: ROWS * BYTES }, (_, i) => data[i]! / 255);
  writeNpz(path, { x: { descr: '<f4', shape: [ROWS, 3, SIDE, SIDE], values } });
  await same([path], { images: 'x', layout: 'nchw', pixels: 'unit' });
});

const SCHEMA = imageSchema('site');

/** Image 2 of the set is none, and image 9 is broken. */
function parquet(name: string, from: number, to: number, image = imageCell): string {
  const path = join(folder, name);
  const column = <T>(of: (row: number) => T) => Array.from({ length: to - from }, (_, i) => of(from + i));
  const columnData = [
    { name: 'image', data: column(image) },
    { name: 'label', data: column((row) => CLASSES[row]) },
    { name: 'site', data: column((row) => `site ${row}`) },
  ];
  writeFileSync(path, Buffer.from(parquetWriteBuffer({ columnData, schema: SCHEMA, rowGroupSize: 3 })));
  return path;
}

function imageCell(row: number): { bytes: Uint8Array | null; path: string } | null {
  if (row === 2) return null;
  const bytes = row === 9 ? Buffer.from('broken') : png(SIDE, SIDE, data.subarray(row * BYTES, (row + 1) * BYTES));
  return { bytes, path: `${row}.png` };
}

test('parquet with images in it, one file or several, gives the bytes of one run', async () => {
  await same([parquet('one.parquet', 0, ROWS)], { groupFrom: 'column:site' });
  await same([parquet('b.parquet', 8, ROWS), parquet('a.parquet', 0, 1), parquet('ab.parquet', 1, 8)]);
});

test('rows are read from any row on, whichever row group it is in', async () => {
  const listing = await openListing([parquet('groups.parquet', 0, 11)]);
  for (let first = 0; first <= 11; first++) {
    const found: unknown[] = [];
    for await (const { key, label, values } of listing.entries(first)) found.push([key, label, values[0]]);
    const wanted = Array.from({ length: 11 - first }, (_, i) => first + i);
    const wantedRows = wanted.map((row) => [String(row).padStart(2, '0'), row % 2, `site ${row}`]);
    assert.equal(found, wantedRows);
  }
  await listing.close();
});

test('a task that is killed or fails leaves no trace, and the same command again is the resume', async () => {
  for (const input of [npz('killed.npz'), parquet('killed.parquet', 0, ROWS)]) {
    const run = await planned([input]);
    // What kill -9 leaves of an attempt.
    const left = join(run, 'attempts', '00002-abc123');
    mkdirSync(left, { recursive: true });
    writeFileSync(join(left, '.part.parquet.xyz.partial'), 'half');
    const error = new Error('the lights went out');
    const dark = await task(run, [2], () => {
      throw error;
    }).catch((thrown: unknown) => thrown);
    assert.is(dark, error);
    assert.is(existsSync(join(run, 'parts')), false);
    await task(run, [2, 1]);
    assert.is(existsSync(left), false);
    assert.equal((await task(run, ALL)).before, [1, 2]);
    assert.equal(await gathered(run), await atOnce(embedder, [input]), input);
  }
});

test('a file that is another one than was planned ends its shards', async () => {
  for (const make of [() => npz('changed.npz'), () => parquet('changed.parquet', 0, ROWS)]) {
    for (const [says, change] of SOURCE_CHANGES) {
      const path = make();
      const run = await planned([path]);
      change(path);
      const error = await refusal('SOURCE_CHANGED', () => task(run, [1]), path);
      assert.match(error.message, says);
    }
  }
});

test('an image in a file beside the parquet ends its shard: no plan has pinned it', async () => {
  const beside = parquet('beside.parquet', 0, ROWS, (row) => ({
    ...imageCell(3)!,
    ...(row === 20 && { bytes: null }),
  }));
  const run = await planned([beside]);
  await task(run, [0]);
  await refusal('IMAGE_NOT_PINNED', () => task(run, [4]), 'beside.parquet 20: is in a file beside the table');
});

test('an array whose bytes are damaged is no plan, though no single shard would tell', async () => {
  const path = npz('damaged.npz');
  const bytes = readFileSync(path);
  bytes[bytes.length >> 1]! ^= 1;
  writeFileSync(path, bytes);
  await refusal('ZIP_CHECKSUM', () => planned([path]));
});

test('an option of the other kind of images is refused, not left out', async () => {
  const out = join(temporaryFolder(), 'x.parquet');
  const said = async (input: string, options: Partial<PlanOptions>) => {
    const embed = await refusal('BAD_OPTION', () => embedImages(embedder, input, out, options));
    const plan = await refusal('BAD_OPTION', () => planned([input], options));
    assert.is(plan.message, embed.message);
    return embed.message;
  };
  const array = npz('options.npz');
  const files: Partial<PlanOptions>[] = [
    ...[{ groupFrom: 'folder:1' }, { timestampFrom: 'mtime' }, { imageColumn: 'x' }, { maxPixels: 9 }],
    ...[{ orientation: 'apply' as const }, { background: [0, 0, 0] as const }, { allowTruncated: true }],
  ];
  for (const options of files) {
    const [name] = Object.keys(options);
    assert.is(await said(array, options), `${array}: ${name} is for image files, this is an array`);
  }
  const images = parquet('options.parquet', 0, ROWS);
  for (const options of [{ images: 'x' }, { layout: 'nchw' as const }, { pixels: 'unit' as const }]) {
    const [name] = Object.keys(options);
    assert.match(await said(images, options), `${name} is for arrays (npz, npy)`);
  }
  await embedImages(embedder, array, out, { layout: 'nhwc', allowTruncated: false });
});

test('what no other machine would find is no plan; nor is one whose rows are not its images', async () => {
  await refusal('PLAN_SOURCE', () => planned(['https://server.example/set.npz?X-Amz-Signature=1']));
  const run = await planned([npz('rows.npz')]);
  const text = readFileSync(join(run, 'plan.json'), 'utf8');
  const changed = (from: string, to: string) =>
    refusal('PLAN_INVALID', async () => parsePlan(text.replace(from, to), 'x'));
  assert.match((await changed('"rows": 23', '"rows": 24')).message, '23 images, 24 rows in its files');
  assert.match((await changed('"listing": null', '"listing": {"rows": 9, "files": []}')).message, 'listing');
  assert.match(
    (await changed(/"rows": \{[^}]*\}\s*\]\s*\}/.exec(text)![0], '"rows": null')).message,
    '"listing", "rows"',
  );
});
