import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { convertCheckpoint, convertToOnnx, inspectOnnx } from '../../../convert/index.js';
import type { OnnxSession, OpenOnnxSession } from '../../../convert/onnx/as-is/runtime.js';
import { describePlan, Embedder, EngineError } from '../../../engine/index.js';
import { withOutputs } from '../../../graph/onnx/index.js';
import { readWeights } from '../../../weights/index.js';
import { besides, QUANTISED } from '../../support/as-is-files.js';
import { onnxBytesOf, writeOnnxFile } from '../../support/onnx-file.js';
import { assert, refusal, temporaryFolder, test } from '../../support/test.js';

/** Shapes of one image's values, as onnxruntime would find them. */
const SHAPES: Readonly<Record<string, readonly number[]>> = {
  q: [3, 8, 8],
  dq: [3, 8, 8],
  map: [6, 8, 8],
  pool: [6, 1, 1],
  features: [6],
  y: [4],
};

/** Stands for onnxruntime: values of the right shapes. @param shared what an image adds to the others of its batch */
function runtime(shared = 0, shapes = SHAPES): OpenOnnxSession {
  return async ({ values }) => {
    const run: OnnxSession['run'] = async ({ rows }, names) => {
      const told = names.filter((name) => values.includes(name) && name in shapes);
      return new Map(
        told.map((name) => {
          const shape = [rows, ...shapes[name]!];
          const data = new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(1 + shared * (rows - 1));
          return [name, { isFloat: name !== 'q', shape, data }];
        }),
      );
    };
    return { run, look: run, close: async () => {} };
  };
}

const missing: OpenOnnxSession = async () => {
  throw new EngineError('BACKEND_NOT_INSTALLED', 'backend onnxruntime: the package onnxruntime-node is not installed', {
    hint: 'npm install onnxruntime-node',
  });
};

async function converted(openOnnx = runtime(), path = writeOnnxFile(QUANTISED)) {
  const out = join(temporaryFolder(), 'weights');
  const { config, bytes, tensors } = await convertCheckpoint(path, out, { openOnnx });
  return { path, out, config, bytes, tensors };
}

test('one output is one class: no Linear can be changed so that there are two', async () => {
  const openOnnx = runtime(0, { ...SHAPES, y: [1] });
  const convert = (classes: string[]) =>
    convertCheckpoint(writeOnnxFile(QUANTISED), join(temporaryFolder(), 'weights'), { openOnnx, classes });
  const { config } = await convert(['yes']);
  assert.equal(config.classes, ['yes']);
  await refusal('CLASSES_MISMATCH', () => convert(['no', 'yes']), '2 class names given, the network has 1 outputs');
});

test('an axis that has as many values as images were tried is not the batch: the states of an LSTM are no layers', async () => {
  const shaped: OpenOnnxSession = async (request) => {
    const session = await runtime()(request);
    const look: OnnxSession['look'] = async (images, names) => {
      const found = await session.look(images, names);
      const map = found.get('map');
      // As a state has it: two directions first, however many images there are.
      return map === undefined ? found : new Map([...found, ['map', { ...map, shape: [2, images.rows, 6] }]]);
    };
    return { ...session, look };
  };
  const { layers } = await inspectOnnx(writeOnnxFile(QUANTISED), shaped);
  assert.equal(
    layers.map(({ name }) => name).filter((name) => name !== ''),
    ['q', 'dq', 'pool', 'features', 'y'],
  );
});

test('several heads are asked about, and a softmax over the images of a batch is refused, here too', async () => {
  const other = { op: 'Gemm', inputs: ['features', 'w2', 'b2'], outputs: ['z'], attributes: { transB: 1 } };
  const heads = writeOnnxFile({ ...QUANTISED, nodes: [...QUANTISED.nodes, other], outputs: ['y', 'z'] });
  const openOnnx = runtime(0, { ...SHAPES, z: [4] });
  const convert = (path: string, head?: string) =>
    convertCheckpoint(path, join(temporaryFolder(), 'weights'), { openOnnx, ...(head === undefined ? {} : { head }) });
  assert.match((await refusal('HEAD_AMBIGUOUS', () => convert(heads))).message, '"y" [N, 4], "z" [N, 4]');
  assert.is((await convert(heads, 'z')).config.graph!.output, 'z');
  await refusal('HEAD_NOT_FOUND', () => convert(heads, 'nothing'));
  const softmax = { op: 'Softmax', inputs: ['y'], outputs: ['z'], attributes: { axis: 0 } };
  const over = writeOnnxFile({ ...QUANTISED, nodes: [...QUANTISED.nodes, softmax], outputs: ['z'] });
  assert.match((await refusal('ONNX_OUTPUT', () => convert(over))).message, 'is over the images of a batch');
});

test('the weights have the whole file, and its values as layers', async () => {
  const { path, out, config, bytes, tensors } = await converted();
  const file = readFileSync(path);
  assert.equal(readFileSync(join(out, 'network.onnx')), file);
  assert.equal([bytes, tensors, config.tap, config.classes.length], [file.length, 0, 'features', 4]);
  assert.equal(config.onnxFile, { input: 'x', layout: 'nchw', type: 'float32', batch: null, scores: 'logits' });
  assert.equal(
    config.graph!.nodes.map(({ name }) => name),
    [':input', 'q', 'dq', 'map', 'pool', 'features', 'y'],
  );
  const weights = await readWeights(out);
  assert.equal(Buffer.from(weights.file!), file);
  assert.is(weights.tensors.size, 0);
});

test('weights beside the file are stored in it', async () => {
  const { model, bytes } = besides(QUANTISED, 'w2.bin');
  const path = writeOnnxFile(model);
  writeFileSync(join(path, '..', 'w2.bin'), bytes);
  const { out } = await converted(runtime(), path);
  const stored = readFileSync(join(out, 'network.onnx'));
  assert.ok(stored.includes(bytes));
  assert.not.ok(stored.includes('w2.bin'));
});

test('a network whose images are not alone in their batch gets one at a time', async () => {
  assert.is((await converted(runtime(0.01))).config.onnxFile?.batch, 1);
});

test('sizes and batches that nobody has the memory for', async () => {
  for (const input of [
    [2 ** 40, 3, 8, 8],
    [1, 3, 16_000, 16_000],
  ]) {
    await refusal('ONNX_INPUT', () => converted(runtime(), writeOnnxFile({ ...QUANTISED, input })));
  }
});

test('without onnxruntime such a file is refused, with how to get it', async () => {
  const { message, hint } = await refusal('ONNX_NOT_SUPPORTED', () => converted(missing));
  assert.match(message, 'QuantizeLinear (1 ×, first q); DequantizeLinear (1 ×, first dq)');
  assert.match(hint!, 'npm install onnxruntime-node');
});

test('a file of an opset that is not read runs as it is, too', async () => {
  for (const opset of [6, 900]) {
    const path = writeOnnxFile({ ...QUANTISED, opset });
    const { config } = await converted(runtime(), path);
    assert.match(config.provenance.assumed![0]!, `since it is of opset ${opset}, opsets 7 to 28 are read`);
    const { hint } = await refusal('ONNX_VERSION', () => converted(missing, path));
    assert.match(hint!, 'npm install onnxruntime-node');
    const { as_is, layers } = await inspectOnnx(path, runtime());
    assert.equal([as_is?.startsWith('is of opset'), layers.length], [true, 7]);
    assert.match((await inspectOnnx(path)).reason!, `is of opset ${opset}`);
  }
});

test('no other engine, plan or ONNX writer takes it', async () => {
  const { out, path } = await converted();
  const load = () => Embedder.load(out, { backend: 'simd', threads: 0 });
  const { hint } = await refusal('ONNX_FILE_ONLY', load, 'backend simd: cannot take this network');
  assert.match(hint!, 'npm install onnxruntime-node');
  await refusal('ONNX_FILE_ONLY', async () => describePlan(await readWeights(out)));
  const onnx = join(temporaryFolder(), 'model.onnx');
  await refusal('ONNX_OPTION', () => convertToOnnx(path, onnx, { openOnnx: runtime() }));
});

test('a damaged file in the weights', async () => {
  const { out } = await converted();
  const file = join(out, 'network.onnx');
  const bytes = readFileSync(file);
  writeFileSync(file, Buffer.concat([bytes.subarray(1), bytes.subarray(0, 1)]));
  await refusal('WEIGHTS_SHARD_HASH', () => readWeights(out));
  truncateSync(file, 10);
  await refusal('WEIGHTS_SHARD_SIZE', () => readWeights(out));
  const manifest = join(out, 'model.json');
  const json = JSON.parse(readFileSync(manifest, 'utf8'));
  json.userDefinedMetadata.networkFile.path = '../network.onnx';
  writeFileSync(manifest, JSON.stringify(json));
  await refusal('WEIGHTS_MANIFEST_INVALID', () => readWeights(out));
});

test('other outputs leave the rest of a file as it is', () => {
  const bytes = onnxBytesOf(QUANTISED);
  assert.equal(withOutputs(withOutputs(bytes, ['a', 'b']), ['y']), withOutputs(bytes, ['y']));
  assert.ok(Buffer.from(withOutputs(bytes, ['map'])).includes('QuantizeLinear'));
});
