import { createHash } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ConvertOptions, convertCheckpoint, readCheckpoint } from '../../convert/index.js';
import { buildGraph } from '../../graph/backbones/index.js';
import { parameters } from '../../graph/index.js';
import { readWeights } from '../../weights/index.js';
import { readFixture } from '../support/places.js';
import { writeSafetensors } from '../support/safetensors.js';
import { assert, packageRoot, refusal, temporaryFolder, test, withSharedData } from '../support/test.js';

const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string };

const TABLES = readFixture<{
  /** Without what depends on the version and on the checkpoint's bytes. */
  defaults: { provenance: object };
  said: { given: ConvertOptions; stored: object };
  geometries: [given: ConvertOptions, stored: ConvertOptions][];
  mistakes: [ConvertOptions, code: string, says: string][];
}>('convert', 'cases', 'convert-checkpoint.json');

/** A whole MobileNetV2 with made-up weights. */
function mobilenet(folder: string, change: (name: string, data: Float32Array) => void = () => {}): string {
  const shapes = parameters(buildGraph({ backbone: 'mobilenet_v2', head: [16], classes: 3 }));
  const tensors = new Map(
    [...shapes].map(([name, shape]) => {
      const valueAt = name.endsWith('.running_var') ? (i: number) => Math.abs(Math.cos(i)) : Math.cos;
      const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => valueAt(i));
      change(name, data);
      return [`module.${name}`, { shape, data }] as const;
    }),
  );
  const path = join(folder, 'mobile.safetensors');
  writeSafetensors(path, tensors);
  return path;
}

const folder = temporaryFolder();
const checkpoint = mobilenet(folder);

test('a checkpoint becomes weights: what is not said is what torchvision does', async () => {
  const out = join(folder, 'defaults');
  const converted = await convertCheckpoint(checkpoint, out);
  const { config, tensors, sha256 } = await readWeights(out);
  assert.is(converted.sha256, sha256);
  assert.equal(converted.config, config);
  const source = createHash('sha256').update(readFileSync(checkpoint)).digest('hex');
  const provenance = { ...TABLES.defaults.provenance, sha256: source, converter: `image-drift ${version}` };
  assert.equal(config, { ...TABLES.defaults, provenance });
  const original = await readCheckpoint(checkpoint);
  assert.equal([...tensors.keys()], [...original.tensors.keys()]);
  for (const [name, { shape, data }] of original.tensors) assert.equal(tensors.get(name), { shape, data });
});

test('everything can be said', async () => {
  const out = join(folder, 'said');
  const { given, stored } = TABLES.said;
  const { config } = await convertCheckpoint(checkpoint, out, given);
  const { classes, tap, preprocessing } = config;
  assert.equal({ classes, tap, preprocessing }, stored);
});

for (const [given, stored] of TABLES.geometries) {
  test(`preprocessing ${JSON.stringify(given)}`, async () => {
    const { config } = await convertCheckpoint(checkpoint, join(folder, 'geometry'), { ...given, overwrite: true });
    const { size, resize, crop } = config.preprocessing;
    assert.equal({ size, resize, crop }, stored);
  });
}

const NOT_A_NUMBER: (typeof TABLES.mistakes)[number] = [{ mean: [Number.NaN] }, 'PREPROCESSING_INVALID', 'mean NaN'];

for (const [options, code, says] of [...TABLES.mistakes, NOT_A_NUMBER]) {
  test(`refused, and nothing written: ${JSON.stringify(options)}`, async () => {
    const out = temporaryFolder();
    const error = await refusal(code, () => convertCheckpoint(checkpoint, join(out, 'weights'), options));
    assert.ok(error.message.includes(says), error.message);
    assert.equal(readdirSync(out), []);
  });
}

test('weights that are not finite are named, and nothing is written', async () => {
  const own = temporaryFolder();
  const path = mobilenet(own, (name, data) => {
    if (name === 'classifier.2.bias') data[1] = Number.NaN;
  });
  const error = await refusal('WEIGHTS_NOT_FINITE', () => convertCheckpoint(path, join(own, 'weights')));
  assert.match(error.message, 'mobile.safetensors: tensor classifier.2.bias: element 1 of 3 is NaN');
  assert.equal(readdirSync(own), ['mobile.safetensors']);
});

test('a variance that has no root is named, and nothing is written', async () => {
  const own = temporaryFolder();
  const path = mobilenet(own, (name, data) => {
    if (name === 'features.18.1.running_var') data[7] = -0.5;
  });
  const { message } = await refusal('WEIGHTS_VARIANCE', () => convertCheckpoint(path, join(own, 'weights')));
  assert.match(message, 'mobile.safetensors: tensor features.18.1.running_var: element 7 of 1,280 is -0.5');
  assert.equal(readdirSync(own), ['mobile.safetensors']);
});

test('the same checkpoint gives the same bytes', async () => {
  const [one, two] = [join(folder, 'one'), join(folder, 'two')];
  await convertCheckpoint(checkpoint, one, { dtype: 'float16' });
  await convertCheckpoint(checkpoint, two, { dtype: 'float16' });
  assert.equal(readdirSync(one), readdirSync(two));
  for (const name of readdirSync(one)) assert.ok(readFileSync(join(one, name)).equals(readFileSync(join(two, name))));
});

if (process.getuid?.() !== 0) {
  test('a folder that is not writable', async () => {
    const locked = temporaryFolder();
    chmodSync(locked, 0o500);
    await refusal('FILE_NOT_PERMITTED', () => convertCheckpoint(checkpoint, join(locked, 'weights')));
    chmodSync(locked, 0o700);
  });
}

withSharedData('the two ResNet-18 checkpoints', (shared) => {
  for (const name of ['resnet18_cifar10_epoch5.pth', 'resnet18_fashion_epoch4.pth']) {
    test(`${name} becomes a resnet18 with head [128] and 10 classes`, async () => {
      const path = join(shared, name);
      const out = join(temporaryFolder(), 'weights');
      const { config, bytes } = await convertCheckpoint(path, out, { size: [32, 32], mean: [0.5], std: [0.5] });
      assert.is(config.backbone, 'resnet18');
      assert.equal(config.head, [128]);
      assert.is(config.classes.length, 10);
      assert.is(config.tap, 'fc.0');
      assert.is(bytes, 4 * 11_253_066);
      const { tensors } = await readWeights(out);
      const original = await readCheckpoint(path);
      for (const [tensorName, { shape, data }] of tensors) {
        assert.equal(shape, original.tensors.get(tensorName)!.shape);
        assert.ok(bytesOf(data).equals(bytesOf(original.tensors.get(tensorName)!.data)), tensorName);
      }
    });
  }
});

function bytesOf(data: Float32Array): Buffer {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}
