/** The image sets of the shared data, compared with numpy's readings. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { openImages } from '../../data/index.js';
import { readWhole } from '../support/npz-file.js';
import { assert, readFixture, test, withSharedData } from '../support/test.js';

interface Known {
  file: string;
  /** `hashlib.sha256(arr_0.tobytes())`. */
  sha256: string;
  /** `np.bincount(arr_1)`. */
  histogram: number[];
}

const known = readFixture<Known[]>('data', 'shared-images.json');

withSharedData('image sets against numpy', (folder) => {
  for (const { file, sha256, histogram } of known) {
    test(`${file}: shape, pixels and labels as numpy reads them`, async () => {
      const set = await openImages(join(folder, file));
      assert.equal([set.count, set.height, set.width, set.labels], [5000, 32, 32, 'index']);
      const hash = createHash('sha256');
      const counts = new Array<number>(10).fill(0);
      for await (const { data, labels } of set.batches(333)) {
        hash.update(data);
        for (const label of labels) counts[label as number]!++;
      }
      assert.is(hash.digest('hex'), sha256);
      assert.equal(counts, histogram);
      await set.close();
    });
  }

  test('golden embeddings and scores are read as float32', async () => {
    const scores = await readWhole(join(folder, 'golden', 'reference.npz'), 'scores', 1000);
    assert.is(scores.length, 50_000);
    for (let row = 0; row < 5000; row++) {
      const sum = (scores.slice(row * 10, row * 10 + 10) as number[]).reduce((a, b) => a + b, 0);
      assert.ok(Math.abs(sum - 1) < 1e-5);
    }
  });
});
