import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { listen } from '../support/listening.js';
import '@tensorflow/tfjs-backend-cpu';
import {
  type ModelConfig,
  readWeights,
  STORAGE_TYPES,
  type StorageType,
  type Tensor,
  writeWeights,
} from '../../weights/index.js';
import { assert, refusal, temporaryFolder, test } from '../support/test.js';

const config: ModelConfig = {
  backbone: 'resnet18',
  head: [128],
  classes: ['cat', 'dög'],
  preprocessing: { size: [32, 32], resize: null, crop: null, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
  tap: 'fc.0',
  provenance: { source: 'x.pth', sha256: 'ab'.repeat(32), converter: 'image-drift 0.0.0' },
};

/** Deterministic values around 0. */
function wave(...shape: number[]): Tensor {
  const length = shape.reduce((a, b) => a * b, 1);
  return { shape, data: Float32Array.from({ length }, (_, i) => Math.sin(i * 1.7) * (1 + (i % 7))) };
}

/** 6.3 MB as float32 (two shards), and an odd number of bytes before a float32 vector when stored as uint8. */
const tensors = new Map<string, Tensor>([
  ['conv1.weight', wave(3, 3, 3, 1)],
  ['bn1.running_var', wave(5)],
  ['bn1.num_batches_tracked', { shape: [], data: Float32Array.of(12) }],
  ['fc.0.weight', wave(512, 3072)],
  ['scalar', wave()],
]);

async function written(dtype: StorageType = 'float32'): Promise<string> {
  const folder = join(temporaryFolder(), 'weights');
  await writeWeights(folder, { config, tensors }, { dtype });
  return folder;
}

for (const dtype of STORAGE_TYPES) {
  test(`${dtype}: what is read is what was written, and what tfjs reads`, async () => {
    const folder = await written(dtype);
    const expected: number[] = [];
    const ours = await readWeights(folder, (bytes) => expected.push(bytes));
    assert.equal(ours.config, config);
    assert.equal(expected, [[...ours.tensors.values()].reduce((sum, { data }) => sum + data.byteLength, 0)]);
    assert.equal([...ours.tensors.keys()], ['conv1.weight', 'bn1.running_var', 'fc.0.weight', 'scalar']);
    const theirs = await loadWithTfjs(folder);
    assert.equal(theirs.config, config);
    assert.equal(theirs.madeBy, ['image-drift 0.0.0', 'image-drift 0.0.0']);
    for (const [name, tensor] of ours.tensors) {
      assert.equal(theirs.tensors.get(name), { shape: [...tensor.shape], data: tensor.data });
      assert.ok(
        largestDifference(tensor.data, tensors.get(name)!.data) <= { float32: 0, float16: 4e-3, uint8: 0.03 }[dtype],
      );
    }
  });
}

test('shards end at 4 MiB', async () => {
  const folder = await written();
  assert.equal(readdirSync(folder).sort(), ['group1-shard1of2.bin', 'group1-shard2of2.bin', 'model.json']);
  assert.is(statSync(join(folder, 'group1-shard1of2.bin')).size, 4 * 1024 * 1024);
});

test('the same input gives the same bytes, whatever the key order of the config', async () => {
  const [one, two] = [join(temporaryFolder(), 'a'), join(temporaryFolder(), 'b')];
  const reversed = Object.fromEntries(Object.entries(config).reverse()) as unknown as ModelConfig;
  const a = await writeWeights(one, { config, tensors });
  const b = await writeWeights(two, { config: reversed, tensors });
  assert.equal(a, b);
  assert.is((await readWeights(one)).sha256, a.sha256);
  for (const name of readdirSync(one)) {
    assert.ok(readFileSync(join(one, name)).equals(readFileSync(join(two, name))), name);
  }
});

test('a weights folder is replaced only when asked, other folders never', async () => {
  const folder = await written();
  await refusal('FOLDER_NOT_EMPTY', () => writeWeights(folder, { config, tensors }));
  await writeWeights(folder, { config, tensors }, { overwrite: true, dtype: 'uint8' });
  assert.equal(readdirSync(folder).sort(), ['group1-shard1of1.bin', 'model.json']);
  writeFileSync(join(folder, 'thesis.tex'), '');
  await refusal('FOLDER_NOT_EMPTY', () => writeWeights(folder, { config, tensors }, { overwrite: true }));
});

test('what cannot be used is not written', async () => {
  const folder = join(temporaryFolder(), 'weights');
  const write = (name: string, tensor: Tensor) => writeWeights(folder, { config, tensors: new Map([[name, tensor]]) });
  const nan = await refusal('WEIGHTS_NOT_FINITE', () =>
    write('bn1.bias', { shape: [3], data: Float32Array.of(0, 1, NaN) }),
  );
  assert.match(nan.message, 'bn1.bias: element 2 of 3 is NaN');
  await refusal('WEIGHTS_NOT_FINITE', () => write('x', { shape: [1], data: Float32Array.of(-Infinity) }));
  await refusal('WEIGHTS_SHAPE_MISMATCH', () => write('x', { shape: [2, 2], data: Float32Array.of(1, 2, 3) }));
  await refusal('WEIGHTS_MANIFEST_INVALID', () => write('x', { shape: [0], data: new Float32Array(0) }));
  await refusal('WEIGHTS_MANIFEST_INVALID', () =>
    writeWeights(folder, { config: { ...config, classes: [] }, tensors }),
  );
  assert.not.ok(readdirSync(join(folder, '..')).length, 'nothing is left behind');
});

// Each entry damages a good folder in one way and names the refusal.
const damages: [name: string, code: string, damage: (folder: string) => void][] = [
  ['no model.json', 'WEIGHTS_NOT_FOUND', (f) => rmSync(join(f, 'model.json'))],
  ['model.json is not JSON', 'WEIGHTS_MANIFEST_INVALID', (f) => writeFileSync(join(f, 'model.json'), '{"format"')],
  [
    'model.json is not UTF-8',
    'WEIGHTS_MANIFEST_INVALID',
    (f) => writeFileSync(join(f, 'model.json'), Uint8Array.of(0x22, 0xff, 0x22)),
  ],
  ['model.json is null', 'WEIGHTS_MANIFEST_INVALID', (f) => writeFileSync(join(f, 'model.json'), 'null')],
  [
    'model.json is another tfjs model',
    'WEIGHTS_MANIFEST_INVALID',
    (f) => edit(f, /image-drift-weights/, 'graph-model'),
  ],
  ['a newer version', 'WEIGHTS_MANIFEST_INVALID', (f) => edit(f, /"version": 1/, '"version": 2')],
  ['a shard is missing', 'FILE_NOT_FOUND', (f) => rmSync(join(f, 'group1-shard2of2.bin'))],
  [
    'a shard is a folder',
    'FILE_IS_FOLDER',
    (f) => {
      rmSync(shard2(f));
      mkdirSync(shard2(f));
    },
  ],
  ['a shard is short', 'WEIGHTS_SHARD_SIZE', (f) => truncateSync(shard2(f), 1000)],
  ['a shard is long', 'WEIGHTS_SHARD_SIZE', (f) => writeFileSync(shard2(f), new Uint8Array(5_000_000))],
  ['a bit of a shard has flipped', 'WEIGHTS_SHARD_HASH', flipBit],
  ['a shard name climbs', 'WEIGHTS_MANIFEST_INVALID', (f) => edit(f, /group1-shard2of2\.bin/g, '../shard.bin')],
  ['a shard name is absolute', 'WEIGHTS_MANIFEST_INVALID', (f) => edit(f, /group1-shard2of2\.bin/g, '/etc/passwd')],
  ['a shard name has a backslash', 'WEIGHTS_MANIFEST_INVALID', (f) => edit(f, /group1-shard2of2\.bin/g, 'a\\\\b')],
  ['the two lists of shards differ', 'WEIGHTS_MANIFEST_INVALID', (f) => edit(f, /group1-shard2of2\.bin/, 'other.bin')],
  ['a shape claims more', 'WEIGHTS_SIZE_MISMATCH', (f) => edit(f, /3072/, '3073')],
  ['a shape is absurd', 'WEIGHTS_SIZE_MISMATCH', (f) => edit(f, /512,\s+3072/, '2147483648, 2147483648')],
  ['a shape is negative', 'WEIGHTS_MANIFEST_INVALID', (f) => edit(f, /3072/, '-3072')],
  ['a shape is zero', 'WEIGHTS_MANIFEST_INVALID', (f) => edit(f, /3072/, '0')],
  ['a shape is fractional', 'WEIGHTS_MANIFEST_INVALID', (f) => edit(f, /3072/, '3072.5')],
  ['a tensor is there twice', 'WEIGHTS_MANIFEST_INVALID', (f) => edit(f, /"scalar"/, '"fc.0.weight"')],
  ['another dtype', 'WEIGHTS_MANIFEST_INVALID', (f) => edit(f, /"float32"/, '"complex64"')],
  ['std of zero', 'WEIGHTS_MANIFEST_INVALID', (f) => edit(f, /"std": \[\s+0\.5/, '"std": [0')],
  ['mean beyond any number', 'WEIGHTS_MANIFEST_INVALID', (f) => edit(f, /"mean": \[\s+0\.5/, '"mean": [1e999')],
];

const good = await written();
for (const [name, code, damage] of damages) {
  test(`refused: ${name}`, async () => {
    const folder = join(temporaryFolder(), 'weights');
    cpSync(good, folder, { recursive: true });
    damage(folder);
    const error = await refusal(code, () => readWeights(folder), folder);
    assert.ok(error.message.length < 1000);
  });
}

test('refused: a scale that leads out of float32', async () => {
  const folder = await written('uint8');
  edit(folder, /"scale": [\d.e-]+/, '"scale": 3e38');
  await refusal('WEIGHTS_NOT_FINITE', () => readWeights(folder), /conv1\.weight: element \d+ of 27 is Infinity/);
});

function shard2(folder: string): string {
  return join(folder, 'group1-shard2of2.bin');
}

function flipBit(folder: string): void {
  const bytes = readFileSync(shard2(folder));
  bytes[1234]! ^= 4;
  writeFileSync(shard2(folder), bytes);
}

function edit(folder: string, pattern: RegExp, replacement: string): void {
  const path = join(folder, 'model.json');
  const before = readFileSync(path, 'utf8');
  const after = before.replace(pattern, replacement);
  assert.is.not(after, before, `${pattern} is not in model.json`);
  writeFileSync(path, after);
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i]!)), 0);
}

/** The folder through tfjs's own HTTP loader, as a browser would read it. */
async function loadWithTfjs(folder: string) {
  const server = createServer((request, response) => response.end(readFileSync(join(folder, request.url!.slice(1)))));
  const { url, close } = await listen(server);
  try {
    const artifacts = await tf.io.http(`${url}/model.json`, { fetchFunc: fetch }).load!();
    const named = tf.io.decodeWeights(artifacts.weightData!, artifacts.weightSpecs!);
    const loaded = new Map<string, { shape: number[]; data: unknown }>();
    for (const [name, tensor] of Object.entries(named))
      loaded.set(name, { shape: tensor.shape, data: tensor.dataSync() });
    tf.dispose(Object.values(named));
    const madeBy = [artifacts.generatedBy, artifacts.convertedBy];
    return { tensors: loaded, config: artifacts.userDefinedMetadata?.['config'], madeBy };
  } finally {
    await close();
  }
}

test('a folder from before Pillow 13 keeps the passes that it had', async () => {
  const dir = join(temporaryFolder(), 'w');
  const preprocessing = { ...config.preprocessing, resize: 40, crop: [32, 32] as [number, number] };
  await writeWeights(dir, { config: { ...config, preprocessing: { ...preprocessing, pillow: 12 } }, tensors });
  const path = join(dir, 'model.json');
  writeFileSync(path, readFileSync(path, 'utf8').replace(/"pillow": 12,\s*/, ''));
  const { config: read } = await readWeights(dir);
  assert.equal(read.preprocessing, { ...preprocessing, pillow: 12 });
});

test('a comparison is stored, and what identifies the model stays', async () => {
  const [dir, plain] = [join(temporaryFolder(), 'w'), join(temporaryFolder(), 'w')];
  const checked = {
    images: 8,
    embedding_error: 2.9e-7,
    scores_error: null,
    preprocessing: 'compared',
    sha256: 'cd'.repeat(32),
  } as const;
  const written = await writeWeights(dir, { config, tensors, checked });
  assert.is(written.sha256, (await writeWeights(plain, { config, tensors })).sha256);
  const read = await readWeights(dir);
  assert.equal([read.sha256, read.checked], [written.sha256, checked]);
  assert.is((await readWeights(plain)).checked, null);
  const path = join(dir, 'model.json');
  writeFileSync(path, readFileSync(path, 'utf8').replace('"images": 8', '"images": 0'));
  await refusal('WEIGHTS_MANIFEST_INVALID', () => readWeights(dir));
});
