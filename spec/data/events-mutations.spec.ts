/** Damaged event files get a coded error, or are read, because damage in a value looks like a value. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError, Random } from '../../base/index.js';
import { mutate } from '../support/mutate.js';
import { assert, fixtures, temporaryFolder, test } from '../support/test.js';
import { plainSchema, randomBatch, readEvents, writeEvents } from './support/event-tables.js';

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

async function readOrRefuse(path: string, original: number): Promise<'read' | 'refused'> {
  try {
    const { schema, events } = await readEvents(path);
    const { rows, embeddings, eventIds } = events;
    assert.is(embeddings.length, rows * schema.dimensions);
    assert.ok(embeddings.every(Number.isFinite));
    assert.is(eventIds.length, rows);
    assert.ok(rows <= 4 * original, `${rows} rows of ${original}`);
    return 'read';
  } catch (error) {
    if (error instanceof CodedError) return 'refused';
    throw error;
  }
}

async function checkMutations(name: string, original: Uint8Array, rows: number, seeds: number): Promise<void> {
  const outcomes = { read: 0, refused: 0 };
  for (let seed = 0; seed < seeds; seed++) {
    const path = join(folder, `mutated-${name}`);
    const { bytes, told } = mutate(original, Random.stream(seed, rows));
    writeFileSync(path, bytes);
    try {
      outcomes[await readOrRefuse(path, rows)]++;
    } catch (error) {
      throw new Error(`${name}, seed ${seed} (${told}): ${(error as Error).message}`, { cause: error });
    }
  }
  assert.is(outcomes.read + outcomes.refused, seeds);
  assert.ok(outcomes.refused > 0, 'mutations that are never noticed test nothing');
}

for (const format of ['parquet', 'jsonl', 'csv', 'npz']) {
  test(`${format} as written here, ${SEEDS_OF_OWN} mutations`, async () => {
    const path = join(folder, `own.${format}`);
    await writeEvents(path, plainSchema, [randomBatch(plainSchema, 40, new Random(9))]);
    await checkMutations(`own.${format}`, readFileSync(path), 40, SEEDS_OF_OWN);
  });
}

for (const name of FOREIGN) {
  test(`${name}, ${SEEDS_OF_FOREIGN} mutations`, async () => {
    await checkMutations(name, readFileSync(join(fixtures, 'data', 'events', name)), 7, SEEDS_OF_FOREIGN);
  });
}
