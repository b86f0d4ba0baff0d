/**
 * The command line on folders of images.
 * @long: runs a real network in six commands; pipeline/embed-files.spec.ts shows the same of a small one
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Events, readEvents } from '../data/support/event-tables.js';
import { png, tar, writeFiles } from '../support/image-files.js';
import { sampleImages, writeGray } from '../support/npz-file.js';
import { assert, endedWith, runCli, runCliAlone, temporaryFolder, test } from '../support/test.js';

const MODEL = 'fashion-mnist-resnet18';
const folder = temporaryFolder();
const [COUNT, SIDE] = [60, 32];
const FEW = ['--sizes', '10', '--repeats', '2', '--limit', '12'];

/** The first bundled images as an array, and as PNG files in folders that are their class numbers. */
test.before(async () => {
  const { pixels: gray, labels } = await sampleImages('production', 0, COUNT);
  writeGray(join(folder, 'images.npz'), gray, labels);
  const rgb = (row: number) =>
    Uint8Array.from({ length: 3 * SIDE * SIDE }, (_, i) => gray[row * SIDE * SIDE + Math.floor(i / 3)]!);
  const files = Array.from({ length: COUNT }, (_, row) => [`${labels[row]}/${row}.png`, png(SIDE, SIDE, rgb(row))]);
  writeFiles(join(folder, 'photos'), Object.fromEntries(files));
});

const run = (...args: string[]) => endedWith(0, runCli(args, { cwd: folder }));

async function events(name: string): Promise<Events> {
  return (await readEvents(join(folder, name))).events;
}

test('Fashion-MNIST as a folder of PNG files gives the embeddings, scores and labels of its array', async () => {
  run('embed', 'images.npz', '--weights', MODEL, '--out', 'array.parquet');
  const out = ['--out', 'files.parquet', '--json'];
  const { stdout } = run('embed', 'photos', '--weights', MODEL, '--labels', 'folder', ...out);
  const summary = JSON.parse(stdout);
  assert.is(summary.rows, COUNT);
  assert.is(summary.rejected, 0);
  assert.ok(summary.accuracy > 0.8, `accuracy ${summary.accuracy}`);
  assert.match(summary.notices.join(' '), /0 → T-shirt/);
  const [array, files] = [await events('array.parquet'), await events('files.parquet')];
  const size = files.embeddings.length / COUNT;
  for (const [i, url] of files.imageUrls.entries()) {
    const row = Number(/(\d+)\.png$/.exec(url as string)![1]);
    const of = (values: Float32Array, at: number) => values.subarray(at * size, (at + 1) * size);
    assert.equal(of(files.embeddings, i), of(array.embeddings, row), url as string);
    assert.is(files.targets[i], array.targets[row]);
  }
  assert.not.ok(existsSync(join(folder, 'files.parquet.rejected.jsonl')), 'no list where none is rejected');
});

test('drift on these events shows their pictures; drill and inspect take the folder', () => {
  const made = run('baseline', 'files.parquet', '--out', 'profile.json');
  assert.not.match(made.stderr, 'carried along', 'what embed writes of each file needs no remark');
  const { stderr } = run('drift', 'files.parquet', '--baseline', 'profile.json', '--report', 'report.html');
  assert.not.match(stderr, /no picture/);
  assert.match(readFileSync(join(folder, 'report.html'), 'utf8'), /data:image\/(png|jpeg);base64/);
  const drill = ['drill', 'photos', '--weights', MODEL, '--baseline', 'profile.json', '--corruptions', 'darken'];
  const { stdout } = run(...drill, ...FEW, '--labels', 'folder', '--json');
  assert.is(JSON.parse(stdout).images, 12);
  const seen = JSON.parse(run('inspect', 'photos', '--json').stdout);
  assert.equal([seen.kind, seen.images, seen.formats, seen.height], ['images', COUNT, { png: COUNT }, [SIDE, SIDE]]);
  assert.match(run('inspect', 'photos').stdout, '60 images');
});

test('- is a list of paths or a tar on standard input', async () => {
  const names = readdirSync(join(folder, 'photos'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.png'),
  );
  const packed = tar(names.map((name) => ({ name, bytes: readFileSync(join(folder, 'photos', name)) })));
  const listed = names.map((name) => `photos/${name}\n`).join('');
  for (const [out, input] of [
    ['listed.parquet', listed],
    ['packed.parquet', packed],
  ] as const) {
    const args = ['embed', '-', '--weights', MODEL, '--labels', 'folder', '--out', out, '--quiet'];
    endedWith(0, runCliAlone(args, { cwd: folder, input }));
    const [found, expected] = [await events(out), await events('files.parquet')];
    assert.equal(found.embeddings, expected.embeddings);
    assert.equal(found.targets, expected.targets);
  }
  const drill = ['drill', '-', '--weights', MODEL, '--baseline', 'profile.json', '--corruptions', 'blur', '--json'];
  const drilled = runCliAlone([...drill, ...FEW], { cwd: folder, input: listed });
  assert.is(JSON.parse(drilled.stdout).images, 12, drilled.stderr);
  for (const input of [listed, packed]) {
    const { stdout } = runCliAlone(['inspect', '-', '--json'], { cwd: folder, input });
    assert.is(JSON.parse(stdout).images, COUNT);
  }
  const nothing = runCliAlone(['embed', '-', '--weights', MODEL, '--out', 'x.csv'], { cwd: folder });
  endedWith(4, nothing, 'error IMAGES_NONE: stdin: no paths');
});

test('events and profiles of other pixel settings are refused: exit code 4', () => {
  run('embed', 'photos', '--weights', MODEL, '--labels', 'folder', '--orientation', 'apply', '--out', 'turned.parquet');
  const profile = JSON.parse(readFileSync(join(folder, 'profile.json'), 'utf8'));
  writeFileSync(join(folder, 'turned.json'), JSON.stringify({ ...profile, pixels_sha256: 'ab'.repeat(32) }));
  for (const args of [
    ['drift', 'turned.parquet', '--baseline', 'profile.json'],
    ['baseline', 'turned.parquet', '--like', 'profile.json', '--out', 'none.json'],
    ['merge', 'profile.json', 'turned.json', '--out', 'merged.json'],
  ]) {
    const { stderr } = endedWith(4, runCli([...args, '--json'], { cwd: folder }));
    assert.match(JSON.parse(stderr).error.code, /^(PROFILE_OTHER_PIXELS|PROFILES_DIFFER)$/);
  }
});

test('more broken images than are allowed: exit code 4, the list, no events', () => {
  mkdirSync(join(folder, 'broken'));
  writeFileSync(join(folder, 'broken', 'a\u001b[31m.jpg'), 'no image');
  const args = ['embed', 'broken', '--weights', MODEL, '--out', 'none.parquet', '--json'];
  const { stderr } = endedWith(4, runCli(args, { cwd: folder }));
  assert.is(JSON.parse(stderr).error.code, 'IMAGES_REJECTED');
  assert.is(stderr.includes('\u001b'), false);
  assert.match(readFileSync(join(folder, 'none.parquet.rejected.jsonl'), 'utf8'), '"code":"IMAGE_FORMAT"');
});
