import { NpzFile, parseNpyHeader } from '../../data/index.js';
import { type HeaderParts, npyBytes, rawHeader, writeNpz, writeTemporary } from '../support/npy-bytes.js';
import { readWhole } from '../support/npz-file.js';
import { assert, readFixture, refusal, test } from '../support/test.js';

const dictionary = (descr: string, shape: string, order = 'False') =>
  `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }`;
const refused = (code: string, text: string, parts?: HeaderParts) =>
  refusal(code, () => parseNpyHeader(rawHeader(text, parts), 'x.npy'));

test('object arrays are refused, their pickles never looked at', async () => {
  const error = await refused('NPY_OBJECT_ARRAY', dictionary("'|O'", '(3,)'));
  assert.match(error.hint!, 'never run');
});

test('structured and unknown dtypes are refused', async () => {
  await refused('NPY_STRUCTURED', dictionary("[('a', '<f4'), ('b', '<i8', (2,))]", '(3,)'));
  const unknown = ['<c8', '<M8[s]', '<m8', '|V4', '<f16', '<f3', '<u16', '<u', '|S0', '<U', '<U16385', '<U999999999'];
  for (const descr of [...unknown, '']) await refused('NPY_DTYPE', dictionary(`'${descr}'`, '(3,)'));
});

test('Python in a header is text, not code', async () => {
  const attempts = readFixture<string[]>('data', 'npy-headers.json');
  for (const attempt of [...attempts, '('.repeat(9000)]) await refused('NPY_HEADER', attempt);
});

test('what Python 2 and spacing make of a header is read', () => {
  const header = parseNpyHeader(rawHeader(`{"shape":(3L,2L,),'fortran_order':False,\n 'descr' : '>f4'}   `), 'x.npy');
  assert.equal(header.shape, [3, 2]);
});

test('shapes that cannot be are refused', async () => {
  for (const shape of ['(-1, 3)', '(True,)', "('3',)", '(None,)', '((3,),)']) {
    await refused('NPY_SHAPE', dictionary("'<f4'", shape));
  }
  await refused('NPY_SHAPE', dictionary("'<f4'", '(4294967296, 4294967296)'));
  await refused('NPY_SHAPE', dictionary("'<f4'", '(0, 4294967296, 4294967296)'));
  await refused('NPY_SHAPE', dictionary("'<f4'", '(99999999999999999999,)'));
  await refused('NPY_SHAPE', dictionary("'<f4'", `(${'1, '.repeat(65)})`));
});

test('the frame of a header', async () => {
  const good = dictionary("'<f4'", '(3,)');
  await refused('NPY_VERSION', good, { version: 4 });
  await refused('NPY_VERSION', good, { version: 0 });
  await refused('NPY_TRUNCATED', good, { length: 9000 });
  await refused('NPY_HEADER_TOO_LONG', good, { version: 2, length: 2 ** 32 - 1 });
  await refused('NPY_HEADER_TOO_LONG', good, { length: 10_001 });
  await refusal('NPY_MAGIC', () => parseNpyHeader(Buffer.from('\x93NUMPX\x01\x00'), 'x.npy'));
  for (let length = 0; length < 12; length++) {
    await refusal('NPY_TRUNCATED', () => parseNpyHeader(rawHeader(good).subarray(0, length), 'x.npy'));
  }
});

test('a lying number of rows is found before any row, with both sizes', async () => {
  const rows = npyBytes('|u1', [1000, 32, 32, 3], new Uint8Array(974 * 3072));
  for (const level of [0, 6] as const) {
    const npz = await NpzFile.open(writeNpz({ arr_0: rows }, level));
    const says = /arr_0\.npy: 1,000 rows of 3,072 bytes promised by the header, 2,992,128 bytes in the file$/;
    await refusal('NPY_TRUNCATED', () => npz.array('arr_0'), says);
    await npz.close();
  }
  const long = writeTemporary(npyBytes('<f4', [2], new Float32Array(3)), 'long.npy');
  await refusal('NPY_TOO_LONG', () => readWhole(long));
  const huge = writeTemporary(npyBytes('<f4', [2 ** 40, 2 ** 8], new Float32Array(3)), 'huge.npy');
  await refusal('NPY_TRUNCATED', () => readWhole(huge));
});

test('rows without elements could be promised without end', async () => {
  const path = writeTemporary(npyBytes('<f4', [10 ** 15, 0], new Float32Array(0)), 'x.npy');
  await refusal('NPY_SHAPE', () => readWhole(path));
});

test('integers beyond 2^53 and text that is none', async () => {
  const file = (descr: string, data: ArrayBufferView) => writeTemporary(npyBytes(descr, [1], data), 'x.npy');
  await refusal('NPY_INTEGER_TOO_LARGE', () => readWhole(file('<i8', BigInt64Array.of(-(2n ** 53n)))));
  await refusal('NPY_INTEGER_TOO_LARGE', () => readWhole(file('<u8', BigUint64Array.of(2n ** 64n - 1n))));
  await refusal('NPY_STRING', () => readWhole(file('<U1', Uint32Array.of(0x110000))));
  await refusal('NPY_STRING', () => readWhole(file('|S2', Uint8Array.of(0xc3, 0x28))));
});
