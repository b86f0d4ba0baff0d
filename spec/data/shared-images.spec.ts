/** The image sets of the shared data, compared with numpy's readings. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { openImages } from '../../data/index.js';
import { readWhole } from '../support/npz-file.js';
import { assert, test, withSharedData } from '../support/test.js';

interface Known {
  file: string;
  /** `hashlib.sha256(arr_0.tobytes())`. */
  sha256: string;
  /** `np.bincount(arr_1)`. */
  histogram: number[];
}

const CIFAR_TEST = [515, 487, 514, 499, 492, 517, 497, 494, 480, 505];
const known: Known[] = [
  {
    file: 'cifar/reference/image_data.npz',
    sha256: '227f306ade0d21287a3cd2411f164cc2f5f76cd1d4ab43da79922ff7839844b9',
    histogram: [506, 502, 484, 505, 465, 542, 511, 511, 474, 500],
  },
  {
    file: 'cifar/production_1/image_data.npz',
    sha256: '00f5141f204459b54b22a63ebb93d1cf8469271e11f0f4a82703fa18af9bf78a',
    histogram: CIFAR_TEST,
  },
  {
    file: 'cifar/production_2/image_data.npz',
    sha256: '2f82157ed7a013e1129eed3c7ac5850b7e0f757f67607828ce5f2cf0c8836d2e',
    histogram: CIFAR_TEST,
  },
  {
    file: 'cifar/production_3/image_data.npz',
    sha256: '98dd6b33830a5db21b983c38a14c620ef1de79e3df2b7fc57552056c907717a4',
    histogram: CIFAR_TEST,
  },
  {
    file: 'fashion/train.npz',
    sha256: '916f6298965ab370e7a9155034fa1b0edff4ca541da0d01438f707522cff2d03',
    histogram: [457, 556, 504, 501, 488, 493, 493, 512, 490, 506],
  },
  {
    file: 'fashion/test.npz',
    sha256: 'bea318494ae75325ce0f5f508d596bf757439bd66a716faaeb6bab9c0ca9f0f3',
    histogram: [507, 481, 521, 500, 521, 485, 482, 500, 526, 477],
  },
];

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
