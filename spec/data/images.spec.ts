import { type ImageSetOptions, type LabelledBatch, labelNames, openImages } from '../../data/index.js';
import { npyBytes, rawHeader, writeNpz, writeTemporary } from '../support/npy-bytes.js';
import { assert, collect, refusal, test } from '../support/test.js';

const count = (n: number) => Uint8Array.from({ length: n }, (_, i) => (i * 37) % 256);
const images = (shape: number[], data: ArrayBufferView = count(shape.reduce((a, b) => a * b, 1)), descr = '|u1') =>
  npyBytes(descr, shape, data);
const labels = (...values: number[]) => npyBytes('<i8', [values.length], BigInt64Array.from(values.map(BigInt)));

async function all(path: string, options: ImageSetOptions = {}, size = 2): Promise<LabelledBatch[]> {
  const set = await openImages(path, options);
  return collect(set.batches(size)).finally(() => set.close());
}

async function refused(code: string, path: string, options: ImageSetOptions = {}) {
  const error = await refusal(code, () => all(path, options));
  assert.ok(error.message.includes(path.split('/').at(-1)!), error.message);
  return error;
}

test('RGB images come as they are, with labels and row numbers', async () => {
  const path = writeNpz({ arr_0: images([3, 4, 5, 3]), arr_1: labels(7, 0, -1) }, 6);
  const set = await openImages(path);
  assert.equal([set.count, set.height, set.width, set.labels], [3, 4, 5, 'index']);
  assert.is(set.where, `${path} arr_0.npy`);
  assert.is(set.labelsWhere, `${path} arr_1.npy`);
  await set.close();
  const [first, second] = await all(path);
  assert.equal([first!.rows, first!.firstRow, first!.labels], [2, 0, [7, 0]]);
  assert.equal([second!.rows, second!.firstRow, second!.labels], [1, 2, [null]]);
  assert.equal(first!.data, count(120));
  assert.equal([...second!.data], [...count(180).slice(120)]);
});

test('batches can be asked for again, and left early', async () => {
  const set = await openImages(writeNpz({ arr_0: images([3, 4, 5, 3]) }));
  for await (const batch of set.batches(1)) {
    assert.equal(batch.labels, [null]);
    break;
  }
  let rows = 0;
  for await (const batch of set.batches(2)) rows += batch.rows;
  assert.is(rows, 3);
  await set.close();
});

test('channels first are put last', async () => {
  const planes = images([1, 3, 2, 2], Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12));
  const [batch] = await all(writeNpz({ arr_0: planes }), { layout: 'nchw' });
  assert.equal([...batch!.data], [1, 5, 9, 2, 6, 10, 3, 7, 11, 4, 8, 12]);
});

test('gray is repeated to three channels, with or without a channel axis', async () => {
  const wanted = [9, 9, 9, 8, 8, 8];
  const shapes: [number[], ImageSetOptions][] = [
    [[1, 1, 2, 1], {}],
    [[1, 1, 1, 2], { layout: 'nchw' }],
    [[1, 1, 2], {}],
    [[1, 1, 2], { layout: 'nchw' }],
  ];
  for (const [shape, options] of shapes) {
    const [batch] = await all(writeNpz({ arr_0: images(shape, Uint8Array.of(9, 8)) }), options);
    assert.equal([...batch!.data], wanted);
  }
});

test('opaque RGBA loses its alpha; a transparent pixel is named', async () => {
  const opaque = Uint8Array.of(1, 2, 3, 255, 4, 5, 6, 255);
  const [batch] = await all(writeNpz({ arr_0: images([2, 1, 1, 4], opaque) }));
  assert.equal([...batch!.data], [1, 2, 3, 4, 5, 6]);
  const first = images([1, 4, 1, 2], Uint8Array.of(1, 4, 2, 5, 3, 6, 255, 255));
  const [planes] = await all(writeNpz({ arr_0: first }), { layout: 'nchw' });
  assert.equal([...planes!.data], [1, 2, 3, 4, 5, 6]);
  const glass = Uint8Array.of(1, 2, 3, 255, 4, 5, 6, 255, 7, 8, 9, 254);
  const { message } = await refused('IMAGES_TRANSPARENT', writeNpz({ arr_0: images([3, 1, 1, 4], glass) }));
  assert.match(message, 'arr_0.npy row 2: RGBA with alpha 254');
});

test('integers of other types are taken where they are pixels', async () => {
  const shape = [2, 1, 1, 3];
  const [batch] = await all(writeNpz({ arr_0: images(shape, Int32Array.of(0, 1, 2, 3, 254, 255), '<i4') }));
  assert.equal([...batch!.data], [0, 1, 2, 3, 254, 255]);
  const large = writeNpz({ arr_0: images(shape, Int16Array.of(0, 1, 2, 3, 256, 5), '<i2') });
  const { message } = await refused('IMAGES_RANGE', large);
  assert.match(message, 'row 1: the pixel value 256 is outside 0 to 255');
  await refused('IMAGES_RANGE', writeNpz({ arr_0: images(shape, Int8Array.of(0, 1, -2, 3, 6, 5), '|i1') }));
});

test('floats are refused with their range and what to do', async () => {
  const file = (...values: number[]) => writeNpz({ arr_0: images([1, 1, 1, 3], Float32Array.from(values), '<f4') });
  const unit = await refused('IMAGES_FLOAT', file(0, 0.5, 1));
  assert.match(unit.message, 'images of dtype <f4 (0 to 1 in the first 1 rows), uint8 (0 to 255) is needed');
  assert.match(unit.hint!, '--pixels unit');
  assert.match((await refused('IMAGES_FLOAT', file(0, 17, 255))).hint!, 'Save images.round()');
  assert.match((await refused('IMAGES_FLOAT', file(-2, 0, 2))).hint!, 'normalisation');
  assert.match((await refused('IMAGES_FLOAT', file(Number.NaN, Number.NaN, Number.NaN))).message, 'NaN');
  await refused('IMAGES_DTYPE', writeNpz({ arr_0: images([1, 1, 1, 3], Uint8Array.of(1, 0, 1), '|b1') }));
});

test('shapes that are no images', async () => {
  await refused('IMAGES_NONE', writeNpz({ arr_0: images([0, 32, 32, 3]) }));
  await refused('IMAGES_SHAPE', writeNpz({ arr_0: images([10, 12]) }));
  const one = await refused('IMAGES_SHAPE', writeNpz({ arr_0: images([5, 6, 3]) }));
  assert.match(one.hint!, 'np.newaxis');
  // Rows without elements are refused by the npy reader already.
  await refused('NPY_SHAPE', writeNpz({ arr_0: images([2, 0, 5, 3]) }));
  await refused('IMAGES_CHANNELS', writeNpz({ arr_0: images([2, 5, 5, 7]) }));
  await refused('IMAGES_CHANNELS', writeNpz({ arr_0: images([2, 5, 5, 7]) }), { layout: 'nchw' });
  const first = await refused('IMAGES_LAYOUT', writeNpz({ arr_0: images([2, 3, 5, 5]) }));
  assert.is(first.hint, 'Use --layout nchw.');
  const last = await refused('IMAGES_LAYOUT', writeNpz({ arr_0: images([2, 5, 5, 3]) }), { layout: 'nchw' });
  assert.is(last.hint, 'Use --layout nhwc.');
});

test('pixels that were divided by 255 come back exactly, from float32 and float64; others are refused', async () => {
  const pixels = Uint8Array.from({ length: 256 }, (_, i) => i);
  const shape = [1, 16, 16];
  const singles = Float32Array.from(pixels, (value) => value / 255);
  const doubles = Float64Array.from(pixels, (value) => value / 255);
  const gray = Uint8Array.from({ length: 768 }, (_, i) => Math.floor(i / 3));
  for (const divided of [images(shape, singles, '<f4'), images(shape, doubles, '<f8')]) {
    const [batch] = await all(writeNpz({ arr_0: divided }), { pixels: 'unit' });
    assert.equal(batch!.data, gray);
  }
  for (const wrong of [0.5, -0.001, 1.004, Number.NaN, singles[7]! + 1e-6]) {
    const data = singles.slice();
    data[100] = wrong;
    await refused('IMAGES_RANGE', writeNpz({ arr_0: images(shape, data, '<f4') }), { pixels: 'unit' });
  }
  await refused('IMAGES_DTYPE', writeNpz({ arr_0: images([1, 4, 4, 3]) }), { pixels: 'unit' });
});

test('labels may be names, whole floats, a column, or missing one by one', async () => {
  const arr_0 = images([3, 1, 1, 3]);
  const of = async (arr_1: Uint8Array) => (await all(writeNpz({ arr_0, arr_1 }), {}, 9))[0]!.labels;
  assert.equal(await of(npyBytes('|S3', [3], Buffer.from('cat\0\0\0dog'))), ['cat', null, 'dog']);
  assert.equal(await of(npyBytes('<f4', [3], Float32Array.of(2, Number.NaN, 0))), [2, null, 0]);
  assert.equal(await of(npyBytes('|u1', [3, 1], Uint8Array.of(2, 1, 0))), [2, 1, 0]);
  const named = await openImages(writeNpz({ arr_0, arr_1: npyBytes('|S1', [3], Buffer.from('abc')) }));
  assert.is(named.labels, 'name');
  await named.close();
});

test('labels that are none are named by row', async () => {
  const arr_0 = images([2, 1, 1, 3]);
  const floats = (...values: number[]) => npyBytes('<f8', [2], Float64Array.from(values));
  const half = await refused('LABEL_INVALID', writeNpz({ arr_0, arr_1: floats(1, 1.5) }));
  assert.match(half.message, 'arr_1.npy row 1: label 1.5 is not a class number');
  await refused('LABEL_INVALID', writeNpz({ arr_0, arr_1: labels(-2, 0) }));
  await refused('LABEL_INVALID', writeNpz({ arr_0, arr_1: floats(1, 1 / 0) }));
  const counts = await refused('LABELS_COUNT', writeNpz({ arr_0, arr_1: labels(1, 2, 3) }));
  assert.match(counts.message, 'arr_1.npy: 3 labels for 2 images');
  const oneHot = npyBytes('|u1', [2, 2], Uint8Array.of(1, 0, 0, 1));
  assert.match((await refused('LABELS_SHAPE', writeNpz({ arr_0, arr_1: oneHot }))).hint!, 'argmax');
});

test('the arrays are chosen by name; missing ones are told with those there are', async () => {
  const path = writeNpz({ x_test: images([2, 1, 1, 3]), y_test: labels(1, 2), arr_1: labels(9, 9) });
  const [batch] = await all(path, { images: 'x_test', labels: 'y_test' });
  assert.equal(batch!.labels, [1, 2]);
  assert.equal((await all(path, { images: 'x_test', labels: null }))[0]!.labels, [null, null]);
  const missing = await refused('NPZ_ARRAY_MISSING', path);
  assert.match(missing.message, 'no array arr_0, there are x_test, y_test, arr_1');
  const typo = await refused('NPZ_ARRAY_MISSING', path, { images: 'x_test', labels: 'ytest' });
  assert.is(typo.hint, 'Did you mean y_test?');
  const far = await refused('NPZ_ARRAY_MISSING', path, { images: 'x_test', labels: 'targets' });
  assert.is(far.hint, 'Name the array with --labels.');
});

test('a bare npy of images has no labels', async () => {
  const set = await openImages(writeTemporary(images([2, 1, 1, 3]), 'x.npy'));
  assert.equal([set.count, set.labels, set.labelsWhere], [2, null, null]);
  await set.close();
});

test('images in Fortran order are read, if they fit into memory', async () => {
  // Element (n, h, w, c) of [2, 1, 2, 3] in Fortran order stands at n + 2(h + w + 2c).
  const fortran = rawHeader("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 1, 2, 3)}");
  const [batch] = await all(writeTemporary(Buffer.from([...fortran, ...Array(12).keys()]), 'x.npy'));
  assert.equal([...batch!.data], [0, 4, 8, 2, 6, 10, 1, 5, 9, 3, 7, 11]);
});

test('label names', async () => {
  const classes = ['airplane', 'automobile'];
  assert.equal(labelNames([1, null, 'airplane'], classes, 'x.npz'), ['automobile', null, 'airplane']);
  const index = await refusal('LABEL_OUTSIDE_CLASSES', () => labelNames([0, 2], classes, 'x.npz arr_1.npy', 100));
  assert.is(index.message, 'x.npz arr_1.npy row 101: label 2, the model has 2 classes, 0 to 1');
  const name = await refusal('LABEL_OUTSIDE_CLASSES', () => labelNames(['airplan'], classes, 'x.npz'));
  assert.is(name.message, 'x.npz row 0: label "airplan", the classes are airplane, automobile');
  assert.is(name.hint, 'Did you mean airplane?');
});
