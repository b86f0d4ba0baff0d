import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync, zipSync } from 'fflate';
import { convertCheckpoint, convertToOnnx } from '../../convert/index.js';
import { tfjsFolder } from '../support/image-files.js';
import { nodesOf, writeOnnxFile } from '../support/onnx-file.js';
import { assert, fixtures, refusal, temporaryFolder, test } from '../support/test.js';

const CHANNELS = [0, 1, 2];

/** An ONNX file with a batch norm whose second variance is the value. */
function onnx(value: number, epsilon = 1e-5): string {
  const part = { dims: [3], data: [1, 1, 1] };
  return writeOnnxFile({
    nodes: nodesOf(
      'normal = BatchNormalization(x, scale, bias, mean, variance)\nmeans = GlobalAveragePool(normal)\ny = Flatten(means)',
      { normal: { epsilon } },
    ),
    tensors: {
      ...{ scale: part, bias: part, mean: part },
      variance: { dims: [3], data: CHANNELS.map((channel) => (channel === 1 ? value : 0.5)) },
    },
  });
}

/** A model of TensorFlow.js, the second of the first 8 variances replaced. */
function tfjs(value: number): string {
  const folder = join(temporaryFolder(), 'model');
  cpSync(join(tfjsFolder, 'mixed'), folder, { recursive: true });
  const path = join(folder, 'group1-shard1of1.bin');
  const { weightsManifest } = JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8'));
  let at = 0;
  for (const { name, shape } of weightsManifest[0].weights as { name: string; shape: number[] }[]) {
    if (name === 'bn/variance') break;
    at += 4 * shape.reduce((a, b) => a * b, 1);
  }
  const bytes = readFileSync(path);
  bytes.writeFloatLE(value, at + 4);
  writeFileSync(path, bytes);
  return folder;
}

/** An exported program: `weight_34` to `weight_36` are mean, variance and count of its first batch norm. */
function exported(value: number): string {
  const members = unzipSync(readFileSync(join(fixtures, 'convert', 'exported', 'densenet.batch.pt2')));
  const name = Object.keys(members).find((member) => member.endsWith('/weight_35'))!;
  const variance = Buffer.from(members[name]!);
  variance.writeFloatLE(value, 4);
  members[name] = variance;
  const path = join(temporaryFolder(), 'model.pt2');
  writeFileSync(path, zipSync(members, { level: 0 }));
  return path;
}

for (const [format, make, tensor] of [
  ['ONNX', onnx, /^model\.onnx: tensor .*running_var: element 1 of 3 is /],
  ['TensorFlow.js', tfjs, /^model: tensor .*running_var: element 1 of 8 is /],
  ['an exported program', exported, /^model\.pt2: tensor features\.norm0\.running_var: element 1 of 16 is /],
] as const) {
  for (const [value, code] of [
    [-2, 'WEIGHTS_VARIANCE'],
    [Number.NaN, 'WEIGHTS_NOT_FINITE'],
    [Number.POSITIVE_INFINITY, 'WEIGHTS_NOT_FINITE'],
  ] as const) {
    test(`${format}: a variance of ${value} is refused, and nothing written`, async () => {
      const path = make(value);
      const folder = temporaryFolder();
      const out = join(folder, 'weights');
      for (const convert of [() => convertCheckpoint(path, out), () => convertToOnnx(path, `${out}.onnx`)]) {
        const { message } = await refusal(code, convert);
        assert.match(message, tensor);
        assert.ok(message.includes(` is ${value}`), message);
      }
      assert.equal(readdirSync(folder), []);
    });
  }
}

test('what counts is the sum of variance and eps', async () => {
  for (const variance of [0, -1e-6]) await convertCheckpoint(onnx(variance), join(temporaryFolder(), 'weights'));
  const convert = () => convertCheckpoint(onnx(-0.25, 0.125), join(temporaryFolder(), 'weights'));
  const says = 'is -0.25; a batch norm takes the root of a variance and its eps of 0.125, which is not above 0';
  await refusal('WEIGHTS_VARIANCE', convert, says);
});
