/** What is wrong with the arguments is said before a file is read or an engine starts; names in messages can be copied. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mayHaveGpu } from '../../engine/backends/webgpu/hardware.js';
import { assert, runCli, runCliAlone, temporaryFolder, test } from '../support/test.js';

const folder = temporaryFolder();
const MODEL = ['--weights', 'fashion-mnist-resnet18'];
const run = (...args: string[]) => runCli(args, { cwd: folder });

test('methods, alpha and limits of drift, explain and drill; format and time of embed and plan', () => {
  const none = ['--baseline', 'none.json'];
  const images = ['--weights', 'none', '--baseline-images', 'none'];
  for (const [args, says] of [
    [['drift', 'x.csv', ...none, '--alpha', '2'], 'alpha'],
    [['drift', 'x.csv', ...none, '--methods', 'foo'], 'method "foo"'],
    [['drift', 'x.csv', ...none, '--detect', '9'], 'detect'],
    [['drift', 'x.csv', ...none, '--threshold', 'foo=1'], 'threshold of "foo"'],
    [['drift', 'x.csv', ...none, ...images, '--explain', '--methods', 'foo'], 'method "foo"'],
    [['explain', 'x.csv', ...none, ...images, '--methods', 'foo'], 'method "foo"'],
    [['drill', 'x', ...none, '--weights', 'none', '--methods', 'foo'], 'method "foo"'],
    [['drill', 'x', ...none, '--weights', 'none', '--alpha', '2'], 'alpha'],
    [['embed', 'x.npz', '--weights', 'none', '--out', 'x.csv', '--timestamp', 'yesterday'], '--timestamp yesterday'],
    [['plan', 'x.npz', '--weights', 'none', '--shards', '2', '--out', 'r', '--timestamp', 'now'], '--timestamp now'],
  ] as const) {
    const { status, stderr } = run(...args);
    assert.is(status, 2, stderr);
    assert.match(stderr, says);
  }
  const { stderr } = run('embed', 'x.npz', '--weights', 'none', '--out', 'x.txt');
  assert.match(stderr, 'EVENTS_FORMAT_UNKNOWN: x.txt');
});

test('an image is named by its path, one that is given twice by what it is, and one other file is one', () => {
  mkdirSync(join(folder, 'bad'));
  writeFileSync(join(folder, 'bad', 'x.png'), 'no image');
  writeFileSync(join(folder, 'bad', 'notes.txt'), '');
  const embed = (...inputs: string[]) => run('embed', ...inputs, ...MODEL, '--out', 'out.parquet');
  const { stderr } = embed('bad');
  assert.match(stderr, /the first: bad\/x\.png: not an image/);
  assert.match(stderr, '1 other file is left out');
  assert.match(embed('bad/x.png').stderr, /the first: bad\/x\.png: not an image/);
  const twice = embed('bad/x.png', 'bad/x.png');
  assert.is(twice.status, 2);
  assert.match(twice.stderr, 'error BAD_OPTION: bad/x.png: is given twice');
});

test('events are no table of images', () => {
  writeFileSync(join(folder, 'events.csv'), 'event_id,embeddings,image_path\na,"[1, 2]",1.png\n');
  const { status, stderr } = run('embed', 'events.csv', ...MODEL, '--out', 'out.parquet');
  assert.is(status, 4);
  assert.match(stderr, 'events.csv: these are events, which were made of images');
});

test('a file that is no table of drill is told in our words', () => {
  writeFileSync(join(folder, 'profile.json'), JSON.stringify({ images: {}, clusters: [] }));
  writeFileSync(join(folder, 'few.csv'), 'embeddings\n"[0, 1]"\n"[5, 2]"\n"[9, 1]"\n"[2, 7]"\n');
  assert.is(run('baseline', 'few.csv', '--clusters', '2', '--out', 'few.json').status, 0);
  const report = ['--report', 'r.html', '--drill', 'profile.json'];
  const { stderr } = run('drift', 'few.csv', '--baseline', 'few.json', ...report);
  assert.match(
    stderr,
    /DRILL_FILE_INVALID: profile\.json: not what image-drift drill --json writes: \w+: .* is (needed|missing)/,
  );
  assert.not.match(stderr, 'Invalid input');
  const shard = run('baseline', 'few.csv', '--like', 'few.json', '--out', 'shard.json');
  assert.match(shard.stderr, 'Next: image-drift merge shard.json OTHERS… --out profile.json');
  assert.match(run('merge', 'few.json', '--out', 'one.json').stdout, 'rows of 1 profile\n');
});

if (mayHaveGpu()) console.log('SKIPPED (a GPU is here): WebGPU without one');
else {
  test('WebGPU without a GPU and without a driver says so, and Dawn says nothing', () => {
    const args = ['embed', 'bad', ...MODEL, '--out', 'out.parquet', '--backend', 'webgpu'];
    const env = { VK_DRIVER_FILES: '', XDG_DATA_DIRS: folder, XDG_CONFIG_DIRS: folder, HOME: folder };
    const { stderr } = runCliAlone(args, { cwd: folder, env });
    if (stderr.includes('BACKEND_NOT_INSTALLED')) return console.log('SKIPPED (Dawn): WebGPU without a GPU');
    assert.match(stderr, /^error ADAPTER_MISSING/);
    assert.not.match(stderr, 'Warning');
  });
}
