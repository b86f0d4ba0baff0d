import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspectionText } from '../../cli/inspection-text.js';
import type { Inspection } from '../../pipeline/index.js';
import { pseudoWeights } from '../support/pseudo-weights.js';
import { writeSafetensors } from '../support/safetensors.js';
import { assert, endedWith, packageRoot, runCli, temporaryFolder, test } from '../support/test.js';

const cwd = temporaryFolder();
writeSafetensors(join(cwd, 'm.safetensors'), pseudoWeights({ backbone: 'mobilenet_v2', head: [], classes: 3 }).tensors);

test('every flag arrives in the weights, and inspect says what it means', () => {
  const flags = '--size 224 --resize 256 --crop 224 --resize-mode longest --interpolation bicubic --orientation apply';
  const more = '--border 1,2,3 --pillow 12 --mean 0.5 --std 0.5';
  const args = `convert m.safetensors --out w ${flags} ${more}`.split(' ');
  const converted = endedWith(0, runCli(args, { cwd }));
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
  endedWith(2, convert('--resize-mode', 'exact'), 'the resize mode is exact, but no resize is given');
  for (const [flag, value] of [
    ['--interpolation', 'cubic'],
    ['--resize-mode', 'fit'],
    ['--pillow', '11'],
    ['--orientation', 'yes'],
    ['--border', 'red'],
  ] as const) {
    endedWith(2, convert('--resize', '64', flag, value), value);
  }
});

// What `convert --check-script` prints. spec/ci/check-scripts.sh runs it with the libraries.

const printed = (library: string) => runCli(['convert', '--check-script', library]).stdout;

test('each library has lines that write every array', () => {
  for (const library of ['torch', 'transformers', 'timm', 'tensorflow']) {
    const script = printed(library);
    for (const part of ['np.savez("check.npz"', 'inputs=', 'embeddings=', 'scores=', 'image_{i}'])
      assert.match(script, part);
    const code = script.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    assert.ok(code.length <= 13, `${library}: ${code.length} lines`);
  }
});

test('the documentation has the lines for torch', () => {
  assert.match(readFileSync(join(packageRoot, 'docs', 'networks.md'), 'utf8'), `\`\`\`py\n${printed('torch')}\`\`\``);
});

test('as JSON it is one object', () => {
  const { stdout } = runCli(['convert', '--check-script', 'timm', '--json']);
  assert.is(JSON.parse(stdout).script, printed('timm'));
});

test('without a checkpoint and without a script, the usage is said', () => {
  endedWith(2, runCli(['convert', '--out', 'w']), 'convert: CHECKPOINT is missing');
});

// What `inspect` says fits a terminal, however many classes and columns there are.

const names = (count: number, prefix: string) => Array.from({ length: count }, (_, i) => `${prefix}${i}`);

function eventsOf(classes: readonly string[], carried: number): Inspection {
  return {
    ...{ kind: 'events', format: 'parquet', rows: 1234, dimensions: 512, classes },
    ...{ thresholds: null, tap: 'avgpool' },
    ...{ weights_sha256: 'ab'.repeat(32), weights_note: null },
    columns: ['embeddings', ...classes, 'event_id', 'image_stat_brightness', 'image_stat_noise'],
    carried: names(carried, 'site_').map((name) => ({ name, type: 'string' as const })),
  };
}

test('a thousand classes are a few lines of 80 characters', () => {
  const lines = inspectionText('week.parquet', eventsOf(names(1000, 'class_'), 300), 80).split('\n');
  assert.ok(lines.length < 20, `${lines.length} lines`);
  for (const line of lines) assert.ok(line.length <= 80, line);
  const text = lines.join(' ').replace(/ +/g, ' ');
  assert.match(text, 'rows: 1,234');
  assert.match(text, 'columns: embeddings, event_id scores: class_0, class_1,');
  assert.match(text, 'class_19, … (1,000)');
  assert.match(text, 'image statistics (image_stat_…): brightness, noise');
  assert.match(text, 'site_19 (string), … (300)');
  assert.not.match(text, 'class_20');
});

test('few classes are listed whole; without a terminal no line is broken', () => {
  const text = inspectionText('week.parquet', eventsOf(['cat', 'dog'], 0), Number.POSITIVE_INFINITY);
  assert.match(text, /\n {2}scores: cat, dog\n/);
  assert.not.match(text, 'carried');
  assert.match(inspectionText('x', eventsOf([], 0), 80), 'scores: none');
});

test('a line of Python is one line', () => {
  const python = `x = ${'f('.repeat(100)}`;
  const config = {
    backbone: 'resnet18',
    head: [],
    classes: ['a'],
    tap: 'avgpool',
    preprocessing: {},
    provenance: { source: 'm.pth', sha256: '0', converter: 'c' },
  };
  const found = {
    kind: 'weights',
    sha256: '0',
    config,
    checked: null,
    tensors: 1,
    parameters: 1,
    python,
  } as unknown as Inspection;
  assert.ok(inspectionText('w', found, 80).split('\n').includes(`  in Python: ${python}`));
});
