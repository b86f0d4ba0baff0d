/** `convert` stores what its flags say of images, and `inspect` prints it, also as a line of Python. */
import { join } from 'node:path';
import { pseudoWeights } from '../support/pseudo-weights.js';
import { writeSafetensors } from '../support/safetensors.js';
import { assert, runCli, temporaryFolder, test } from '../support/test.js';

const cwd = temporaryFolder();
writeSafetensors(join(cwd, 'm.safetensors'), pseudoWeights({ backbone: 'mobilenet_v2', head: [], classes: 3 }).tensors);

test('every flag arrives in the weights, and inspect says what it means', () => {
  const flags = '--size 224 --resize 256 --crop 224 --resize-mode longest --interpolation bicubic --orientation apply';
  const more = '--border 1,2,3 --pillow 12 --mean 0.5 --std 0.5';
  const args = `convert m.safetensors --out w ${flags} ${more}`.split(' ');
  const converted = runCli(args, { cwd });
  assert.is(converted.status, 0, converted.stderr);
  assert.match(converted.stdout, 'turned as the camera says, fitted into 256 (bicubic), centre 224×224, border 1 2 3');
  const { config, python } = JSON.parse(runCli(['inspect', 'w', '--json'], { cwd }).stdout);
  assert.equal(config.preprocessing, {
    size: [224, 224],
    resize: 256,
    mode: 'longest',
    interpolation: 'bicubic',
    pillow: 12,
    crop: [224, 224],
    border: [1, 2, 3],
    orientation: 'apply',
    mean: [0.5, 0.5, 0.5],
    std: [0.5, 0.5, 0.5],
  });
  assert.match(python, "ResizeKeepRatio((256, 256), longest=1.0, interpolation='bicubic')");
  assert.ok(runCli(['inspect', 'w'], { cwd }).stdout.includes(`in Python: ${python}\n`));
});

test('what does not go together is refused, and a name that is none is a mistake in usage', () => {
  const convert = (...args: string[]) => runCli(['convert', 'm.safetensors', '--out', 'x', ...args], { cwd });
  const lone = convert('--resize-mode', 'exact');
  assert.is(lone.status, 2);
  assert.match(lone.stderr, 'the resize mode is exact, but no resize is given');
  for (const [flag, value] of [
    ['--interpolation', 'cubic'],
    ['--resize-mode', 'fit'],
    ['--pillow', '11'],
    ['--orientation', 'yes'],
    ['--border', 'red'],
  ] as const) {
    const { status, stderr } = convert('--resize', '64', flag, value);
    assert.is(status, 2, stderr);
    assert.match(stderr, value);
  }
});
