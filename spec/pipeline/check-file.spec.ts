/** Right conversions pass, and what is said of them travels; files that cannot be compared or prove nothing are refused. */
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
import { assert, refusal, runCli, test } from '../support/test.js';

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

test('images that need no resize compare the network alone, and that is said', async () => {
  const square = await program(
    undefined,
    pictures(8, () => [40, 40]),
  );
  const notices: string[] = [];
  const path = writeCheck(newPath('check.npz'), square);
  const check = conversionCheck(path, (text) => notices.push(text));
  const { checked } = await convertCheckpoint(right, newPath('w'), { ...RIGHT, interpolation: 'bicubic', check });
  assert.is(checked!.preprocessing, 'not compared');
  assert.match(notices.join(), 'the resize was not compared');
});

test('gray images do not show the order of colours, and that is said', async () => {
  const gray = pictures(8, (i) => [50 + i, 70]).map((image) => {
    return { ...image, data: image.data.map((_, i) => image.data[i - (i % 3)]!) };
  });
  const notices: string[] = [];
  const path = writeCheck(newPath('check.npz'), await program(undefined, gray));
  await convertCheckpoint(right, newPath('w'), {
    ...RIGHT,
    check: conversionCheck(path, (text) => notices.push(text)),
  });
  assert.match(notices.join(), 'order of the colours was not compared');
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
    const { status, stdout, stderr } = runCli(args);
    assert.is(status, 0, stderr);
    return { stdout, stderr, json: () => JSON.parse(stdout) };
  };
  const plain = run('convert', checkpoint, '--out', out, ...flags);
  assert.match(
    plain.stderr,
    `Not compared with its own program: image-drift convert ${checkpoint} --out FOLDER --check`,
  );
  assert.is(run('inspect', out, '--json').json().checked, null);
  const images = newPath('images.npz');
  const data = new Uint8Array(Buffer.concat(pictures(24, () => [40, 48]).map((image) => image.data)));
  writeNpz(images, { arr_0: { descr: '|u1', shape: [24, 40, 48, 3], values: data } });
  const events = newPath('events.parquet');
  const said = run('embed', images, '--weights', out, '--out', events).stderr;
  const lines = said.split('\n').filter((line) => line.includes('Not compared'));
  assert.is(lines.length, 1, said);
  assert.match(lines[0]!, /^Assumed of .*the activation after fc.0 is relu/);

  const { checked } = run('convert', checkpoint, '--out', out, ...flags, '--check', good, '--json').json();
  assert.is(checked.images, 10);
  assert.equal(run('inspect', out, '--json').json().checked, checked);
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

test('every format of events says it', async () => {
  const { out } = await converted({});
  const embedder = await Embedder.load(out);
  const images = newPath('images.npz');
  const data = new Uint8Array(Buffer.concat(pictures(3, () => [40, 48]).map((image) => image.data)));
  writeNpz(images, { arr_0: { descr: '|u1', shape: [3, 40, 48, 3], values: data } });
  for (const format of ['parquet', 'jsonl', 'csv', 'npz']) {
    const path = newPath(`events.${format}`);
    await embedImages(embedder, images, path);
    const source = await openEvents(path);
    assert.match(source.schema.weightsNote!, 'compared with its own program', format);
    await source.close();
  }
  await embedder.close();
});

// What is changed in the file → code and words of the error.
const row = (value: number) => Array.from({ length: 12 }, () => value);
const unusable: [told: string, arrays: () => Record<string, CheckArrays[string] | null>, code: string, says: string][] =
  [
    ['seven images', () => fewer(7), 'CHECK_INVALID', '7 images, from 8 to 1,000 are compared'],
    ['an image left out', () => ({ image_3: null }), 'CHECK_INVALID', 'no array image_3, there is image_9'],
    ['no embeddings', () => ({ embeddings: null }), 'NPZ_ARRAY_MISSING', 'no array embeddings'],
    ['a misspelt name', () => ({ score: saved['scores']!, scores: null }), 'CHECK_INVALID', 'Did you mean scores?'],
    [
      'fewer rows',
      () => ({ embeddings: ['<f4', [5, 12], new Float32Array(60)] }),
      'CHECK_INVALID',
      'one row for each of 10 images',
    ],
    [
      'half precision',
      () => ({ embeddings: ['<f2', [10, 12], new Uint16Array(120)] }),
      'CHECK_INVALID',
      'float32 or float64 is needed',
    ],
    [
      'integers',
      () => ({ scores: ['<i8', [10, 5], new BigInt64Array(50)] }),
      'CHECK_INVALID',
      'float32 or float64 is needed',
    ],
    [
      'not a number',
      () => ({ embeddings: rows('embeddings', (r, i) => (i === 4 ? row(Number.NaN) : r)) }),
      'CHECK_INVALID',
      'embeddings[4, 0] (image_4) is NaN',
    ],
    [
      'infinite inputs',
      () => ({ inputs: ['<f4', saved['inputs']![1], values('inputs').map(() => Number.POSITIVE_INFINITY)] }),
      'CHECK_INVALID',
      'is Infinity',
    ],
    [
      'channels last',
      () => ({ inputs: ['<f4', [10, 32, 32, 3], values('inputs')] }),
      'CHECK_INVALID',
      'transpose(0, 3, 1, 2)',
    ],
    [
      'floats as pixels',
      () => ({ image_2: ['<f4', [40, 40, 3], new Float32Array(4800)] }),
      'CHECK_INVALID',
      'uint8 [height, width, 3]',
    ],
    [
      'two channels',
      () => ({ image_2: ['|u1', [40, 40, 2], new Uint8Array(3200)] }),
      'CHECK_INVALID',
      'uint8 [height, width, 3]',
    ],
    [
      'equal embeddings',
      () => ({ embeddings: rows('embeddings', () => row(1)) }),
      'CHECK_PROVES_NOTHING',
      'embeddings differ by 0',
    ],
    [
      'embeddings of 0',
      () => ({ embeddings: rows('embeddings', () => row(0)) }),
      'CHECK_PROVES_NOTHING',
      'all embeddings are 0',
    ],
    [
      'nearly equal embeddings',
      () => ({ embeddings: rows('embeddings', (r) => r.map((v) => 1 + 1e-5 * v)) }),
      'CHECK_PROVES_NOTHING',
      'ignores its images',
    ],
    [
      'scores of 0',
      () => ({ scores: rows('scores', () => [0, 0, 0, 0, 0]) }),
      'CHECK_PROVES_NOTHING',
      'all scores are 0',
    ],
    [
      'an empty array',
      () => ({ embeddings: ['<f4', [10, 0], new Float32Array(0)] }),
      'NPY_SHAPE',
      'rows without elements',
    ],
    [
      'inputs of others',
      () => ({ inputs: ['<f4', saved['inputs']![1], values('inputs').toReversed()] }),
      'CHECK_FAILED',
      'are not the pixels that give them',
    ],
  ];

function fewer(count: number): Record<string, CheckArrays[string] | null> {
  const left = Array.from({ length: 10 - count }, (_, i) => [`image_${9 - i}`, null] as const);
  return Object.fromEntries(left);
}

for (const [told, arrays, code, says] of unusable) {
  test(`refused: ${told}`, async () => {
    const words = await refused(code, changed(arrays()));
    assert.ok(words.includes(says), words);
  });
}

const blank = (side: number) => ({ height: side, width: side, data: new Uint8Array(side * side * 3).fill(side) });
const showNothing: [told: string, images: typeof IMAGES][] = [
  ['images of one colour each', Array.from({ length: 10 }, (_, i) => blank(40 + i))],
  ['copies of two images', Array.from({ length: 10 }, (_, i) => IMAGES[i % 2]!)],
  ['seven photographs, and black', [...IMAGES.slice(0, 7), blank(50), blank(51), blank(52)]],
];

for (const [told, images] of showNothing) {
  test(`proves nothing: ${told}`, async () => {
    const words = await refused(
      'CHECK_PROVES_NOTHING',
      writeCheck(newPath('check.npz'), await program(undefined, images)),
    );
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
  const { embeddings, ...others } = saved;
  const data = values('embeddings');
  const turned = Float64Array.from({ length: 120 }, (_, i) => data[(i % 10) * 12 + Math.floor(i / 10)]!);
  const members = Object.entries(others).map(
    ([name, [descr, shape, array]]) => [`${name}.npy`, npyBytes(descr, shape, array)] as const,
  );
  const header = rawHeader("{'descr': '<f8', 'fortran_order': True, 'shape': (10, 12), }");
  const fortran = Buffer.concat([header, new Uint8Array(turned.buffer)]);
  const path = newPath('fortran.npz');
  writeFileSync(path, zipSync(Object.fromEntries([...members, ['embeddings.npy', fortran]]), { level: 6 }));
  const { checked } = await converted({}, path);
  assert.ok(embeddings !== undefined && checked!.embedding_error < 1e-5);
});

test('hostile files are refused in bounded memory', async () => {
  const empty = newPath('empty.npz');
  writeFileSync(empty, '');
  await refused('NPZ_FORMAT', empty);
  const none = newPath('none.npz');
  writeFileSync(none, zipSync({}));
  await refused('NPZ_NO_ARRAYS', none);
  const objects = rawHeader("{'descr': '|O', 'fortran_order': False, 'shape': (10, 12), }");
  await refused('NPY_OBJECT_ARRAY', written({ 'embeddings.npy': objects }));
  await refused('NPY_OBJECT_ARRAY', written({ 'image_3.npy': objects }));
  const structured = rawHeader("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (10,), }");
  await refused('NPY_STRUCTURED', written({ 'scores.npy': structured }));
  // Promises more than there is.
  const promise = rawHeader("{'descr': '|u1', 'fortran_order': False, 'shape': (4000, 3000, 3), }");
  await refused('NPY_TRUNCATED', written({ 'image_0.npy': promise }));
  const inputs = rawHeader("{'descr': '<f4', 'fortran_order': False, 'shape': (10, 3, 40000, 40000), }");
  await refused('NPY_TRUNCATED', written({ 'inputs.npy': inputs }));
  const fortran = rawHeader("{'descr': '<f4', 'fortran_order': True, 'shape': (10, 100000000), }");
  await refused('NPY_TRUNCATED', written({ 'embeddings.npy': fortran }));
  const many = Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`image_${i}.npy`, promise]));
  assert.match(await refused('CHECK_INVALID', written(many)), '1,001 images, from 8 to 1,000');
  const far = { 'image_999999999.npy': promise };
  assert.match(await refused('CHECK_INVALID', written(far)), 'no array image_10, there is image_999999999');
});

/** The good file with members replaced or added, whatever is in them. */
function written(members: Record<string, Uint8Array>): string {
  const usual = Object.entries(saved).map(
    ([name, [descr, shape, array]]) => [`${name}.npy`, npyBytes(descr, shape, array)] as const,
  );
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
