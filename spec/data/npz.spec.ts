/** Arrays as numpy writes them; see spec/fixtures/data/make_arrays.py. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { encodeNpyHeader, NpzFile, parseNpyHeader } from '../../data/index.js';
import { npyBytes, writeNpz, writeTemporary } from '../support/npy-bytes.js';
import { readWhole } from '../support/npz-file.js';
import { assert, collect, fixtures, readFixture, refusal, test } from '../support/test.js';

interface Expected {
  descr: string;
  shape: number[];
  fortran: boolean;
  version: number;
  values: (number | string | boolean)[];
}

const folder = join(fixtures, 'data');
const expected = readFixture<Record<string, Expected>>('data', 'arrays.json');
/** JSON has no NaN and no infinities, and JavaScript's bool arrays are bytes. */
const expectedValue = (value: number | string | boolean, descr: string) =>
  descr.includes('f') || descr === '|b1' ? Number(value) : value;

for (const file of ['arrays.npz', 'arrays_deflated.npz', 'arrays_streamed.npz']) {
  test(`${file}: every dtype, byte order, memory order and version as numpy reads it`, async () => {
    const npz = await NpzFile.open(join(folder, file));
    assert.equal(npz.names, Object.keys(expected));
    for (const [name, { descr, shape, fortran, values }] of Object.entries(expected)) {
      const header = await npz.header(name);
      assert.equal(header.type.descr, descr, name);
      assert.equal(header.shape, shape, name);
      assert.is(header.fortranOrder, fortran, name);
      for (const size of [1, 2, 1000]) {
        const read = await readWhole(join(folder, file), name, size);
        assert.is(read.length, values.length, name);
        for (const [i, value] of values.entries()) {
          assert.ok(Object.is(read[i], expectedValue(value, descr)), `${name}[${i}]: ${read[i]} is not ${value}`);
        }
      }
    }
    await npz.close();
  });
}

test('headers are written byte for byte as numpy writes them', async () => {
  const npz = await NpzFile.open(join(folder, 'arrays.npz'));
  const bytes = readFileSync(join(folder, 'arrays.npz'));
  let compared = 0;
  for (const [name, { descr, shape, fortran, version }] of Object.entries(expected)) {
    if (fortran || version !== 1) continue;
    const header = encodeNpyHeader(descr, shape);
    assert.ok(bytes.includes(Buffer.from(header)), `${name}: ${Buffer.from(header).toString('latin1')}`);
    assert.equal(parseNpyHeader(header, name).shape, shape);
    compared++;
  }
  assert.ok(compared > 25);
  await npz.close();
});

test('the length of a header does not depend on the number of rows', () => {
  const lengths = [0, 1, 99_999, 10 ** 15].map((rows) => encodeNpyHeader('<f4', [rows, 128]).length);
  assert.equal(lengths, [128, 128, 128, 128]);
});

test('a bare npy file is an archive of one array', async () => {
  const path = join(folder, 'labels.npy');
  assert.equal(await readWhole(path), expected['be_i8']!.values as number[]);
  const npz = await NpzFile.open(path);
  assert.equal(npz.names, ['arr_0']);
  await npz.close();
});

test('rows come with their number, in buffers of their own', async () => {
  const npz = await NpzFile.open(writeNpz({ arr_0: npyBytes('|u1', [5, 2], Uint8Array.of(...Array(10).keys())) }));
  const array = await npz.array('arr_0');
  const batches = await collect(array.rows(2));
  const found = batches.map(({ firstRow, rows }) => `${firstRow} ${rows}`);
  assert.equal(found, ['0 2', '2 2', '4 1']);
  assert.equal(Array.from(batches[1]!.values as Uint8Array), [4, 5, 6, 7]);
  assert.is((batches[1]!.values as Uint8Array).buffer.byteLength, 4);
  await npz.close();
});

test('rows from any row on, to before any row: stored, compressed, bare, and in Fortran order', async () => {
  const names = ['be_i8', ...Object.keys(expected).filter((name) => expected[name]!.fortran)];
  const packed = ['arrays.npz', 'arrays_deflated.npz'].flatMap((file) => names.map((name) => ({ file, name })));
  for (const { file, name } of [...packed, { file: 'labels.npy', name: 'arr_0' }]) {
    const path = join(folder, file);
    const npz = await NpzFile.open(path);
    const rows = (await npz.header(name)).shape[0] ?? 1;
    const all = await readWhole(path, name);
    const length = all.length / rows;
    for (let first = 0; first <= rows; first++) {
      for (let end = first; end <= rows; end++) {
        const values: unknown[] = [];
        for await (const batch of (await npz.array(name)).rows(2, first, end))
          values.push(...Array.from(batch.values as ArrayLike<unknown>));
        assert.equal(values, all.slice(first * length, end * length), `${path} ${name}: ${first} to ${end}`);
      }
    }
    await npz.close();
  }
});

test('a bool is 0 or 1, whatever byte stands for True', async () => {
  const path = writeNpz({ arr_0: npyBytes('|b1', [4], Uint8Array.of(0, 1, 2, 255)) });
  assert.equal(await readWhole(path), [0, 1, 1, 1]);
});

test('a reader may stop early, and read again', async () => {
  const path = writeNpz({ arr_0: npyBytes('|u1', [4], Uint8Array.of(1, 2, 3, 4)) }, 6);
  const npz = await NpzFile.open(path);
  for await (const { values } of (await npz.array('arr_0')).rows(1)) {
    assert.is(values[0], 1);
    break;
  }
  assert.equal(await readWhole(path, 'arr_0'), [1, 2, 3, 4]);
  await npz.close();
});

test('a missing array is told with those that there are', async () => {
  const one = npyBytes('|u1', [1], Uint8Array.of(1));
  const path = writeNpz({ images: one, labels: one });
  const npz = await NpzFile.open(path);
  const error = await refusal('NPZ_ARRAY_MISSING', () => npz.array('image'));
  assert.is(error.message, `${path}: no array image, there are images, labels`);
  assert.is(error.hint, 'Did you mean images?');
  await npz.close();
});

test('what is neither npz nor npy is refused', async () => {
  await refusal('NPZ_FORMAT', () => NpzFile.open(writeTemporary(new Uint8Array(0))));
  await refusal('NPZ_FORMAT', () => NpzFile.open(writeTemporary(Buffer.from('\x89PNG'))));
  await refusal('NPZ_FORMAT', () => NpzFile.open(writeTemporary(Buffer.from('P'))));
  await refusal('FILE_NOT_FOUND', () => NpzFile.open('missing.npz'));
  const checkpoint = writeTemporary(zipSync({ 'archive/data.pkl': Uint8Array.of(1) }));
  await refusal('NPZ_NO_ARRAYS', () => NpzFile.open(checkpoint), 'archive/data.pkl');
});
