import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError, Random } from '../../base/index.js';
import { NpzFile, openImages } from '../../data/index.js';
import { mutate } from '../support/mutate.js';
import { npyBytes, writeNpz, writeTemporary } from '../support/npy-bytes.js';
import { amount, assert, collect, fixtures, test } from '../support/test.js';

const pixels = Uint8Array.from({ length: 6 * 8 * 8 * 3 }, (_, i) => (i * 31) % 256);
const arrays = {
  arr_0: npyBytes('|u1', [6, 8, 8, 3], pixels),
  arr_1: npyBytes('<i8', [6], BigInt64Array.of(0n, 1n, 2n, 3n, 4n, 5n)),
};

const subjects: Record<string, Uint8Array> = {
  'stored.npz': readFileSync(writeNpz(arrays)),
  'deflated.npz': readFileSync(writeNpz(arrays, 6)),
  'numpy.npz': readFileSync(join(fixtures, 'data', 'arrays.npz')),
  'numpy_deflated.npz': readFileSync(join(fixtures, 'data', 'arrays_deflated.npz')),
  'numpy_streamed.npz': readFileSync(join(fixtures, 'data', 'arrays_streamed.npz')),
  'images.npy': arrays.arr_0,
  'labels.npy': readFileSync(join(fixtures, 'data', 'labels.npy')),
};
const MUTATIONS_EACH = amount(60, 20);

for (const [name, original] of Object.entries(subjects)) {
  test(`${MUTATIONS_EACH} mutations of ${name}`, async () => {
    const outcomes = { refused: 0, read: 0 };
    for (let seed = 0; seed < MUTATIONS_EACH; seed++) {
      const { bytes, told } = mutate(original, new Random(seed));
      const path = writeTemporary(bytes, name);
      try {
        await readEverything(path);
        outcomes.read++;
      } catch (error) {
        if (!(error instanceof CodedError))
          throw new Error(`${name}, seed ${seed} (${told}): ${error}`, { cause: error });
        assert.is(error.exitCode, 4);
        assert.ok(error.message.includes(path), error.message);
        outcomes.refused++;
      }
    }
    assert.ok(outcomes.refused > MUTATIONS_EACH / 4, JSON.stringify(outcomes));
  });
}

/** Every member of a zip has a checksum, so pixels that are read without an error must be the original ones. */
test('a damaged zip never gives other pixels than it held', async () => {
  for (const name of ['stored.npz', 'deflated.npz']) {
    for (let seed = 1000; seed < 1100; seed++) {
      const { bytes, told } = mutate(subjects[name]!, new Random(seed));
      const read = await imagesOrNull(writeTemporary(bytes, name));
      if (read !== null) assert.equal(read, Buffer.from(pixels), `${name}, seed ${seed} (${told})`);
    }
  }
});

async function readEverything(path: string): Promise<void> {
  const npz = await NpzFile.open(path);
  try {
    for (const name of npz.names) {
      let rows = 0;
      for await (const batch of (await npz.array(name)).rows(2)) rows += batch.rows;
      const { shape } = await npz.header(name);
      assert.is(rows, shape[0] ?? 1);
    }
  } finally {
    await npz.close();
  }
}

async function imagesOrNull(path: string): Promise<Buffer | null> {
  try {
    const set = await openImages(path, { labels: null });
    const batches = await collect(set.batches(4)).finally(() => set.close());
    return Buffer.concat(batches.map(({ data }) => data));
  } catch (error) {
    if (error instanceof CodedError) return null;
    throw error;
  }
}
