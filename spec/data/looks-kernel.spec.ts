/** The WebAssembly kernel of looks counts what the plain loops count. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { looksKernel } from '../../data/images/statistics/kernel/looks-kernel.js';
import { COARSE, FINE, plainCounts, plainFineCounts } from '../../data/images/statistics/pixel-counts.js';
import { Random } from '../../random/index.js';

const kernel = looksKernel()!;

test('the kernel is there', () => {
  assert.ok(kernel, 'is dist/data/images/statistics/looks.wasm built, and does this runtime have SIMD?');
});

for (const pixels of [1, 2, 15, 16, 17, 250, 65_535, 65_536, 65_537, 140_003]) {
  test(`${pixels} pixels: gray, coarse and fine counts`, () => {
    const random = new Random(pixels);
    const rgb = Uint8Array.from({ length: 3 * pixels }, () => random.below(256));
    const found = kernel.counts(rgb);
    const plain = plainCounts(rgb);
    assert.equal({ ...found, ranges: null }, plain);
    const most = plain.coarse.indexOf(Math.max(...plain.coarse));
    const bins = [...new Set([0, most, COARSE - 1])];
    const fine = kernel.fineCounts(rgb, bins, found.ranges!);
    assert.equal(fine, plainFineCounts(rgb, bins));
    assert.is(
      fine.subarray(bins.indexOf(most) * FINE, (bins.indexOf(most) + 1) * FINE).reduce((a, b) => a + b),
      plain.coarse[most],
    );
  });
}

test('black and white', () => {
  for (const value of [0, 255]) {
    const rgb = new Uint8Array(3 * 33).fill(value);
    const { ranges, ...found } = kernel.counts(rgb);
    assert.equal({ ...found, ranges: null }, plainCounts(rgb));
    assert.equal(kernel.fineCounts(rgb, [0, COARSE - 1], ranges!), plainFineCounts(rgb, [0, COARSE - 1]));
  }
});

test.run();
