/** Image statistics compared with OpenCV, scikit-image and NumPy (make_statistics.py), and what they must react to. */
import { Random } from '../../base/index.js';
import {
  brightnessPercentiles,
  type PixelKernel,
  squaredBrightness,
} from '../../data/images/statistics/brightness-percentiles.js';
import { IMAGE_SUMS } from '../../data/images/statistics/image-sums.js';
import { looksKernel } from '../../data/images/statistics/kernel/looks-kernel.js';
import { sumsOf } from '../../data/images/statistics/kernel/sums-kernel.js';
import {
  corruptBatch,
  IMAGE_STATISTICS,
  type ImageStatistic,
  imageStatistics,
  type PixelBatch,
} from '../../data/index.js';
import { plainPixels } from '../support/plain-images.js';
import { plainSums } from '../support/plain-sums.js';
import { assert, readFixture, test } from '../support/test.js';

interface Case {
  name: string;
  height: number;
  width: number;
  rgb: string;
  statistics: Record<ImageStatistic, number | null>;
}

const { cases } = readFixture<{ cases: Case[] }>('data', 'statistics.json');

/** The statistics of a batch's only image. */
function statisticsOf(batch: PixelBatch): Record<string, number> {
  return Object.fromEntries([...imageStatistics(batch)].map(([name, values]) => [name, values[0]!]));
}

function isNear(value: number, expected: number): boolean {
  return Math.abs(value - expected) <= 1e-6 * Math.max(1e-3, expected);
}

for (const { name, height, width, rgb, statistics } of cases) {
  test(`as OpenCV, scikit-image and NumPy: ${name}`, () => {
    const found = statisticsOf({ rows: 1, height, width, data: Buffer.from(rgb, 'hex') });
    assert.equal(Object.keys(found), [...IMAGE_STATISTICS]);
    for (const [statistic, expected] of Object.entries(statistics)) {
      const value = found[statistic] as number;
      const isRight = expected === null ? Number.isNaN(value) : isNear(value, expected);
      assert.ok(isRight, `${statistic}: ${value}, ${expected} expected`);
    }
  });
}

test('one pixel has a colour and no texture', () => {
  const found = statisticsOf({ rows: 1, height: 1, width: 1, data: Uint8Array.of(255, 0, 0) });
  const { saturation, red, contrast, sharpness, noise } = found;
  assert.equal([saturation, red, contrast, sharpness, noise], [1, 1, 0, 0, Number.NaN]);
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

// Percentiles of brightness equal those of all pixels when sorted, also where the sample misleads.

/** NumPy's `percentile`, with its `_lerp`. */
function percentileOf(rgb: Uint8Array, percent: number): number {
  const values = Float64Array.from({ length: rgb.length / 3 }, (_, i) => squaredBrightness(rgb, 3 * i)).sort();
  const position = (percent / 100) * (values.length - 1);
  const [a, b] = [Math.floor(position), Math.ceil(position)].map((i) => Math.sqrt(values[i]! / 1000) / 255);
  const share = position % 1;
  return share < 0.5 ? a! + (b! - a!) * share : b! - (b! - a!) * (1 - share);
}

const KERNELS: [string, PixelKernel][] = [
  ['plain', plainPixels],
  ['kernel', looksKernel()],
];
const PERCENTS = [
  [5, 99],
  [0, 100],
  [99, 5],
  [50, 50],
] as const;

const random = new Random(7);
/** The pixels that are looked at first, of 20,480, are every fifth. */
const MISLEADING = Uint8Array.from({ length: 3 * 20_480 }, (_, i) => (Math.floor(i / 3) % 5 === 0 ? 100 : 250));
const IMAGES: [string, Uint8Array][] = [
  ['one pixel', Uint8Array.of(1, 2, 3)],
  ['two pixels', Uint8Array.of(1, 2, 3, 200, 100, 50)],
  ['as many as the sample', Uint8Array.from({ length: 3 * 4096 }, () => random.below(256))],
  ['noise', Uint8Array.from({ length: 3 * 70_001 }, () => random.below(256))],
  ['very dark noise', Uint8Array.from({ length: 3 * 30_000 }, () => random.below(4))],
  ['black', new Uint8Array(3 * 10_000)],
  ['white', new Uint8Array(3 * 10_000).fill(255)],
  ['half black, half white', Uint8Array.from({ length: 3 * 10_000 }, (_, i) => (i < 15_000 ? 0 : 255))],
  ['a sample that misses the bright pixels', MISLEADING],
  ['a sample that misses the dark pixels', MISLEADING.map((value) => 255 - value)],
];

for (const [which, kernel] of KERNELS) {
  for (const [name, rgb] of IMAGES) {
    test(`${which}: ${name}`, () => {
      for (const percents of PERCENTS) {
        const wanted = percents.map((percent) => percentileOf(rgb, percent));
        assert.equal(brightnessPercentiles(rgb, percents, kernel).values, wanted);
      }
    });
  }
}

test('a photograph is looked at once, a misleading one again', () => {
  const looks = (rgb: Uint8Array) => {
    let times = 0;
    const split: PixelKernel['split'] = (...args) => {
      times++;
      return plainPixels.split(...args);
    };
    brightnessPercentiles(rgb, [5, 99], { ...plainPixels, split });
    return times;
  };
  assert.is(looks(IMAGES[3]![1]), 1);
  assert.is(looks(MISLEADING), 2);
});

// Sums of image statistics: compares the kernel with plain loops, which `statistics.spec.ts` compares with NumPy.

/** Whole numbers are exact. Saturations are added in another order. */
function expectSame(batch: PixelBatch, what: string, most?: number): void {
  const [found, expected] = [sumsOf(batch, most), plainSums(batch)];
  assert.is(found.length, batch.rows * IMAGE_SUMS.length);
  for (const [i, value] of expected.entries()) {
    const name = IMAGE_SUMS[i % IMAGE_SUMS.length];
    const tolerance = name === 'saturation' ? 1e-12 * value : 0;
    const where = `${what}, image ${Math.floor(i / IMAGE_SUMS.length)}, ${name}`;
    assert.ok(Math.abs(found[i]! - value) <= tolerance, `${where}: ${found[i]}, ${value} expected`);
  }
}

function randomBatch(rows: number, height: number, width: number, random: Random): PixelBatch {
  const data = Uint8Array.from({ length: rows * height * width * 3 }, () => random.below(256));
  return { rows, height, width, data };
}

test('images of every width around a vector, and of every small height', () => {
  const random = new Random(1);
  for (let width = 1; width <= 50; width++) {
    for (const height of [1, 2, 3, 4, 9]) expectSame(randomBatch(3, height, width, random), `${height} × ${width}`);
  }
});

test('more images than the kernel takes at once, and images larger than that', () => {
  const random = new Random(2);
  expectSame(randomBatch(200, 32, 32, random), '200 of 32 × 32');
  expectSame(randomBatch(2, 333, 301, random), '2 of 333 × 301');
});

test('the largest sums that a row can have: black and white by turns', () => {
  const [height, width] = [6, 20_000];
  const data = new Uint8Array(height * width * 3);
  for (let i = 0; i < height * width; i++) {
    if ((i + Math.floor(i / width)) % 2 === 0) data.fill(255, 3 * i, 3 * i + 3);
  }
  expectSame({ rows: 1, height, width, data }, 'chequered');
  expectSame({ rows: 1, height, width, data: new Uint8Array(data.length).fill(255) }, 'white');
  expectSame({ rows: 1, height, width, data: new Uint8Array(data.length) }, 'black');
});

test('an image after a larger one, whose values still lie in memory', () => {
  const random = new Random(3);
  expectSame({ rows: 1, height: 64, width: 64, data: new Uint8Array(64 * 64 * 3).fill(255) }, 'before');
  expectSame(randomBatch(5, 5, 7, random), 'after');
});

test('an image that is too large to be measured at once has the sums of its parts', () => {
  const random = new Random(4);
  for (const [height, width] of [
    [3, 40],
    [37, 21],
    [128, 9],
    [300, 17],
  ] as const) {
    for (const rows of [1, 2, 5, 16, 19]) {
      expectSame(randomBatch(1, height, width, random), `${height} × ${width}, ${rows} rows at once`, rows * 48);
    }
  }
  const [height, width] = [2, 2 ** 23 + 1];
  const data = new Uint8Array(height * width * 3).fill(255);
  assert.is(imageStatistics({ rows: 1, height, width, data }).get('brightness')?.[0], 1);
});
