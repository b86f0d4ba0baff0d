/** Image statistics compared with OpenCV, scikit-image and NumPy (make_statistics.py), and what they must react to. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../../base/index.js';
import {
  corruptBatch,
  IMAGE_STATISTICS,
  type ImageStatistic,
  imageStatistics,
  type PixelBatch,
} from '../../data/index.js';
import { assert, fixtures, test } from '../support/test.js';

interface Case {
  name: string;
  height: number;
  width: number;
  rgb: string;
  statistics: Record<ImageStatistic, number | null>;
}

const { cases }: { cases: Case[] } = JSON.parse(readFileSync(join(fixtures, 'data', 'statistics.json'), 'utf8'));

/** The statistics of a batch's only image. */
function statisticsOf(batch: PixelBatch): Record<string, number> {
  return Object.fromEntries([...imageStatistics(batch)].map(([name, values]) => [name, values[0]!]));
}

for (const { name, height, width, rgb, statistics } of cases) {
  test(`as OpenCV, scikit-image and NumPy: ${name}`, () => {
    const found = statisticsOf({ rows: 1, height, width, data: Buffer.from(rgb, 'hex') });
    assert.equal(Object.keys(found), [...IMAGE_STATISTICS]);
    for (const [statistic, expected] of Object.entries(statistics)) {
      const value = found[statistic] as number;
      if (expected === null) assert.ok(Number.isNaN(value), `${statistic}: ${value}, NaN expected`);
      else
        assert.ok(Math.abs(value - expected) <= 1e-6 * Math.max(1e-3, expected), `${statistic}: ${value}, ${expected}`);
    }
  });
}

test('one pixel has a colour and no texture', () => {
  const found = statisticsOf({ rows: 1, height: 1, width: 1, data: Uint8Array.of(255, 0, 0) });
  assert.is(found['saturation'], 1);
  assert.is(found['red'], 1);
  assert.is(found['contrast'], 0);
  assert.is(found['sharpness'], 0);
  assert.ok(Number.isNaN(found['noise']));
});

test('a row depends on its own image alone', () => {
  const random = new Random(3);
  const size = { height: 8, width: 6 };
  const data = Uint8Array.from({ length: 3 * 8 * 6 * 3 }, () => random.below(256));
  const together = imageStatistics({ rows: 3, ...size, data });
  for (let row = 0; row < 3; row++) {
    const alone = imageStatistics({ rows: 1, ...size, data: data.subarray(row * 144, (row + 1) * 144) });
    for (const [name, values] of alone) assert.ok(Object.is(values[0], together.get(name)?.[row]), name);
  }
});

test('the noise estimate finds the deviation of white noise on a flat image', () => {
  const size = { rows: 1, height: 96, width: 96 };
  const flat = { ...size, data: new Uint8Array(96 * 96 * 3).fill(128) };
  const sigma = 0.05;
  const { noise } = statisticsOf(corruptBatch(flat, 'gaussian_noise', { parameters: { sigma }, seed: 1 }));
  // The channels are independent: luma has √(0.299² + 0.587² + 0.114²) of their deviation.
  const expected = sigma * Math.hypot(0.299, 0.587, 0.114);
  assert.ok(Math.abs((noise as number) / expected - 1) < 0.03, `${noise}, ${expected}`);
});
