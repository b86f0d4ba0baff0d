import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ConvertOptions, convertCheckpoint, type PreprocessingOptions } from '../../convert/index.js';
import { choosePreprocessing } from '../../convert/preprocessing.js';
import { Embedder } from '../../engine/index.js';
import { backbone, backboneNames, familyOf, imagenetPreprocessing } from '../../graph/backbones/index.js';
import { type Preprocessing, preprocessingSchema } from '../../weights/index.js';
import { readFixture } from '../support/places.js';
import { pixels } from '../support/pseudo-random.js';
import { pseudoWeights } from '../support/pseudo-weights.js';
import { relativeError } from '../support/relative-error.js';
import { writeSafetensors } from '../support/safetensors.js';
import { assert, fixtures, refusal, temporaryFolder, test } from '../support/test.js';

const HALF = { mean: [0.5], std: [0.5] };

const TABLES = readFixture<{
  stored: [PreprocessingOptions, Partial<Preprocessing>][];
  mistakes: [PreprocessingOptions, says: string][];
}>('convert', 'cases', 'preprocessing.json');

for (const [options, expected] of TABLES.stored) {
  test(`${JSON.stringify(options)} is stored`, () => {
    const preprocessing = choosePreprocessing(imagenetPreprocessing, { ...HALF, ...options }, 3);
    assert.equal(preprocessing, { ...expected, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] });
    assert.equal(preprocessingSchema.parse(preprocessing), preprocessing);
  });
}

test('the border of a gray network is gray, and one of four channels has four values', () => {
  const letterbox = { resize: 64, mode: 'longest' } as const;
  const gray = choosePreprocessing(imagenetPreprocessing, { ...letterbox, mean: [0.25] }, 1);
  assert.equal(gray.border, [64, 64, 64]);
  const four = choosePreprocessing(imagenetPreprocessing, { ...letterbox, mean: [0, 0, 0, 1] }, 4);
  assert.equal(four.border, [0, 0, 0, 255]);
});

test('without flags, each of torchvision’s networks gets its images as torchvision prepares them', () => {
  type Transforms = Record<string, { resize: number; crop: number; interpolation: string }>;
  const transforms = readFixture<Transforms>('convert', 'cases', 'torchvision-transforms.json');
  for (const name of backboneNames()) {
    const { body } = backbone(name);
    const usual = familyOf(body).preprocessing(name, body);
    const stored = choosePreprocessing(usual, {}, 3);
    const { resize, crop, interpolation = 'bilinear' } = stored;
    assert.equal({ resize, crop: crop?.[0], interpolation }, transforms[name], name);
    assert.equal(stored, { ...usual, pillow: 13 }, name);
  }
});

test('EfficientNet-Lite, which is known by its activation, was trained on bilinear images', () => {
  const { body } = backbone('efficientnet_b0');
  assert.equal(familyOf(body).preprocessing(null, body).interpolation, 'bicubic');
  const lite = { ...body, activation: 'relu6' } as typeof body;
  assert.is(familyOf(lite).preprocessing(null, lite).interpolation, undefined);
});

test('what a file of ours says of its images stays, in each field, unless steps of another size are given', () => {
  const own = {
    ...{ size: [32, 32], resize: 40, interpolation: 'bicubic', pillow: 12, crop: [32, 32], cropRounding: 'down' },
    ...{ border: [1, 2, 3], range: [0, 9], orientation: 'apply', mean: [0.4, 0.4, 0.4], std: [0.5, 0.5, 0.5] },
  } satisfies Preprocessing;
  assert.equal(choosePreprocessing(own, {}, 3), own);
  const { border: _, ...black } = { ...own, mode: 'longest' as const };
  assert.equal(choosePreprocessing(black, {}, 3), black);
  const { range, orientation, mean, std } = own;
  const given = choosePreprocessing(own, { resize: 50, crop: [32, 32] }, 3);
  assert.equal(given, { size: [32, 32], resize: 50, pillow: 13, crop: [32, 32], range, orientation, mean, std });
});

test('a range that a file of ours has stays, unless another is given', () => {
  const own: Preprocessing = { ...imagenetPreprocessing, range: [0, 4095] };
  assert.equal(choosePreprocessing(own, {}, 3).range, [0, 4095]);
  assert.equal(choosePreprocessing(own, { range: [0, 1023] }, 3).range, [0, 1023]);
});

for (const [options, says] of TABLES.mistakes) {
  test(`refused: ${says}`, async () => {
    const error = await refusal('PREPROCESSING_INVALID', () => choosePreprocessing(imagenetPreprocessing, options, 3));
    assert.ok(error.message.includes(says), error.message);
  });
}

// Networks that take blue, green and red give of an image what others give of its colours turned.

const out = temporaryFolder();
const SIDE = 32;
const ROWS = 2;
const MEAN = [0.2, 0.5, 0.7];
const STD = [0.3, 0.25, 0.2];
const image = Uint8Array.from(pixels('colours', ROWS * SIDE * SIDE * 3));
/** Red and blue exchanged. */
const turned = image.map((_, i) => image[i + 2 - 2 * (i % 3)]!);

function stateDict(backbone: string): string {
  const path = join(out, `${backbone}.safetensors`);
  writeSafetensors(path, pseudoWeights({ backbone, head: [], classes: 3 }).tensors);
  return path;
}

async function embeddings(path: string, options: ConvertOptions, data: Uint8Array) {
  const folder = join(out, 'weights');
  const { config } = await convertCheckpoint(path, folder, { size: [SIDE, SIDE], overwrite: true, ...options });
  const embedder = await Embedder.load(folder, { backend: 'simd' });
  const batches = async function* () {
    yield { rows: ROWS, height: SIDE, width: SIDE, data };
  };
  const values: number[] = [];
  for await (const { taps } of embedder.run(batches())) values.push(...taps.get(config.tap)!.data);
  await embedder.close();
  return { config, values };
}

for (const [name, path] of [
  ['a state dict', stateDict('mobilenet_v2')],
  ['a transformer', join(fixtures, 'convert', 'families', 'deit-distilled-timm')],
  ['an ONNX file', join(fixtures, 'onnx', 'resnet.torchscript.onnx')],
] as const) {
  test(`${name}: mean and std are of red, green and blue`, async () => {
    const { values, config } = await embeddings(path, { mean: MEAN, std: STD, channelOrder: 'bgr' }, image);
    const reversed = { mean: MEAN.toReversed(), std: STD.toReversed() };
    const { values: expected } = await embeddings(path, reversed, turned);
    assert.ok(relativeError(values, expected) < 1e-5);
    const { values: other } = await embeddings(path, { mean: MEAN, std: STD }, image);
    assert.ok(relativeError(other, expected) > 1e-3, 'colours make no difference');
    assert.equal(config.preprocessing.mean, MEAN);
    assert.match(config.provenance.assumed!.join('\n'), 'trained on blue, green and red');
  });
}

test('a folder of transformers says it itself, without mean and std', async () => {
  const folder = join(out, 'hub');
  mkdirSync(folder);
  writeSafetensors(
    join(folder, 'model.safetensors'),
    pseudoWeights({ backbone: 'resnet18', head: [], classes: 3 }).tensors,
  );
  writeFileSync(join(folder, 'config.json'), '{}');
  const processor = { size: { shortest_edge: 40 }, crop_size: SIDE, resample: 2 };
  const write = (more: object) =>
    writeFileSync(join(folder, 'preprocessor_config.json'), JSON.stringify({ ...processor, ...more }));
  write({ do_flip_channel_order: true });
  const { config } = await convertCheckpoint(folder, join(out, 'hub-weights'));
  const { mean, std } = config.preprocessing;
  assert.equal(
    [mean, std],
    [
      [0, 0, 0],
      [1, 1, 1],
    ],
  );
  assert.match(config.provenance.assumed!.join('\n'), 'trained on blue, green and red');
  write({ do_flip_channel_order: false });
  await refusal('HUB_FOLDER_INVALID', () => convertCheckpoint(folder, join(out, 'none')));
});

test('refused: gray images', async () => {
  const gray = new Map(pseudoWeights({ backbone: 'resnet18', head: [], classes: 3 }).tensors);
  gray.set('conv1.weight', { shape: [64, 1, 7, 7], data: new Float32Array(64 * 49) });
  const path = join(out, 'gray.safetensors');
  writeSafetensors(path, gray);
  const { message } = await refusal('CHANNEL_ORDER', () =>
    convertCheckpoint(path, join(out, 'none'), { channelOrder: 'bgr' }),
  );
  assert.match(message, 'takes 1 channels, blue, green and red are 3');
});
