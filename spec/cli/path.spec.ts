import { spawn } from 'node:child_process';
import { copyFileSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { IMAGE_STATISTICS, NpzFile, openEvents } from '../../data/index.js';
import { pixels, sampleImages, writeGray, writeNpz } from '../support/npz-file.js';
import {
  assert,
  endedWith,
  longTest,
  packageRoot,
  printedJson,
  runCli,
  temporaryFolder,
  test,
} from '../support/test.js';

const MODEL = 'fashion-mnist-resnet18';
const folder = temporaryFolder();
const images = join(folder, 'images.npz');
const COUNT = 70;

const run = (...args: string[]) => endedWith(0, runCli(args, { cwd: folder }));

function embed(out: string, ...args: string[]) {
  return runCli(['embed', images, '--weights', MODEL, '--out', out, ...args], { cwd: folder });
}

/** The first bundled images with their labels, so that accuracies are real. */
test.before(async () => {
  const sample = await sampleImages('production', 0, COUNT);
  writeGray(images, sample.pixels, sample.labels);
});

test('embed prints the line of the notebook and writes the events', async () => {
  const { stdout, stderr } = endedWith(0, embed('a.parquet'));
  assert.match(stdout, /^\d+ of 70 predictions are correct: (8|9)\d\.\d\d %\n$/);
  assert.match(stderr, 'a.parquet: 70 events');
  const events = await openEvents(join(folder, 'a.parquet'));
  assert.is(events.rows, COUNT);
  assert.is(events.schema.dimensions, 128);
  assert.is(events.schema.tap, 'fc.0');
  assert.is(events.schema.classes[0], 'T-shirt/top');
  for await (const batch of events.batches()) {
    assert.match(batch.imageUrls[0] as string, /\/images\/0\.png$/);
    assert.is(new Set(batch.eventIds).size, batch.rows);
  }
  await events.close();
});

longTest('all four formats, one thread or two, hold the same numbers', async () => {
  const tables: Float32Array[] = [];
  for (const [name, threads] of [
    ['b.parquet', '1'],
    ['b.csv', '2'],
    ['b.jsonl', '0'],
    ['b.npz', '2'],
  ] as const) {
    endedWith(0, embed(name, '--threads', threads, '--timestamp', '2026-11-25T12:00:00Z'));
    const events = await openEvents(join(folder, name));
    for await (const batch of events.batches()) {
      tables.push(batch.embeddings);
      assert.is(batch.timestamps[0], Date.UTC(2026, 10, 25, 12));
    }
    await events.close();
  }
  assert.is(tables.length, 4);
  for (const table of tables) assert.equal(table, tables[0]);
});

test('embed --json is what programs were promised', () => {
  const engine = ['--threads', '1', '--backend', 'simd'];
  const summary = printedJson(embed('c.npz', '--json', ...engine));
  const { seconds, images_per_second, correct, accuracy, ...rest } = summary;
  const precision = { precision: 'float32', difference_to_simd: null };
  const engineUsed = { backend: 'simd', device: 'cpu', threads: 1, ...precision, notices: [] };
  assert.equal(rest, { out: 'c.npz', rows: COUNT, rejected: 0, resumed: 0, ...engineUsed });
  assert.is(accuracy, correct / COUNT);
  assert.ok(Math.abs(images_per_second - COUNT / seconds) < 1e-6);
  const unlabelled = endedWith(0, embed('c.npz', '--json', '--labels', 'none'));
  assert.is(JSON.parse(unlabelled.stdout).accuracy, null);
  assert.is(JSON.parse(unlabelled.stdout).correct, null);
});

longTest('several taps go into one npz under their own names', async () => {
  endedWith(0, embed('taps.npz', '--tap', 'fc.0,layer4,fc'));
  const npz = await NpzFile.open(join(folder, 'taps.npz'));
  const shape = async (name: string) => (await npz.array(name)).header.shape;
  assert.equal(await shape('embeddings'), [COUNT, 128]);
  assert.equal(await shape('layer4'), [COUNT, 512, 1, 1]);
  assert.equal(await shape('fc'), [COUNT, 10]);
  await npz.close();
  endedWith(2, embed('taps.parquet', '--tap', 'fc.0,layer4'), 'EVENTS_TAPS_NEED_NPZ');
});

test('baseline and drift: nothing between a set and itself, something after noise', () => {
  endedWith(0, embed('reference.parquet', '--dataset', 'reference'));
  assert.match(run('baseline', 'reference.parquet', '--out', 'p.json', '--clusters', '3').stdout, 'in 3 clusters');
  writeNpz(join(folder, 'noise.npz'), { arr_0: { descr: '|u1', shape: [40, 32, 32, 3], values: pixels(40, 32) } });
  run('embed', 'noise.npz', '--weights', MODEL, '--out', 'noise.jsonl');
  const report = JSON.parse(
    run('drift', 'reference.parquet', 'noise.jsonl', '--baseline', 'p.json', '--json', '--base', '2').stdout,
  );
  assert.is(report.baseline.rows, COUNT);
  assert.is(report.baseline.clusters, 3);
  assert.match(report.baseline.weights_sha256, /^[0-9a-f]{64}$/);
  const [same, noise] = report.windows;
  assert.equal(Object.keys(same), [
    ...['name', 'from', 'to', 'rows', 'skipped', 'effective_rows', 'effective_by', 'rows_needed', 'labelled'],
    ...['accuracy', 'accuracy_interval', 'accuracy_test', 'estimated_accuracy', 'no_estimate', 'verdict', 'p'],
    ...['alarmed_by', 'methods', 'clusters', 'predicted', 'causes', 'notes', 'segments', 'images'],
  ]);
  assert.is(same.methods.js.value, 0);
  assert.is(same.methods.js.base, 2);
  assert.ok(noise.methods.js.value > 0.3);
  assert.is(noise.accuracy, null);
  assert.is(noise.rows, 40);
  const table = run('drift', 'reference.parquet', 'noise.jsonl', '--baseline', 'p.json').stdout;
  assert.match(table, /noise +40 +[~≤]\d+ % +[A-Za-z ]+ \d+\.\d+/);
  assert.match(table, '0.8326 (natural logarithm)');
});

longTest('inspect --plan tells what each layer costs, for a size and a batch', () => {
  const folder = join(packageRoot, 'weights', MODEL);
  const plan = JSON.parse(run('inspect', folder, '--plan', '--size', '40x33', '--batch', '3', '--json').stdout);
  assert.equal([plan.kind, plan.images, plan.height, plan.width], ['plan', 3, 40, 33]);
  const stem = plan.rows[1];
  assert.equal([stem.operation, stem.output], ['conv2d+relu', [64, 20, 17]]);
  assert.is(stem.macs_written, 7 * 7 * 3 * 64 * 20 * 17);
  assert.ok(stem.macs_done < stem.macs_written);
  const text = run('inspect', folder, '--plan', '--precision', 'exact').stdout;
  assert.match(text, /^layer1\.0\.relu +conv2d\+add\+relu +64×8×8 +64×8×8 +(winograd2|convolution)/m);
  assert.not.match(text, 'winograd4');
});

test('the options of inspect --plan say what is wrong with them', () => {
  const folder = join(packageRoot, 'weights', MODEL);
  assert.match(runCli(['inspect', folder, '--batch', '3']).stderr, '--batch says something about a plan');
  assert.match(runCli(['inspect', folder, '--plan', '--size', '32']).stderr, '--size takes HEIGHTxWIDTH');
  assert.match(runCli(['inspect', folder, '--plan', '--size', '0x9']).stderr, 'error BAD_IMAGE_SIZE');
  assert.match(runCli(['inspect', folder, '--plan', '--size', '9000x9000', '--batch', '99']).stderr, 'OUT_OF_MEMORY');
});

test('inspect tells what each kind of file is', () => {
  const kind = (path: string) => JSON.parse(run('inspect', path, '--json').stdout);
  assert.is(kind('a.parquet').kind, 'events');
  const columns = kind('a.parquet').columns as string[];
  const first = columns.indexOf('image_stat_brightness');
  assert.equal(columns.slice(first - 3, first), ['target', 'image_url', 'event_id']);
  assert.equal(
    columns.slice(first),
    IMAGE_STATISTICS.map((name) => `image_stat_${name}`),
  );
  assert.is(kind('c.npz').kind, 'events');
  assert.is(kind(images).kind, 'arrays');
  assert.equal(kind(images).arrays[0], { name: 'arr_0', dtype: '|u1', shape: [COUNT, 32, 32], fortran_order: false });
  assert.is(kind('p.json').kind, 'profile');
  const weights = kind(join(packageRoot, 'weights', MODEL));
  assert.is(weights.kind, 'weights');
  assert.is(weights.config.tap, 'fc.0');
  assert.match(run('inspect', join(packageRoot, 'weights', MODEL)).stdout, 'resnet18, head 128-10');
});

test('a profile of another layer or model is refused', () => {
  endedWith(0, embed('logits.parquet', '--tap', 'fc'));
  const drift = runCli(['drift', 'logits.parquet', '--baseline', 'p.json'], { cwd: folder });
  const { stderr } = endedWith(4, drift, 'PROFILE_OTHER_DIMENSIONS');
  assert.match(stderr, '10');
  assert.match(stderr, '128');
});

longTest('bad input: exit code 4, file and place named, nothing left on disk', () => {
  const place = temporaryFolder();
  const at = (name: string) => join(place, name);
  copyFileSync(images, at('cut.npz'));
  truncateSync(at('cut.npz'), 50_000);
  writeFileSync(at('text.npz'), 'hello');
  writeNpz(at('empty.npz'), { arr_0: { descr: '|u1', shape: [0, 32, 32, 3], values: new Uint8Array(0) } });
  writeNpz(at('small.npz'), { arr_0: { descr: '|u1', shape: [2, 8, 8, 3], values: pixels(2, 8) } });
  writeNpz(at('float.npz'), { arr_0: { descr: '<f4', shape: [1, 32, 32, 3], values: new Float32Array(3072) } });
  writeNpz(at('labels.npz'), {
    arr_0: { descr: '|u1', shape: [2, 32, 32, 3], values: pixels(2, 32) },
    arr_1: { descr: '<i8', shape: [2], values: BigInt64Array.of(3n, 11n) },
  });
  const before = readdirSync(place).sort();
  const broken = [
    ['cut.npz', 'ZIP_NO_DIRECTORY'],
    ['text.npz', 'NPZ_FORMAT'],
    ['empty.npz', 'IMAGES_NONE'],
    ['small.npz', 'IMAGES_SIZE'],
    ['float.npz', 'IMAGES_FLOAT'],
    ['labels.npz', 'LABEL_OUTSIDE_CLASSES'],
    ['missing.npz', 'FILE_NOT_FOUND'],
  ] as const;
  for (const [name, code] of broken) {
    const run = runCli(['embed', at(name), '--weights', MODEL, '--out', at('out.parquet'), '--json']);
    const { error } = JSON.parse(endedWith(4, run).stderr);
    assert.is(error.code, code, `${name}: ${error.message}`);
    assert.match(error.message, name);
    assert.equal(readdirSync(place).sort(), before);
  }
});

test('an output folder that is not there is told before anything is computed', () => {
  endedWith(4, embed(join(folder, 'no', 'where.parquet')), 'FILE_NOT_FOUND');
});

/** A run that is embedding 4,000 images, and what it exits with. */
async function embedding(place: string) {
  const many = join(place, 'many.npz');
  writeNpz(many, { arr_0: { descr: '|u1', shape: [4000, 32, 32, 3], values: pixels(4000, 32) } });
  const main = join(packageRoot, 'dist', 'cli', 'main.js');
  const child = spawn(process.execPath, [main, 'embed', many, '--weights', MODEL, '--out', join(place, 'out.parquet')]);
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
  while (readdirSync(place).length === 1) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.match(readdirSync(place).sort()[0] as string, '.partial');
  return { child, ended };
}

test('Ctrl-C ends with 130 and leaves no file', async () => {
  const place = temporaryFolder();
  const { child, ended } = await embedding(place);
  child.kill('SIGINT');
  assert.is(await ended, 130);
  assert.equal(readdirSync(place), ['many.npz']);
});

longTest('Ctrl-C again and again, while the program ends: still 130, still no file', async () => {
  const place = temporaryFolder();
  const { child, ended } = await embedding(place);
  const impatient = setInterval(() => child.kill('SIGINT'), 1);
  assert.is(await ended, 130);
  clearInterval(impatient);
  assert.equal(readdirSync(place), ['many.npz']);
});
