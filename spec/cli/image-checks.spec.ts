/**
 * Folders of JPEGs of which 30 % are copies, were saved again, are dark or out of focus, in `drift` and the report.
 * @long: runs a dozen commands; drift/images.spec.ts and pipeline/embed-files.spec.ts show most of it in numbers
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import jpeg from 'jpeg-js';
import { Random } from '../../base/index.js';
import { corruptBatch, type Image } from '../../data/index.js';
import type { DriftReport, ImagesReport } from '../../drift/index.js';
import { writeWeights } from '../../weights/index.js';
import { readEvents } from '../data/support/event-tables.js';
import { writeFiles } from '../support/image-files.js';
import { narrowBody, pseudoWeights } from '../support/pseudo-weights.js';
import { assert, endedWith, readFixture, runCli, temporaryFolder, test } from '../support/test.js';

const folder = temporaryFolder();
const [COUNT, CHANGED] = [60, 18];
const [HEIGHT, WIDTH] = [33, 44];
/** Those of `spec/data/looks.spec.ts`. */
const { cases } = readFixture<{ cases: { name: string; height: number; width: number; rgb: string }[] }>(
  'data',
  'looks.json',
);
const PHOTOGRAPHS = cases.filter(({ name }) => /^photograph \d$/.test(name));

/** Small parts of three photographs, each mirrored or not, brighter or darker. */
function photographs(count: number, seed: number): Image[] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => {
    const { height, width, rgb } = PHOTOGRAPHS[random.below(PHOTOGRAPHS.length)]!;
    const source = Buffer.from(rgb, 'base64');
    const [top, left] = [random.below(height - HEIGHT + 1), random.below(width - WIDTH + 1)];
    const [mirrored, light] = [random.below(2) === 1, 0.8 + 0.4 * random.uniform()];
    const data = new Uint8Array(3 * HEIGHT * WIDTH);
    for (let i = 0; i < data.length; i++) {
      const [y, x, channel] = [Math.floor(i / 3 / WIDTH), Math.floor(i / 3) % WIDTH, i % 3];
      const from = (top + y) * width + left + (mirrored ? WIDTH - 1 - x : x);
      data[i] = Math.min(255, light * source[3 * from + channel]!);
    }
    return { height: HEIGHT, width: WIDTH, data };
  });
}

function encoded({ height, width, data }: Image, quality = 95): Buffer {
  const rgba = Buffer.alloc(height * width * 4, 255);
  for (let i = 0; i < height * width; i++) rgba.set(data.subarray(3 * i, 3 * i + 3), 4 * i);
  return jpeg.encode({ width, height, data: rgba }, quality).data;
}

const darkened = (image: Image): Image => ({ ...image, data: image.data.map((value) => value * 0.2) });
const outOfFocus = (image: Image): Image => {
  return { ...image, data: corruptBatch({ rows: 1, ...image }, 'gaussian_blur', { seed: 1 }).data };
};

function folderOf(name: string, images: readonly Image[], change: (image: Image, i: number) => Buffer): void {
  const files = images.map((image, i): [string, Buffer] => [
    `${name}/${String(i).padStart(3, '0')}.jpg`,
    i < CHANGED ? change(image, i) : encoded(image),
  ]);
  writeFiles(folder, Object.fromEntries(files));
}

function run(...args: string[]): string {
  return endedWith(0, runCli(args, { cwd: folder })).stdout;
}

function embed(name: string, format: string): void {
  run('embed', name, '--weights', 'weights', '--backend', 'simd', '--threads', '0', '--out', `${name}.${format}`);
}

const WINDOWS = ['good', 'copies', 'saved_again', 'dark', 'blurred'];
let report: DriftReport;
const imagesOf = (name: string) => report.windows.find((window) => window.name === name)!.images as ImagesReport;
const found = (name: string, check: string) => imagesOf(name).checks.find((one) => one.name === check)!;

test.before(async () => {
  const weights = pseudoWeights({ backbone: 'resnet', body: narrowBody, head: [], classes: 2 });
  weights.config.preprocessing = { ...weights.config.preprocessing, resize: [32, 32] };
  await writeWeights(join(folder, 'weights'), weights);
  folderOf('baseline', photographs(2 * COUNT, 1), (image) => encoded(image));
  const images = photographs(COUNT, 2);
  folderOf('good', images, (image) => encoded(image));
  folderOf('copies', images, (_, i) => encoded(images[i + CHANGED]!));
  folderOf('saved_again', images, (_, i) => encoded(images[i + CHANGED]!, 80));
  folderOf('dark', images, (image) => encoded(darkened(image)));
  folderOf('blurred', images, (image) => encoded(outOfFocus(image)));
  for (const name of ['baseline', ...WINDOWS]) embed(name, 'parquet');
  run('baseline', 'baseline.parquet', '--out', 'profile.json');
  const tables = WINDOWS.map((name) => `${name}.parquet`);
  report = JSON.parse(run('drift', ...tables, '--baseline', 'profile.json', '--json'));
});

test('events have the facts of each file', async () => {
  const { carried } = (await readEvents(join(folder, 'copies.parquet'))).events;
  const bytes = readFileSync(join(folder, 'copies', '007.jpg'));
  const row = Object.fromEntries([...carried].map(([name, values]) => [name, values[7]]));
  assert.is(row['image_sha256'], createHash('sha256').update(bytes).digest('hex'));
  assert.is(row['image_sha256'], carried.get('image_sha256')![7 + CHANGED]);
  assert.is(row['image_phash'], carried.get('image_phash')![7 + CHANGED]);
  assert.match(String(row['image_phash']), /^[0-9a-f]{16}$/);
});

test('copies, images that were saved again, dark and blurred ones are found; good ones are not', () => {
  assert.equal(imagesOf('good').findings, []);
  assert.is(imagesOf('copies').duplicates.exact!.within, 2 * CHANGED);
  assert.is(imagesOf('saved_again').duplicates.exact!.within, 0);
  const alike = imagesOf('saved_again').duplicates.near!.within;
  assert.ok(alike > CHANGED, `${alike} images look like another one`);
  assert.is(found('dark', 'dark').found, CHANGED);
  assert.is(found('dark', 'dark').baseline!.found, 0);
  assert.ok(found('blurred', 'blurred').found! >= CHANGED / 2);
  assert.is(found('blurred', 'blurred').baseline!.found, 0);
  assert.is(found('good', 'odd_aspect').found, 0);
});

test('the table has a line for each finding, the report a section', () => {
  const stdout = run('drift', 'copies.parquet', 'dark.parquet', '--baseline', 'profile.json', '--report', 'drift.html');
  assert.match(stdout, /^copies: 36 of 60 images are exact duplicates of others in the window; baseline: 0\.0 %\.$/m);
  assert.match(stdout, /^dark: 18 of 60 images are dark; baseline: 0\.0 % \(p < 0\.001\)\.$/m);
  const page = readFileSync(join(folder, 'drift.html'), 'utf8');
  assert.match(page, /<section id="images"/);
  assert.match(page, /<li>36 of 60 images are exact duplicates of others in the window/);
});

test('a baseline counted in two parts and merged knows its images as if counted at once', () => {
  const split = (name: string, from: number, to: number) => {
    const lines = readFileSync(join(folder, 'baseline.jsonl'), 'utf8').trimEnd().split('\n');
    writeFileSync(join(folder, name), `${lines.slice(from, to).join('\n')}\n`);
  };
  embed('baseline', 'jsonl');
  split('part_1.jsonl', 0, 50);
  split('part_2.jsonl', 50, 2 * COUNT);
  run('baseline', 'part_1.jsonl', '--like', 'profile.json', '--first-row', '0', '--out', '1.json');
  run('baseline', 'part_2.jsonl', '--like', 'profile.json', '--first-row', '50', '--out', '2.json');
  run('merge', '2.json', '1.json', '--out', 'merged.json');
  const images = (name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8')).images;
  assert.ok(images('profile.json').looks.repeated.length > 0);
  assert.equal(images('merged.json'), images('profile.json'));
});

test('a profile without images, and events of another tool, know nothing of images', () => {
  const { images: _, ...without } = JSON.parse(readFileSync(join(folder, 'profile.json'), 'utf8'));
  writeFileSync(join(folder, 'without.json'), JSON.stringify(without));
  const windows = (...args: string[]) => (JSON.parse(run('drift', ...args, '--json')) as DriftReport).windows;
  const [before] = windows('copies.parquet', '--baseline', 'without.json');
  assert.is(before!.images!.duplicates.exact!.within, 2 * CHANGED);
  assert.is(before!.images!.duplicates.exact!.baseline, null);
  const lines = readFileSync(join(folder, 'baseline.jsonl'), 'utf8').trimEnd().split('\n');
  const bare = lines.map((line) => JSON.stringify({ embeddings: JSON.parse(line).embeddings }));
  writeFileSync(join(folder, 'bare.jsonl'), `${bare.join('\n')}\n`);
  assert.is(windows('bare.jsonl', '--baseline', 'profile.json')[0]!.images, null);
});
