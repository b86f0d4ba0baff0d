import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { CodedError, Random } from '../../base/index.js';
import { type ConvertOptions, convertCheckpoint, inspectOnnx } from '../../convert/index.js';
import type { OpenOnnxSession } from '../../convert/onnx/as-is/runtime.js';
import { Embedder, loadBackend, openOnnxFile } from '../../engine/index.js';
import * as files from '../support/as-is-files.js';
import { mutate } from '../support/mutate.js';
import { type FileModel, onnxBytesOf, writeOnnxFile } from '../support/onnx-file.js';
import { relativeError } from '../support/relative-error.js';
import { amount, assert, collect, refusal, skipFile, temporaryFolder, test } from '../support/test.js';

const FLOAT32 = 2e-6;
const ROWS = 7;
const HALF = { mean: [0.5], std: [0.5] };
const seen = (pixel: number) => (pixel / 255 - 0.5) / 0.5;
const images = files.someImages(ROWS);
const imageAt = (row: number) => images.subarray((row * images.length) / ROWS, ((row + 1) * images.length) / ROWS);

function convert(model: FileModel | string, options: ConvertOptions = HALF) {
  const path = typeof model === 'string' ? model : writeOnnxFile(model);
  const out = join(temporaryFolder(), 'weights');
  return convertCheckpoint(path, out, { openOnnx: openOnnxFile, ...options }).then(({ config }) => ({ config, out }));
}

async function embed(folder: string, tap?: string) {
  await using embedder = await Embedder.load(folder, { tap });
  assert.is(embedder.backend, 'onnxruntime');
  const [result] = await collect(embedder.run([{ rows: ROWS, height: files.SIDE, width: files.SIDE, data: images }]));
  return { embeddings: result!.taps.get(tap ?? embedder.config.tap)!, scores: result!.scores! };
}

function close(actual: ArrayLike<number>, expected: readonly number[], what: string): void {
  const error = relativeError(actual, expected);
  assert.ok(error < FLOAT32, `${what}: differs by ${error}`);
}

/** @param features of one image, by its number */
async function check(folder: string, tap: string, features: (row: number) => number[]): Promise<void> {
  const { embeddings, scores } = await embed(folder);
  const expected = Array.from({ length: ROWS }, (_, row) => features(row));
  assert.equal(embeddings.shape, [ROWS, expected[0]!.length]);
  close(embeddings.data, expected.flat(), tap);
  close(scores, expected.flatMap(files.scoresOf), 'scores');
}

test('a quantised network: embedding, scores, and any number of images at once', async () => {
  const { config, out } = await convert(files.QUANTISED);
  assert.equal([config.tap, config.classes.length, config.onnxFile?.batch], ['features', 4, null]);
  assert.match(config.provenance.assumed!.join('\n'), 'runs as it is, on one engine alone, since it has operators');
  await check(out, 'features', (row) => files.featuresOf(imageAt(row), (pixel) => files.quantised(seen(pixel))));
  const { embeddings } = await embed(out, 'q');
  assert.equal(embeddings.shape, [ROWS, 3, files.SIDE, files.SIDE]);
  assert.is(embeddings.data[0], files.quantised(seen(images[0]!)) / 0.0625 + 128);
});

test('pixels as bytes, which mean and std do not change', async () => {
  const { config, out } = await convert(files.OF_BYTES, {});
  assert.equal([config.onnxFile?.type, config.preprocessing.std], ['uint8', [1 / 255, 1 / 255, 1 / 255]]);
  await check(out, 'features', (row) => files.featuresOf(imageAt(row), files.ofByte));
  await refusal('ONNX_OPTION', () => convert(files.OF_BYTES, HALF));
});

test('a network that decides by its values gets one image at a time', async () => {
  const { config, out } = await convert(files.DECIDING);
  assert.is(config.onnxFile?.batch, 1);
  await check(out, 'features', (row) => {
    const own = files.featuresOf(imageAt(row), seen);
    const isMore = own.reduce((sum, value) => sum + value, 0) > 0;
    return own.map((value) => (isMore ? 2 * value : -value));
  });
});

test("onnxruntime's own operators, three images at once, channels last, a softmax, weights beside the file", async () => {
  const { model, bytes } = files.besides(files.CONTRIBUTED, 'w2.bin');
  const path = writeOnnxFile(model);
  await refusal('FILE_NOT_FOUND', () => convert(path));
  writeFileSync(join(path, '..', 'w2.bin'), bytes.subarray(1));
  await refusal('ONNX_EXTERNAL_DATA', () => convert(path));
  writeFileSync(join(path, '..', 'w2.bin'), bytes);
  const { config, out } = await convert(path);
  assert.equal(config.onnxFile, { input: 'x', layout: 'nhwc', type: 'float32', batch: 3, scores: 'probabilities' });
  await check(out, 'features', (row) => {
    return files.featuresOf(imageAt(row), seen).map((value) => value / (1 + Math.exp(-1.5 * value)));
  });
});

test('inspect says that it runs, and lists its values', async () => {
  const { reason, as_is, layers, classes } = await inspectOnnx(writeOnnxFile(files.QUANTISED), openOnnxFile);
  assert.equal([reason, classes], [null, 4]);
  assert.match(as_is!, /^has operators that are not supported: QuantizeLinear \(1 ×, first q\); DequantizeLinear/);
  const shapes = new Map(layers.map(({ name, shape }) => [name, shape]));
  assert.equal([shapes.get('map'), shapes.get('features')], [[6, files.SIDE, files.SIDE], [6]]);
  const defaults = layers.filter((layer) => layer.default).map(({ name }) => name);
  assert.equal(defaults, ['features']);
});

test('what onnxruntime does not know, either, is refused with both reasons', async () => {
  const nodes = [{ op: 'Mine', inputs: ['x'], outputs: ['y'], domain: 'my.company' }];
  const { message } = await refusal('ONNX_NOT_SUPPORTED', () => convert({ nodes, domains: ['my.company'] }));
  assert.match(message, /my\.company\.Mine \(1 ×.*it does not run as it is either: .*my\.company/);
});

test('a loop without end, and one that takes all memory, are ended', async () => {
  const within = (seconds: number): OpenOnnxSession => {
    return (request) => openOnnxFile(request, { seconds, shareOfMemory: 0.05 });
  };
  const endless = () => convert(files.endless(false), { ...HALF, openOnnx: within(2) });
  const { message } = await refusal('ONNX_NOT_SUPPORTED', endless);
  assert.match(message, /Loop \(1 ×.*it does not run as it is either: onnxruntime: it gave no answer in 2 s$/);
  const growing = await refusal('ONNX_NOT_SUPPORTED', () => {
    return convert(files.endless(true), { ...HALF, openOnnx: within(60) });
  });
  assert.match(growing.message, /onnxruntime: it takes more than [\d,]+ MiB of memory$/);
});

test('a loop without end ends with the process that waits for it', async () => {
  const room = (name: string) => new URL(`../../${name}/index.js`, import.meta.url).href;
  const code =
    `const { convertCheckpoint } = await import('${room('convert')}');` +
    `const { openOnnxFile: openOnnx } = await import('${room('engine')}');` +
    'await convertCheckpoint(process.argv[1], process.argv[2], { openOnnx });';
  const paths = [writeOnnxFile(files.endless(false)), join(temporaryFolder(), 'weights')];
  const waiting = spawn(process.execPath, ['--input-type=module', '-e', code, ...paths], { stdio: 'ignore' });
  const childOf = () => readFileSync(`/proc/${waiting.pid}/task/${waiting.pid}/children`, 'utf8').trim();
  await until(() => childOf() !== '');
  const loop = `/proc/${childOf()}`;
  // It has begun to compute once it has used the processor for a second.
  await until(() => Number(readFileSync(`${loop}/stat`, 'utf8').split(' ')[13]) > 100);
  waiting.kill('SIGKILL');
  await until(() => !existsSync(loop));
});

/** @throws Error if it does not come true in a minute */
async function until(isTrue: () => boolean): Promise<void> {
  for (let i = 0; !isTrue(); i++) {
    if (i === 600) throw new Error(`not so after a minute: ${isTrue}`);
    await setTimeout(100);
  }
}

test('an opset before those that are read', async () => {
  const { config, out } = await convert({ ...files.FEATURES_ONLY, opset: 6 });
  assert.match(config.provenance.assumed!.join('\n'), 'since it is of opset 6, opsets 7 to 28 are read');
  const { embeddings } = await embed(out);
  const expected = Array.from({ length: ROWS }, (_, row) => files.featuresOf(imageAt(row), seen));
  close(embeddings.data, expected.flat(), 'features');
});

test('shapes that are not true, taps and sizes that are not there', async () => {
  const wrong = {
    ...files.QUANTISED,
    tensors: { ...files.QUANTISED.tensors, b2: { dims: [5], data: [0, 0, 0, 0, 0] } },
  };
  await refusal('ONNX_NOT_SUPPORTED', () => convert(wrong));
  await refusal('UNKNOWN_TAP', () => convert(files.QUANTISED, { ...HALF, tap: 'featurs' }));
  await refusal('ONNX_SIZE', () => convert(files.QUANTISED, { ...HALF, size: [9, 9] }));
  await refusal('ONNX_OPTION', () => convert(files.QUANTISED, { ...HALF, dtype: 'uint8' }));
});

test('damaged files: a coded error, or a network', async () => {
  const bytes = onnxBytesOf(files.QUANTISED);
  const random = new Random(15);
  for (let i = 0; i < amount(60, 20); i++) {
    const path = writeOnnxFile(mutate(bytes, random).bytes);
    await convert(path).catch((error: unknown) => {
      if (!(error instanceof CodedError)) writeFileSync(join(temporaryFolder(), 'mutant.onnx'), readFileSync(path));
      assert.instance(error, CodedError, String(error));
    });
  }
});

const { ok, reason } = await (await loadBackend('onnxruntime')).availability();
if (!ok && process.env['IMAGE_DRIFT_REQUIRE'] === 'onnxruntime') throw new Error(`backend onnxruntime: ${reason}`);
if (!ok) skipFile(`${reason}`, 'ONNX files as they are');
