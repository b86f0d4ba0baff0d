/**
 * Damaged event files: bytes changed, cut out, doubled, cut off. Each is refused with a coded error or read, because
 * damage in a value looks like a value. Nothing crashes or hangs. A seed makes a failure repeatable.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError, Random } from '../../base/index.js';
import { openEvents } from '../../data/index.js';
import { assert, fixtures, temporaryFolder, test } from '../support/test.js';
import { plainSchema, randomBatch, writeEvents } from './support/event-tables.js';

const folder = temporaryFolder();
const SEEDS_OF_OWN = 60;
const SEEDS_OF_FOREIGN = 25;
const FOREIGN = [
  'pandas-float64.parquet',
  'pandas-categorical-datetime.parquet',
  'pyarrow-delta.parquet',
  'pyarrow-v2-pages.parquet',
  'pyarrow-lz4.parquet',
  'pyarrow-brotli.parquet',
  'pyarrow-many-pages.parquet',
  'polars.parquet',
  'duckdb.parquet',
  'duckdb-array-timestamp.parquet',
  'numpy.npz',
  'pandas-index-numpy-text-datetime.csv',
  'polars.ndjson',
];

/** The values that most often break a reader: signs, limits, lengths that are off by one. */
const BYTES = [0x00, 0x01, 0x7f, 0x80, 0xff, 0xfe, 0x22, 0x2c, 0x0a, 0x5d];

function mutated(original: Uint8Array, random: Random): Uint8Array {
  const bytes = Buffer.from(original);
  const changes = 1 + random.below(4);
  for (let i = 0; i < changes; i++) {
    const at = random.below(bytes.length);
    bytes[at] = random.below(2) === 0 ? random.below(256) : (BYTES[random.below(BYTES.length)] as number);
  }
  const length = 1 + random.below(16);
  const at = random.below(bytes.length);
  switch (random.below(6)) {
    case 0:
      return bytes.subarray(0, random.below(bytes.length));
    case 1:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
    case 2:
      return Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)]);
    default:
      return bytes;
  }
}

async function readOrRefuse(path: string, original: number): Promise<'read' | 'refused'> {
  try {
    const source = await openEvents(path);
    try {
      let rows = 0;
      for await (const batch of source.batches()) {
        rows += batch.rows;
        assert.is(batch.embeddings.length, batch.rows * source.schema.dimensions);
        assert.ok(batch.embeddings.every(Number.isFinite));
        assert.is(batch.eventIds.length, batch.rows);
      }
      assert.ok(rows <= 4 * original, `${rows} rows of ${original}`);
      return 'read';
    } finally {
      await source.close();
    }
  } catch (error) {
    if (error instanceof CodedError) return 'refused';
    throw error;
  }
}

async function mutate(name: string, original: Uint8Array, rows: number, seeds: number): Promise<void> {
  const outcomes = { read: 0, refused: 0 };
  for (let seed = 0; seed < seeds; seed++) {
    const path = join(folder, `mutated-${name}`);
    writeFileSync(path, mutated(original, Random.stream(seed, rows)));
    try {
      outcomes[await readOrRefuse(path, rows)]++;
    } catch (error) {
      throw new Error(`${name}, seed ${seed}: ${(error as Error).message}`, { cause: error });
    }
  }
  assert.is(outcomes.read + outcomes.refused, seeds);
  assert.ok(outcomes.refused > 0, 'mutations that are never noticed test nothing');
}

for (const format of ['parquet', 'jsonl', 'csv', 'npz']) {
  test(`${format} as written here, ${SEEDS_OF_OWN} mutations`, async () => {
    const path = join(folder, `own.${format}`);
    await writeEvents(path, plainSchema, [randomBatch(plainSchema, 40, new Random(9))]);
    await mutate(`own.${format}`, readFileSync(path), 40, SEEDS_OF_OWN);
  });
}

for (const name of FOREIGN) {
  test(`${name}, ${SEEDS_OF_FOREIGN} mutations`, async () => {
    await mutate(name, readFileSync(join(fixtures, 'data', 'events', name)), 7, SEEDS_OF_FOREIGN);
  });
}
