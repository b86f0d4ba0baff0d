/** ONNX files beside a weights folder or instead of one. ci/onnx.sh checks that other tools can read them. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { convertCheckpoint, convertToOnnx } from '../../convert/index.js';
import { pseudoWeights } from '../support/pseudo-weights.js';
import { writeSafetensors } from '../support/safetensors.js';
import { assert, endedWith, refusal, runCli, temporaryFolder, test } from '../support/test.js';

const MODEL = { backbone: 'mobilenet_v2', head: [], classes: 3 };
const PREPROCESSING = { size: [32, 32] as [number, number], mean: [0.5], std: [0.5] };

function checkpoint(folder: string, change: (values: Float32Array) => void = () => {}): string {
  const path = join(folder, 'model.safetensors');
  const { tensors } = pseudoWeights(MODEL);
  change(tensors.get('features.0.0.weight')!.data);
  writeSafetensors(path, tensors);
  return path;
}

test('with a weights folder and without: the same file, named in the result', async () => {
  const folder = temporaryFolder();
  const path = checkpoint(folder);
  const [beside, alone] = [join(folder, 'beside.onnx'), join(folder, 'alone.onnx')];
  const both = await convertCheckpoint(path, join(folder, 'weights'), { ...PREPROCESSING, onnx: beside });
  const only = await convertToOnnx(path, alone, PREPROCESSING);
  assert.ok(readFileSync(beside).equals(readFileSync(alone)));
  const bytes = readFileSync(alone).length;
  assert.equal(both.onnx, { path: beside, bytes, outputs: ['classifier.0', 'scores'] });
  assert.equal(only.onnx, { path: alone, bytes, outputs: ['classifier.0', 'scores'] });
  assert.equal(only.config, both.config);
  assert.is((await convertCheckpoint(path, join(folder, 'weights'), { ...PREPROCESSING, overwrite: true })).onnx, null);
});

test('a checkpoint that is refused leaves neither folder nor file, and the old file as it was', async () => {
  const folder = temporaryFolder();
  const path = checkpoint(folder, (values) => {
    values[7] = Number.NaN;
  });
  const onnx = join(folder, 'old.onnx');
  writeFileSync(onnx, 'old');
  const weights = join(folder, 'weights');
  await refusal('WEIGHTS_NOT_FINITE', () => convertCheckpoint(path, weights, { ...PREPROCESSING, onnx }));
  await refusal('WEIGHTS_NOT_FINITE', () => convertToOnnx(path, onnx, PREPROCESSING));
  assert.is(existsSync(weights), false);
  assert.is(readFileSync(onnx, 'utf8'), 'old');
});

test('a place that cannot be written to', async () => {
  const folder = temporaryFolder();
  const path = checkpoint(folder);
  mkdirSync(join(folder, 'taken'));
  await refusal('FILE_IS_FOLDER', () => convertToOnnx(path, join(folder, 'taken'), PREPROCESSING));
  const nowhere = join(folder, 'no', 'model.onnx');
  assert.match((await refusal('FILE_NOT_FOUND', () => convertToOnnx(path, nowhere, PREPROCESSING))).message, nowhere);
  assert.equal(readdirSync(folder).sort(), ['model.safetensors', 'taken']);
});

test('the command line: from a checkpoint, from its weights folder; and what does not go together', () => {
  const cwd = temporaryFolder();
  checkpoint(cwd);
  const convert = (...args: string[]) => runCli(['convert', ...args], { cwd });
  const both = convert('model.safetensors', '--size', '32', '--out', 'weights', '--onnx', 'a.onnx', '--json');
  assert.equal(JSON.parse(both.stdout).onnx.outputs, ['classifier.0', 'scores']);
  assert.match(convert('weights', '--onnx', 'b.onnx').stdout, /ONNX: b\.onnx, 8\.\d MB, outputs classifier\.0, scores/);
  assert.ok(readFileSync(join(cwd, 'a.onnx')).equals(readFileSync(join(cwd, 'b.onnx'))));
  for (const [args, message] of [
    [['model.safetensors'], /nothing to make: --out FOLDER or --onnx FILE is needed/],
    [['model.safetensors', '--onnx', 'c.onnx', '--dtype', 'float16'], /--dtype float16: an ONNX file is float32/],
    [['weights', '--onnx', 'c.onnx', '--size', '64'], /--size: weights is a weights folder/],
  ] as const) {
    endedWith(2, convert(...args), message);
  }
  assert.equal(readdirSync(cwd).sort(), ['a.onnx', 'b.onnx', 'model.safetensors', 'weights']);
});
