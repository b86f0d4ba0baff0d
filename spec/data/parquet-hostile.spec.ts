import { gzipSync } from 'node:zlib';
import { ByteWriter } from 'hyparquet-writer';
import { writeRleBitPackedHybrid } from 'hyparquet-writer/src/encoding.js';
import { Random } from '../../base/index.js';
import { decompress, loadCodec } from '../../data/parquet/codecs.js';
import { readHybrid } from '../../data/parquet/levels.js';
import { endOfThriftStruct } from '../../data/parquet/thrift-check.js';
import { readValues } from '../../data/parquet/values.js';
import { checkZstd } from '../../data/parquet/zstd-check.js';
import { assert, test } from '../support/test.js';

const HUGE = [0xfe, 0xff, 0xff, 0xff, 0x0f];

test('runs: reads what hyparquet-writer writes, at every width', () => {
  const random = new Random(11);
  for (let bitWidth = 1; bitWidth <= 22; bitWidth++) {
    const values = Array.from({ length: 1 + random.below(300) }, (_, i) =>
      i % 40 < 20 ? random.below(2 ** bitWidth) : (2 ** bitWidth - 1) % (1 + (i % 3)),
    );
    const writer = new ByteWriter();
    writeRleBitPackedHybrid(writer, values, bitWidth);
    const output = new Uint32Array(values.length);
    readHybrid(writer.getBytes(), 0, writer.offset, bitWidth, output);
    assert.equal([...output], values, `${bitWidth} bits`);
  }
});

test('runs: wide values, least significant bit first', () => {
  const output = new Uint32Array(8);
  const bytes = new Uint8Array(1 + 32);
  bytes[0] = 0b11;
  new DataView(bytes.buffer).setUint32(1 + 4 * 7, 0xfedcba98, true);
  readHybrid(bytes, 0, bytes.length, 32, output);
  assert.equal([...output], [0, 0, 0, 0, 0, 0, 0, 0xfedcba98]);
});

test('runs: a run of two billion values where ten are promised is refused, with nothing allocated', () => {
  const output = new Uint8Array(10);
  const read = () => readHybrid(Uint8Array.of(...HUGE, 1), 0, 6, 1, output);
  assert.throws(read, /runs of 2147483647 values, 10 are promised/);
});

test('runs: cut off, empty runs without end, widths that no integer has', () => {
  const output = new Uint32Array(10);
  assert.throws(() => readHybrid(Uint8Array.of(0x03, 0xff), 0, 2, 8, output), /runs end after 0 of 10/);
  assert.throws(() => readHybrid(new Uint8Array(100), 0, 100, 8, output), /runs end after 0 of 10/);
  assert.throws(() => readHybrid(new Uint8Array(9).fill(0xff), 0, 9, 8, output), /runs end/);
  assert.throws(() => readHybrid(new Uint8Array(9), 0, 9, 33, output), /33 bits/);
  assert.throws(() => readHybrid(new Uint8Array(9), 0, 10, 8, output), /up to byte 10 of 9/);
});

test('thrift: finds the end of a struct', () => {
  const struct = Buffer.from('1502 1925 0406 1802 6162 11 1c15 0000 00'.replaceAll(' ', ''), 'hex');
  assert.is(endOfThriftStruct(Uint8Array.of(...struct, 0xff), 0), struct.length);
});

test('thrift: lists, texts and depths that are only promised', () => {
  assert.throws(() => endOfThriftStruct(Uint8Array.of(0x19, 0xf5, ...HUGE, 0), 0), /list of 4294967294/);
  assert.throws(() => endOfThriftStruct(Uint8Array.of(0x18, ...HUGE, 0), 0), /ends early/);
  assert.throws(() => endOfThriftStruct(new Uint8Array(1_000).fill(0x1c), 0), /deeper than 32/);
  assert.throws(() => endOfThriftStruct(new Uint8Array(1_000).fill(0x19), 0), /deeper than 32|type 9/);
  assert.throws(() => endOfThriftStruct(new Uint8Array(20).fill(0xff), 0), /not used by parquet/);
});

test('values: more than the page holds', () => {
  const bytes = new Uint8Array(40);
  for (const [type, count] of [
    ['FLOAT', 11],
    ['DOUBLE', 6],
    ['BYTE_ARRAY', 11],
    ['INT64', 33_000_000],
  ] as const) {
    assert.throws(() => readValues(bytes, 'PLAIN', count, { name: 'x', type }, null), /values of|Invalid|bounds/, type);
  }
  const indices = Uint8Array.of(8, 20, 9);
  const read = (known: number[] | null) =>
    readValues(indices, 'RLE_DICTIONARY', 10, { name: 'x', type: 'FLOAT' }, known);
  assert.throws(() => read([1]), /entry 9 of a dictionary of 1/);
  assert.throws(() => read(null), /without a dictionary/);
});

test('values: delta blocks of a negative size, which would be read for ever', () => {
  const element = { name: 'x', type: 'INT32' } as const;
  const bytes = Uint8Array.of(...HUGE, 4, 10, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0);
  assert.throws(() => readValues(bytes, 'DELTA_BINARY_PACKED', 10, element, null), /delta blocks of 4294967294/);
});

test('compression: bombs', async () => {
  for (const codec of ['GZIP', 'SNAPPY', 'ZSTD'] as const) await loadCodec(codec);
  const bomb = gzipSync(new Uint8Array(10_000_000));
  assert.throws(() => decompress('GZIP', bomb, 1_000), /larger than|memory/i);
  assert.throws(() => decompress('SNAPPY', Uint8Array.of(0xff, 0xff, 0xff, 0x7f, 0), 1_000));
  assert.throws(() => decompress('UNCOMPRESSED', new Uint8Array(3), 4), /4 bytes promised, 3 bytes/);
  assert.throws(() => decompress('ZSTD', new Uint8Array(3), 2 ** 31), /at most/);
  const frame = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x00];
  const runs = (count: number, last: number) =>
    Array.from({ length: count }, (_, i) => [i === count - 1 ? last : 0x02, 0, 0x10, 7]).flat();
  assert.throws(() => checkZstd(Uint8Array.of(...frame, ...runs(100, 0x03)), 1_000), /Zstandard/);
  assert.throws(() => checkZstd(Uint8Array.of(...frame, 0x02, 0, 0x10), 1_000), RangeError);
});
