/** Our own parquet pages, read by hyparquet: levels, nulls, bounds, codecs, pages, texts of every kind. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type FileMetaData, parquetMetadata, parquetReadObjects } from 'hyparquet';
import { snappyCompress as compressSlowly } from 'hyparquet-writer/src/snappy.js';
import { Random } from '../../base/index.js';
import type { EventBatch, EventTableSchema } from '../../data/index.js';
import { readHybrid } from '../../data/parquet/levels.js';
import { encodeEqualLevels, encodeLevels, encodeListStarts } from '../../data/parquet/output.js';
import { snappyCompress } from '../../data/parquet/snappy.js';
import { assert, longTest, temporaryFolder, test } from '../support/test.js';
import { plainSchema, randomBatch, writeEvents } from './support/event-tables.js';

const folder = temporaryFolder();
const NOTHING = { hasTargets: false, hasImageUrls: false, hasTimestamps: false, hasEventIds: false };
const bare: EventTableSchema = { ...plainSchema, classes: [], ...NOTHING };

function levels(bytes: Uint8Array, count: number, bits: number): number[] {
  const output = new Uint8Array(count);
  readHybrid(bytes, 0, bytes.length, bits, output);
  return [...output];
}

async function written(name: string, schema: EventTableSchema, batches: readonly EventBatch[], options = {}) {
  const path = join(folder, `${name}.parquet`);
  await writeEvents(path, schema, batches, options);
  const { buffer } = new Uint8Array(readFileSync(path));
  return { metadata: parquetMetadata(buffer), rows: await parquetReadObjects({ file: buffer }) };
}

function chunk(metadata: FileMetaData, group: number, column: string) {
  return metadata.row_groups[group]!.columns.find(({ meta_data }) => meta_data!.path_in_schema[0] === column)!;
}

test('levels: where lists begin, for lists of any length', () => {
  for (const length of [1, 2, 7, 8, 9, 10, 15, 16, 17, 24, 128, 1000]) {
    for (const lists of [1, 2, 3, 8, 50]) {
      const expected = Array.from({ length: lists * length }, (_, i) => (i % length === 0 ? 0 : 1));
      assert.equal(levels(encodeListStarts(lists, length), expected.length, 1), expected, `${lists} of ${length}`);
    }
  }
});

test('levels: equal ones are a single run, others as they are', () => {
  assert.equal(levels(encodeEqualLevels(3, 100_000), 100_000, 2), new Array(100_000).fill(3));
  assert.ok(encodeEqualLevels(3, 100_000).length <= 4);
  const random = new Random(1);
  const any = Array.from({ length: 999 }, () => random.below(2));
  assert.equal(levels(encodeLevels(Uint8Array.from(any), 1), 999, 1), any);
});

test("snappy's bytes are hyparquet-writer's, of noise, runs and repeats of any length and distance", () => {
  const random = new Random(9);
  for (const length of [0, 1, 14, 15, 16, 60, 61, 255, 256, 257, 5_000, 70_000, 200_000]) {
    for (const values of [1, 2, 16, 256]) {
      const bytes = Uint8Array.from({ length }, () => random.below(values));
      for (let at = 1; at < length; at += 1 + random.below(300)) {
        const from = random.below(at);
        bytes.copyWithin(at, from, from + random.below(200));
      }
      assert.equal(snappyCompress(bytes), compressSlowly(bytes), `${length} of ${values}`);
    }
  }
});

longTest('embeddings of every short length, in several row groups and pages', async () => {
  const random = new Random(2);
  for (const dimensions of [1, 2, 8, 9, 17, 300_000]) {
    const schema = { ...bare, dimensions };
    const batches = [3, 4].map((rows) => randomBatch(schema, rows, random));
    const { rows, metadata } = await written(`length-${dimensions}`, schema, batches);
    const bytes = (values: Iterable<number>) => Buffer.from(Float32Array.from(values).buffer);
    const expected = Buffer.concat(batches.map(({ embeddings }) => bytes(embeddings)));
    assert.is(rows.length, 7);
    assert.ok(rows.every((row) => row['embeddings'].length === dimensions));
    assert.is(metadata.row_groups.length, dimensions === 300_000 ? 3 : 1);
    const found = Buffer.concat(rows.map((row) => bytes(row['embeddings'])));
    assert.ok(found.equals(expected), `${dimensions}`);
  }
});

test('a chunk of several pages says where each begins', async () => {
  const schema = { ...bare, dimensions: 200_000 };
  const { metadata } = await written('pages', schema, [randomBatch(schema, 5, new Random(3))]);
  const { offset_index_length, meta_data } = chunk(metadata, 0, 'embeddings');
  assert.ok((offset_index_length ?? 0) > 0);
  assert.is(meta_data!.num_values, 1_000_000n);
});

test('rectified embeddings are compressed, others are stored', async () => {
  const schema = { ...bare, dimensions: 64 };
  const random = new Random(4);
  const batch = randomBatch(schema, 100, random);
  const noise = Float32Array.from({ length: 6400 }, () => random.uniform() - 0.5);
  const rectified = noise.map((value) => Math.max(0, value));
  const stored = await written('noise', schema, [{ ...batch, embeddings: noise }]);
  const compressed = await written('rectified', schema, [{ ...batch, embeddings: rectified }]);
  assert.is(chunk(stored.metadata, 0, 'embeddings').meta_data!.codec, 'UNCOMPRESSED');
  const found = chunk(compressed.metadata, 0, 'embeddings').meta_data!;
  assert.is(found.codec, 'SNAPPY');
  assert.ok(found.total_compressed_size < found.total_uncompressed_size);
  const values = compressed.rows.flatMap((row) => row['embeddings']);
  assert.equal(values, [...rectified]);
});

test('NaN is null, and bounds are of the rest', async () => {
  const schema = { ...bare, statistics: ['some', 'none', 'zeros'] };
  const statistics = new Map([
    ['some', Float32Array.of(2, Number.NaN, -3, 1)],
    ['none', new Float32Array(4).fill(Number.NaN)],
    ['zeros', new Float32Array(4)],
  ]);
  const batch = { ...randomBatch(schema, 4, new Random(5)), statistics };
  const { metadata, rows } = await written('nulls', schema, [batch]);
  const values = (name: string) => rows.map((row) => row[`image_stat_${name}`] ?? null);
  assert.equal(values('some'), [2, null, -3, 1]);
  assert.equal(values('none'), [null, null, null, null]);
  assert.equal(values('zeros'), [0, 0, 0, 0]);
  const bounds = (name: string) => {
    const { min_value, max_value, null_count } = chunk(metadata, 0, `image_stat_${name}`).meta_data!.statistics!;
    return [min_value, max_value, null_count];
  };
  assert.equal(bounds('some'), [-3, 2, 1n]);
  assert.equal(bounds('none'), [undefined, undefined, 4n]);
  assert.ok(Object.is(bounds('zeros')[0], -0) && Object.is(bounds('zeros')[1], 0));
});

test('texts: ASCII, any other, missing, of any length, mixed among row groups', async () => {
  const schema = { ...bare, hasEventIds: true };
  const groups: (string | null)[][] = [
    ['b', 'a', 'c'],
    ['', 'x'.repeat(200), '~'],
    ['a', 'b', 'éa'],
    ['a', 'b', '🙂'],
    ['a', null, '\u007f'],
    ['a', '\u0000', '\ud800x'],
  ];
  const batches = groups.map((eventIds) => ({ ...randomBatch(schema, 3, new Random(6)), eventIds }));
  const { metadata, rows } = await written('texts', schema, batches, { rowGroupRows: 3 });
  // UTF-8 has no lone surrogates.
  const expected = groups.flat().map((text) => (text === null ? null : Buffer.from(text).toString()));
  const found = rows.map((row) => row['event_id'] ?? null);
  assert.equal(found, expected);
  assert.is(metadata.row_groups.length, groups.length);
  const { min_value, max_value, null_count } = chunk(metadata, 0, 'event_id').meta_data!.statistics!;
  assert.equal([min_value, max_value, null_count], ['a', 'c', 0n]);
});
