import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256Of } from '#platform';
import { drill as drillCommand } from '../../cli/drill.js';
import { DRILL_LIMIT, DRILL_REPEATS, DRILL_WINDOW_SIZES } from '../../pipeline/index.js';
import { grayPng16, writeFiles } from '../support/image-files.js';
import { sampleImages, writeGray, writeNpz } from '../support/npz-file.js';
import {
  assert,
  endedWith,
  longTest,
  packageRoot,
  printedJson,
  readFixture,
  runCli,
  temporaryFolder,
  test,
} from '../support/test.js';

const MODEL = 'fashion-mnist-resnet18';
const PRODUCTION = join(packageRoot, 'samples', 'fashion-mnist', 'production.npz');
const folder = temporaryFolder();
const SMALL = ['--corruptions', 'contrast,blur', '--sizes', '100,40,4000', '--repeats', '10', '--limit', '100'];

function drill(...args: string[]) {
  return runCli(['drill', PRODUCTION, '--weights', MODEL, '--baseline', 'p.json', ...args], { cwd: folder });
}

test.before(async () => {
  // Enough for a profile, and quick to embed.
  writeGray(join(folder, 'reference.npz'), (await sampleImages('reference', 0, 400)).pixels);
  for (const args of [
    ['embed', 'reference.npz', '--weights', MODEL, '--out', 'r.parquet'],
    ['baseline', 'r.parquet', '--out', 'p.json'],
  ]) {
    endedWith(0, runCli(args, { cwd: folder }));
  }
});

test('images of 16 bits are asked about by each command before it downloads, loads or measures anything', () => {
  writeFiles(join(folder, 'deep'), { '1.png': grayPng16(32), '2.png': grayPng16(32) });
  const values = Uint16Array.from({ length: 2 * 32 * 32 }, (_, i) => i);
  writeNpz(join(folder, 'deep.npz'), { arr_0: { descr: '<u2', shape: [2, 32, 32], values } });
  const explaining = ['--baseline', 'p.json', '--baseline-images'];
  for (const images of ['deep', 'deep.npz']) {
    for (const args of [
      ['embed', images, '--out', 'deep.parquet'],
      ['plan', images, '--out', 'run', '--shards', '1'],
      ['drill', images, '--baseline', 'p.json'],
      ['explain', 'r.parquet', ...explaining, images],
      ['drift', 'r.parquet', '--explain', ...explaining, images],
    ]) {
      const run = runCli([...args, '--weights', 'hf:none/none', '--offline'], { cwd: folder });
      endedWith(4, run, /convert --range LOW,HIGH/);
      assert.match(
        run.stderr,
        images === 'deep' ? /deep\/[12]\.png: PNG of 16 bits a sample/ : /row 0: the pixel value 256/,
      );
    }
  }
  assert.equal([existsSync(join(folder, 'deep.parquet')), existsSync(join(folder, 'run'))], [false, false]);
  assert.match(
    runCli(['inspect', 'deep.npz'], { cwd: folder }).stdout,
    'arr_0 as images: values above 255 need weights of convert --range',
  );
});

test('the help tells the defaults of the library', () => {
  const { sizes, repeats, limit } = drillCommand.options;
  assert.equal(
    [sizes?.default, repeats?.default, limit?.default],
    [DRILL_WINDOW_SIZES.join(), DRILL_REPEATS, DRILL_LIMIT],
  );
});

test('drill prints a line a corruption, and writes the csv', () => {
  const { stdout } = endedWith(0, drill(...SMALL, '--csv', 'drill.csv'));
  const [head, contrast, blur] = stdout.split('\n') as [string, string, string];
  assert.match(head, /^corruption +level 1 +level 2 +level 3 +level 4 +level 5 +n=40 +n=100$/);
  assert.match(contrast, /^contrast( +\d\d\.\d %){5} +([1-5]|-) +[1-5]$/);
  assert.match(blur, /^blur( +\d\d\.\d %){5}( +([1-5]|-)){2}$/);
  assert.match(stdout, '100 images');
  assert.match(stdout, 'Too few images for windows of 4,000.');
  assert.match(stdout, /Unchanged: \d\d\.\d % correct; false alarms: default n=40 \d+ %, n=100 \d+ %\./);
  const lines = readFileSync(join(folder, 'drill.csv'), 'utf8').trimEnd().split('\n');
  assert.is(lines.length, 1 + 3 * (1 + 2 * 5));
});

longTest('drill --json is what programs were promised', () => {
  const { profile_sha256, weights_sha256, clean, corruptions, ...rest } = printedJson(
    drill(...SMALL, '--json', '--alpha', '0.01', '--seed', '3'),
  );
  assert.equal(rest, {
    images: 100,
    alpha: 0.01,
    seed: 3,
    levels: [1, 2, 3, 4, 5],
    window_sizes: [40, 100, 4000],
    windows: [10, 1, 0],
  });
  assert.is(profile_sha256, sha256Of(readFileSync(join(folder, 'p.json'))));
  assert.match(weights_sha256, /^[0-9a-f]{64}$/);
  assert.equal(Object.keys(clean), ['accuracy', 'alarms']);
  assert.is(clean.alarms.default.length, 3);
  assert.ok(clean.alarms.default[0] <= 0.3, 'the unchanged images hardly ever alarm');
  const [contrast, blur] = corruptions;
  const { accuracy, alarms, seen_from, ...named } = contrast;
  assert.equal(named, {
    name: 'contrast',
    summary: 'flat, as in fog',
    unit: 'contrast left',
    strengths: [0.75, 0.5, 0.4, 0.3, 0.15],
  });
  assert.is(accuracy.length, 5);
  assert.ok(accuracy[0] > accuracy[4]);
  assert.equal(alarms.default[4], [alarms.default[4][0], 1, null]);
  assert.ok(alarms.default[4][0] >= alarms.default[0][0]);
  assert.is(seen_from.default[2], null);
  assert.is(seen_from.default[1], 1 + alarms.default.findIndex((shares: (number | null)[]) => shares[1] === 1));
  assert.is(blur.name, 'blur');
});

test('what is wrong on the command line or in the files is said before anything is computed', () => {
  const { drill: mistakes } = readFixture<{ drill: [number, says: string, args: string][] }>('cli', 'mistakes.json');
  for (const [code, says, args] of mistakes) {
    assert.is(endedWith(code, drill(...args.split(' ')), says, args).stdout, '');
  }
  assert.not.ok(existsSync(join(folder, 'none.csv')));
});
