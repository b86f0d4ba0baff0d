import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { type ConvertOptions, convertCheckpoint, convertToOnnx } from '../../convert/index.js';
import { openEvents } from '../../data/index.js';
import { Embedder } from '../../engine/index.js';
import { conversionCheck } from '../../pipeline/check/index.js';
import { embedImages } from '../../pipeline/index.js';
import { readWeights } from '../../weights/index.js';
import { type CheckArrays, pictures, programArrays, writeCheck } from '../support/check-npz.js';
import {
  changed,
  checkpoint,
  folder,
  IMAGES,
  newPath,
  program,
  RIGHT,
  right,
  rows,
  saved,
  values,
} from '../support/check-program.js';
import { npyBytes, rawHeader } from '../support/npy-bytes.js';
import { writeNpz } from '../support/npz-file.js';
import { assert, endedWith, refusal, runCli, test } from '../support/test.js';

const good = changed({});

async function converted(options: ConvertOptions, path = good) {
  const out = newPath('weights');
  return { out, ...(await convertCheckpoint(right, out, { ...RIGHT, ...options, check: conversionCheck(path) })) };
}

async function refused(code: string, path: string): Promise<string> {
  const { message, hint } = await refusal(code, () => converted({}, path));
  return `${message}\n${hint}`;
}

test('outputs that agree are stored with the weights, and do not change what identifies them', async () => {
  const { out, checked, sha256 } = await converted({});
  const unchecked = await convertCheckpoint(right, newPath('unchecked'), RIGHT);
  assert.is(sha256, unchecked.sha256);
  assert.is(unchecked.checked, null);
  assert.is(checked!.images, 10);
  assert.ok(checked!.embedding_error < 1e-5 && checked!.scores_error! < 1e-5);
  assert.is(checked!.preprocessing, 'compared');
  const read = await readWeights(out);
  assert.equal(read.checked, checked);
  assert.is(read.sha256, sha256);
  const json = JSON.parse(readFileSync(join(out, 'model.json'), 'utf8'));
  assert.equal(json.userDefinedMetadata.checked, checked);
});

test('without scores and inputs, only the embeddings are compared', async () => {
  const { checked } = await converted({}, changed({ scores: null, inputs: null }));
  assert.is(checked!.scores_error, null);
  assert.is(checked!.preprocessing, 'not compared');
});

async function comparedWith(images: typeof IMAGES, options: ConvertOptions = {}) {
  const notices: string[] = [];
  const path = writeCheck(newPath('check.npz'), await program(undefined, images));
  const check = conversionCheck(path, (text) => notices.push(text));
  const { checked } = await convertCheckpoint(right, newPath('w'), { ...RIGHT, ...options, check });
  return { checked: checked!, said: notices.join() };
}

test('images that need no resize compare the network alone, and that is said', async () => {
  const square = pictures(8, () => [40, 40]);
  const { checked, said } = await comparedWith(square, { interpolation: 'bicubic' });
  assert.is(checked.preprocessing, 'not compared');
  assert.match(said, 'the resize was not compared');
});

test('gray images do not show the order of colours, and that is said', async () => {
  const gray = pictures(8, (i) => [50 + i, 70]).map((image) => {
    return { ...image, data: image.data.map((_, i) => image.data[i - (i % 3)]!) };
  });
  assert.match((await comparedWith(gray)).said, 'order of the colours was not compared');
});

test('tensors of fewer bytes are compared as they are stored', async () => {
  const { message } = await refusal('CHECK_FAILED', () => converted({ dtype: 'uint8' }));
  assert.match(message, 'storage as uint8');
  assert.match(message, 'As float32 it agrees');
});

test('an ONNX file alone is compared, too', async () => {
  const path = newPath('model.onnx');
  const { checked } = await convertToOnnx(right, path, { ...RIGHT, check: conversionCheck(good) });
  assert.is(checked!.images, 10);
  // The file has its own preprocessing, and is a model itself.
  const again = await convertCheckpoint(path, newPath('from-onnx'), { tap: 'fc.0', check: conversionCheck(good) });
  assert.is(again.checked!.images, 10);
  const wrong = { ...RIGHT, mean: [0.1], check: conversionCheck(good) };
  await refusal('CHECK_FAILED', () => convertToOnnx(right, newPath('x.onnx'), wrong));
});

test('a conversion that differs leaves an earlier folder as it was', async () => {
  const { out } = await converted({});
  const before = readFileSync(join(out, 'model.json'));
  await refusal('CHECK_FAILED', () => {
    return convertCheckpoint(right, out, { ...RIGHT, mean: [0], overwrite: true, check: conversionCheck(good) });
  });
  assert.equal(readFileSync(join(out, 'model.json')), before);
});

test('what is known of the weights is said by convert, inspect, events, profile and drift', async () => {
  const [checkpoint, out] = [right, newPath('weights')];
  const flags = ['--stem', 'cifar', '--size', '32', '--resize', '40', '--mean', '0.5,0.4,0.3', '--std', '0.2,0.25,0.3'];
  const run = (...args: string[]) => {
    const { stdout, stderr } = endedWith(0, runCli(args));
    return { stdout, stderr, json: () => JSON.parse(stdout) };
  };
  const plain = run('convert', checkpoint, '--out', out, ...flags);
  assert.match(plain.stderr, `image-drift convert ${checkpoint} --out ${out} --`);
  for (let i = 0; i < flags.length; i += 2)
    assert.match(plain.stderr, new RegExp(`^Not compared.* ${flags[i]} ${flags[i + 1]} .*--check check.npz`, 'm'));
  assert.match(
    plain.stderr,
    /^No classes were named \(--classes\), so they are class_0 to class_\d+; .*--check cannot prove\.$/m,
  );
  assert.match(run('inspect', out).stdout, 'assumed: ');
  assert.is(run('inspect', out, '--json').json().checked, null);
  const images = imagesOf(24);
  const events = newPath('events.parquet');
  const said = run('embed', images, '--weights', out, '--out', events).stderr;
  const lines = said.split('\n').filter((line) => line.includes('Not compared'));
  assert.is(lines.length, 1, said);
  assert.match(lines[0]!, /^Assumed of .*the activation after fc.0 is relu/);

  const { checked } = run('convert', checkpoint, '--out', out, ...flags, '--check', good, '--json').json();
  assert.is(checked.images, 10);
  assert.equal(run('inspect', out, '--json').json().checked, checked);
  assert.not.match(run('inspect', out).stdout, 'assumed: ', 'the comparison has settled it');
  assert.not.match(run('convert', checkpoint, '--out', out, ...flags, '--check', good).stderr, 'Assumed');
  assert.match(run('inspect', out).stdout, /compared with its own program, error (?:0|\de-\d)\b/);
  const again = newPath('again.parquet');
  assert.not.match(run('embed', images, '--weights', out, '--out', again).stderr, 'Not compared');
  assert.match(run('inspect', again).stdout, 'compared with its own program');
  const profile = newPath('profile.json');
  run('baseline', again, '--out', profile, '--clusters', '2');
  const report = newPath('report.html');
  // Events from before the comparison are of the same weights.
  const drift = run('drift', events, '--baseline', profile, '--report', report);
  assert.match(drift.stdout, /Weights: compared with its own program, error (?:0|\de-\d)\b\./);
  assert.match(readFileSync(report, 'utf8'), /compared with its own program, error (?:0|\de-\d)\b/);
});

/** An array of so many images. */
function imagesOf(count: number): string {
  const path = newPath('images.npz');
  const values = new Uint8Array(Buffer.concat(pictures(count, () => [40, 48]).map((image) => image.data)));
  writeNpz(path, { arr_0: { descr: '|u1', shape: [count, 40, 48, 3], values } });
  return path;
}

test('every format of events says it', async () => {
  const { out } = await converted({});
  const embedder = await Embedder.load(out);
  const images = imagesOf(3);
  for (const format of ['parquet', 'jsonl', 'csv', 'npz']) {
    const path = newPath(`events.${format}`);
    await embedImages(embedder, images, path);
    const source = await openEvents(path);
    assert.match(source.schema.weightsNote!, 'compared with its own program', format);
    await source.close();
  }
  await embedder.close();
});

// Code of the error → what is changed in the file, and words of the error.
const row = (value: number) => Array.from({ length: 12 }, () => value);
type Changes = Record<string, CheckArrays[string] | null>;
const floats = (columns: number) => new Float32Array(10 * columns);
const infinite = () => values('inputs').map(() => Number.POSITIVE_INFINITY);
const allRows = (name: string, value: number) => ({
  [name]: rows(name, () => row(value).slice(0, saved[name]![1][1])),
});
const unusable: Record<string, [told: string, arrays: () => Changes, says: string][]> = {
  CHECK_INVALID: [
    ['seven images', () => fewer(7), '7 images, from 8 to 1,000 are compared'],
    ['an image left out', () => ({ image_3: null }), 'no array image_3, there is image_9'],
    ['a misspelt name', () => ({ score: saved['scores']!, scores: null }), 'Did you mean scores?'],
    ['fewer rows', () => ({ embeddings: ['<f4', [5, 12], floats(6)] }), 'one row for each of 10 images'],
    ['half precision', () => ({ embeddings: ['<f2', [10, 12], new Uint16Array(120)] }), 'float32 or float64 is needed'],
    ['integers', () => ({ scores: ['<i8', [10, 5], new BigInt64Array(50)] }), 'float32 or float64 is needed'],
    ['not a number', () => ({ embeddings: nanInRow(4) }), 'embeddings[4, 0] (image_4) is NaN'],
    ['infinite inputs', () => ({ inputs: ['<f4', saved['inputs']![1], infinite()] }), 'is Infinity'],
    ['channels last', () => ({ inputs: ['<f4', [10, 32, 32, 3], values('inputs')] }), 'transpose(0, 3, 1, 2)'],
    ['floats as pixels', () => ({ image_2: ['<f4', [40, 40, 3], floats(480)] }), 'uint8 [height, width, 3]'],
    ['two channels', () => ({ image_2: ['|u1', [40, 40, 2], new Uint8Array(3200)] }), 'uint8 [height, width, 3]'],
  ],
  NPZ_ARRAY_MISSING: [['no embeddings', () => ({ embeddings: null }), 'no array embeddings']],
  NPY_SHAPE: [['an empty array', () => ({ embeddings: ['<f4', [10, 0], floats(0)] }), 'rows without elements']],
  CHECK_PROVES_NOTHING: [
    ['equal embeddings', () => allRows('embeddings', 1), 'embeddings differ by 0'],
    ['embeddings of 0', () => allRows('embeddings', 0), 'all embeddings are 0'],
    ['nearly equal embeddings', () => ({ embeddings: nearlyEqual() }), 'ignores its images'],
    ['scores of 0', () => allRows('scores', 0), 'all scores are 0'],
  ],
  CHECK_FAILED: [['inputs of others', () => ({ inputs: reversedInputs() }), 'are not the pixels that give them']],
};
const nanInRow = (at: number) => rows('embeddings', (r, i) => (i === at ? row(Number.NaN) : r));
const nearlyEqual = () => rows('embeddings', (r) => r.map((v) => 1 + 1e-5 * v));
const reversedInputs = (): CheckArrays[string] => ['<f4', saved['inputs']![1], values('inputs').toReversed()];

function fewer(count: number): Changes {
  const left = Array.from({ length: 10 - count }, (_, i) => [`image_${9 - i}`, null] as const);
  return Object.fromEntries(left);
}

for (const [code, tables] of Object.entries(unusable)) {
  for (const [told, arrays, says] of tables) {
    test(`refused: ${told}`, async () => {
      const words = await refused(code, changed(arrays()));
      assert.ok(words.includes(says), words);
    });
  }
}

const blank = (side: number) => ({ height: side, width: side, data: new Uint8Array(side * side * 3).fill(side) });
const showNothing: [told: string, images: typeof IMAGES][] = [
  ['images of one colour each', Array.from({ length: 10 }, (_, i) => blank(40 + i))],
  ['copies of two images', Array.from({ length: 10 }, (_, i) => IMAGES[i % 2]!)],
  ['seven photographs, and black', [...IMAGES.slice(0, 7), blank(50), blank(51), blank(52)]],
];

for (const [told, images] of showNothing) {
  test(`proves nothing: ${told}`, async () => {
    const path = writeCheck(newPath('check.npz'), await program(undefined, images));
    const words = await refused('CHECK_PROVES_NOTHING', path);
    assert.match(words, 'are different and have more than one colour');
  });
}

test('proves nothing: scores that agree, and are the same for all images', async () => {
  const dead = checkpoint((name, data) => void (name === 'fc.2.weight' && data.fill(0)));
  const out = newPath('dead');
  await convertCheckpoint(dead, out, RIGHT);
  const path = writeCheck(newPath('check.npz'), await programArrays(await readWeights(out), IMAGES));
  const check = conversionCheck(path);
  const { message } = await refusal('CHECK_PROVES_NOTHING', () => {
    return convertCheckpoint(dead, newPath('w'), { ...RIGHT, check });
  });
  assert.match(message, 'scores differ by 0');
});

test('Fortran order and float64 are read', async () => {
  const data = values('embeddings');
  const turned = Float64Array.from({ length: 120 }, (_, i) => data[(i % 10) * 12 + Math.floor(i / 10)]!);
  const header = rawHeader("{'descr': '<f8', 'fortran_order': True, 'shape': (10, 12), }");
  const fortran = Buffer.concat([header, new Uint8Array(turned.buffer)]);
  const { checked } = await converted({}, written({ 'embeddings.npy': fortran }));
  assert.ok(checked!.embedding_error < 1e-5);
});

test('hostile files are refused in bounded memory', async () => {
  const empty = newPath('empty.npz');
  writeFileSync(empty, '');
  await refused('NPZ_FORMAT', empty);
  const none = newPath('none.npz');
  writeFileSync(none, zipSync({}));
  await refused('NPZ_NO_ARRAYS', none);
  const header = (descr: string, shape: string, order = 'False') =>
    rawHeader(`{'descr': ${descr}, 'fortran_order': ${order}, 'shape': (${shape}), }`);
  // Each of these promises more than there is.
  const image = header("'|u1'", '4000, 3000, 3');
  for (const [code, name, bytes] of [
    ['NPY_OBJECT_ARRAY', 'embeddings', header("'|O'", '10, 12')],
    ['NPY_OBJECT_ARRAY', 'image_3', header("'|O'", '10, 12')],
    ['NPY_STRUCTURED', 'scores', header("[('a', '<f4')]", '10,')],
    ['NPY_TRUNCATED', 'image_0', image],
    ['NPY_TRUNCATED', 'inputs', header("'<f4'", '10, 3, 40000, 40000')],
    ['NPY_TRUNCATED', 'embeddings', header("'<f4'", '10, 100000000', 'True')],
  ] as const) {
    await refused(code, written({ [`${name}.npy`]: bytes }));
  }
  const many = Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`image_${i}.npy`, image]));
  assert.match(await refused('CHECK_INVALID', written(many)), '1,001 images, from 8 to 1,000');
  const far = { 'image_999999999.npy': image };
  assert.match(await refused('CHECK_INVALID', written(far)), 'no array image_10, there is image_999999999');
});

/** The members of the good file, as npy. */
const usual = Object.entries(saved).map(([name, [descr, shape, array]]) => {
  return [`${name}.npy`, npyBytes(descr, shape, array)] as const;
});

/** The good file with members replaced or added, whatever is in them. */
function written(members: Record<string, Uint8Array>): string {
  const path = newPath('hostile.npz');
  writeFileSync(path, zipSync({ ...Object.fromEntries(usual), ...members }, { level: 0 }));
  return path;
}

test('a name that is there twice is refused', async () => {
  const bytes = Buffer.from(readFileSync(good));
  // image_1 becomes another image_0, in the directory and in its own header.
  for (let at = bytes.indexOf('image_1.npy'); at >= 0; at = bytes.indexOf('image_1.npy', at + 1))
    bytes.write('image_0.npy', at);
  const path = newPath('twice.npz');
  writeFileSync(path, bytes);
  await refused('ZIP_DUPLICATE_MEMBER', path);
});

test('a file that is not there is named', async () => {
  assert.match(await refused('FILE_NOT_FOUND', join(folder, 'missing.npz')), 'missing.npz');
});
