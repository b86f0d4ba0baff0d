import { basename, join } from 'node:path';
import { corruptBatch, imagesOf, openImages } from '../../data/index.js';
import { measureWindows, readProfile } from '../../pipeline/measure/index.js';
import { buildReport, REPORT_EXEMPLARS } from '../../pipeline/report/index.js';
import { readEvents } from '../data/support/event-tables.js';
import { jpeg, writeFiles } from '../support/image-files.js';
import { assert, endedWith, longTest, packageRoot, runCli, temporaryFolder, test } from '../support/test.js';

const folder = temporaryFolder();
const IMAGES = 120;
const paths = {
  baseline: join(folder, 'baseline.parquet'),
  dark: join(folder, 'dark.parquet'),
  mixed: join(folder, 'mixed.parquet'),
  halfBlack: join(folder, 'half-black.parquet'),
  profile: join(folder, 'p.json'),
};

test.before(async () => {
  const set = await openImages(join(packageRoot, 'samples/fashion-mnist/reference.npz'));
  for await (const batch of set.batches(IMAGES)) {
    for (const [name, pixels] of [
      ['baseline', batch],
      ['dark', corruptBatch(batch, 'darken')],
    ] as const) {
      const files = [...imagesOf(pixels)].map((image, i) => [`${name}/${i} #.jpg`, jpeg(image, 95)] as const);
      writeFiles(folder, Object.fromEntries(files));
    }
    const soft = [...imagesOf(corruptBatch(batch, 'gaussian_blur'))];
    const mixed = [...imagesOf(batch)].map((image, i) => {
      return [`mixed/${i}.jpg`, jpeg(i % 2 === 0 ? soft[i]! : image, 95)] as const;
    });
    writeFiles(folder, Object.fromEntries(mixed));
    const half = [...imagesOf(batch)].map((image, i) => {
      const shown = i % 2 === 0 ? { ...image, data: new Uint8Array(image.data.length) } : image;
      return [`half-black/${i}.jpg`, jpeg(shown, 95)] as const;
    });
    writeFiles(folder, Object.fromEntries(half));
    break;
  }
  await set.close();
  const weights = join(packageRoot, 'weights/fashion-mnist-resnet18');
  for (const args of [
    ['embed', 'baseline', '--weights', weights, '--out', 'baseline.parquet'],
    ['embed', 'dark', '--weights', weights, '--out', 'dark.parquet'],
    ['embed', 'half-black', '--weights', weights, '--out', 'half-black.parquet'],
    ['embed', 'mixed', '--weights', weights, '--out', 'mixed.parquet'],
    ['baseline', 'baseline.parquet', '--out', 'p.json', '--clusters', '3'],
  ]) {
    endedWith(0, runCli(args, { cwd: folder }));
  }
});

async function measured() {
  const profile = await readProfile(paths.profile);
  const options = { exemplars: REPORT_EXEMPLARS, ranked: 24, methods: ['mmd'] };
  const measurement = await measureWindows(profile, [paths.dark], options);
  assert.is(measurement.report.windows[0]!.verdict, 'drift');
  return { profile, measurement };
}

test('the rows that --ranked writes, each with its file, its picture and its nearest image of the baseline', async () => {
  const { profile, measurement } = await measured();
  const data = await buildReport(profile, measurement, { baselineEvents: paths.baseline, umap: false });
  const { rows, of } = data.windows[0]!.unlike!;
  assert.is(of, IMAGES);
  const ranked = measurement.ranked!.rows;
  const shownRows = rows.map(({ row }) => row);
  assert.equal(
    shownRows,
    ranked.map(({ rowNumber }) => rowNumber),
  );
  const nearestRows = rows.map(({ nearestRow }) => nearestRow);
  assert.equal(
    nearestRows,
    ranked.map(({ nearestRow }) => nearestRow),
  );
  for (const [i, { image, nearest, location, predicted, distance }] of rows
    .map((row) => ({ ...row, predicted: row.image.predicted }))
    .entries()) {
    assert.ok(Math.abs(distance - ranked[i]!.distance) < 1e-3 * distance, `${distance}, ${ranked[i]!.distance}`);
    assert.is(predicted, ranked[i]!.predicted);
    assert.is(location, join(folder, 'dark', image.label));
    assert.match(nearest!.label, /^\d+ #\.jpg$/);
    assert.is.not(image.thumbnail, nearest!.thumbnail);
  }
  assert.is(data.pictures!.width, 32);
});

test('of a window that is half black, black is the cause, and the image that comes first', async () => {
  const profile = await readProfile(paths.profile);
  const measurement = await measureWindows(profile, [paths.halfBlack], { exemplars: REPORT_EXEMPLARS });
  const [window] = measurement.report.windows;
  assert.is(window!.verdict, 'drift');
  assert.equal(window!.causes?.slice(0, 1), ['black images: 0 % → 50 % of the images']);
  const data = await buildReport(profile, measurement, { baselineEvents: paths.baseline, umap: false });
  const [first, second] = data.windows[0]!.unlike!.rows;
  assert.is(first!.times, IMAGES / 2);
  assert.is(first!.image.label, '0.jpg');
  assert.is(second!.times, 1);
});

test('where image statistics raise the alarm, the images are those that show its cause', async () => {
  const profile = await readProfile(paths.profile);
  const measurement = await measureWindows(profile, [paths.mixed], {
    exemplars: REPORT_EXEMPLARS,
    methods: ['images'],
  });
  const [window] = measurement.report.windows;
  assert.is(window!.alarmed_by, 'images');
  assert.match(window!.causes![0]!, /^blurred: /);
  const { by, rows } = (await buildReport(profile, measurement, { umap: false })).windows[0]!.unlike!;
  assert.is(by, 'the lowest sharpness at equal contrast (blurred)');
  const { statistics } = (await readEvents(paths.mixed)).events;
  const [sharpness, contrast] = ['sharpness', 'contrast'].map((name) => statistics.get(name)!);
  const atEqualContrast = (row: number) => sharpness![row]! / contrast![row]! ** 2;
  const all = Array.from({ length: IMAGES }, (_, row) => row).sort((a, b) => atEqualContrast(a) - atEqualContrast(b));
  assert.equal(
    rows.map(({ row }) => row),
    all.slice(0, 24),
  );
});

longTest('without the events of the baseline, without pictures, without paths', async () => {
  const { profile, measurement } = await measured();
  const bare = await buildReport(profile, measurement, { umap: false, images: false, paths: false });
  const { rows } = bare.windows[0]!.unlike!;
  assert.is(bare.pictures, null);
  assert.is(rows.length, 24);
  for (const { image, nearest, nearestRow, location, events } of rows) {
    assert.is(nearest, null);
    assert.ok(nearestRow >= 0 && nearestRow < IMAGES);
    assert.is(image.thumbnail, null);
    assert.is(location, basename(image.label));
    assert.is(events, 'dark.parquet');
  }
});
