/** Corruptions compared with torchvision, and with the corrupted sets of the shared data. */
import { join } from 'node:path';
import { type CorruptionName, corruptBatch, corruptions, openImages, type PixelBatch } from '../../data/index.js';
import { assert, longTest, rejection, test, withSharedData } from '../support/test.js';
import { assertIdentical, formulaImage, recorded, recordedBytes } from './recorded-images.js';

const batchOf = (height: number, width: number): PixelBatch => ({ rows: 1, ...formulaImage(height, width) });

for (const result of recorded.corrupt) {
  const { name, parameters, from } = result;
  const told = `${name} ${JSON.stringify(parameters)} of ${from.join('×')}`;
  test(`${told} is torchvision's`, () => {
    const batch = batchOf(...from);
    const before = batch.data.slice();
    const corrupted = corruptBatch(batch, name as CorruptionName, { parameters });
    // float32 and float64 sums may fall on both sides of a half; the mean gray is a float32 sum over there.
    if (name === 'gaussian_blur' || name === 'contrast')
      assertWithinOneLevel(corrupted.data, recordedBytes(result), told);
    else assertIdentical(corrupted, result, told);
    assert.equal(batch.data, before, 'the given images are left as they are');
  });
}

test('noise depends on the seed and the row, not on the batch', () => {
  const { data } = formulaImage(8, 9);
  const batch = { rows: 3, height: 8, width: 9, data: Buffer.concat([data, data, data]) };
  const whole = corruptBatch(batch, 'gaussian_noise', { seed: 5, firstRow: 10 });
  const [last, other] = [5, 6].map(
    (seed) => corruptBatch(batchOf(8, 9), 'gaussian_noise', { seed, firstRow: 12 }).data,
  );
  assert.equal(whole.data.slice(2 * 216), last);
  assert.not.equal(whole.data.slice(0, 216), last);
  assert.not.equal(other, last);
});

test('noise has the strength asked for', () => {
  const gray = { rows: 1, height: 100, width: 100, data: new Uint8Array(30_000).fill(128) };
  const { data } = corruptBatch(gray, 'gaussian_noise', { parameters: { sigma: 0.04 }, seed: 1 });
  const variance = data.reduce((sum, value) => sum + (value - 128) ** 2, 0) / data.length;
  // Rounding adds a variance of 1/12.
  assert.ok(Math.abs(Math.sqrt(variance - 1 / 12) / 255 - 0.04) < 0.0008, String(variance));
  assert.equal(corruptBatch(gray, 'gaussian_noise', { parameters: { sigma: 0 } }).data, gray.data);
});

test('every corruption works with its defaults on a batch, and keeps its size', () => {
  for (const name of Object.keys(corruptions) as CorruptionName[]) {
    const { rows, height, width, data } = corruptBatch(batchOf(16, 12), name);
    assert.equal([rows, height, width, data.length], [1, 16, 12, 576]);
    assert.not.equal(data, formulaImage(16, 12).data, name);
  }
});

test('parameters out of range are refused', async () => {
  const wrong: [CorruptionName, Record<string, number>][] = [
    ['gaussian_blur', { kernel: 4 }],
    ['gaussian_blur', { kernel: 99 }],
    ['gaussian_blur', { sigma: 0 }],
    ['darken', { factor: -1 }],
    ['gaussian_noise', { sigma: Number.NaN }],
  ];
  for (const [name, parameters] of wrong) {
    assert.instance(await rejection(() => corruptBatch(batchOf(8, 8), name, { parameters })), RangeError);
  }
});

withSharedData('corrupted CIFAR tranches', (folder) => {
  const tranche = (name: string) => openImages(join(folder, 'cifar', name, 'image_data.npz'));

  test('darken ×0.35 of production_1 is production_3, to the last bit', async () => {
    assert.equal(await levelsApart('darken', 'production_3'), [15_360_000]);
  });

  longTest('blur 5, σ 1 of production_1 is production_2, but for one level in 60,000 values', async () => {
    const [same, ...apart] = await levelsApart('gaussian_blur', 'production_2');
    assert.ok(apart.length <= 1 && same! >= 15_360_000 - 256, [same, ...apart].join());
  });

  /** How many values differ by 0, 1, … levels between production_1 corrupted and another tranche. */
  async function levelsApart(name: CorruptionName, other: string): Promise<number[]> {
    const [clean, corrupted] = [await tranche('production_1'), await tranche(other)];
    const wanted = corrupted.batches(500);
    const counts: number[] = [];
    for await (const batch of clean.batches(500)) {
      const expected = (await wanted.next()).value!.data;
      const { data } = corruptBatch(batch, name, { firstRow: batch.firstRow });
      for (let i = 0; i < data.length; i++) {
        const apart = Math.abs(data[i]! - expected[i]!);
        counts[apart] = (counts[apart] ?? 0) + 1;
      }
    }
    await clean.close();
    await corrupted.close();
    return counts;
  }
});

function assertWithinOneLevel(data: Uint8Array, expected: Uint8Array, told: string): void {
  const apart = data.map((value, i) => Math.abs(value - expected[i]!));
  assert.is(data.length, expected.length);
  assert.ok(Math.max(...apart) <= 1, `${told}: ${Math.max(...apart)} levels apart`);
  const share = apart.reduce((sum, value) => sum + value, 0) / apart.length;
  assert.ok(share < 0.001, `${told}: ${share} of the values differ`);
}
