/** Percentiles of brightness equal those of all pixels when sorted, also where the sample misleads. */
import { Random } from '../../base/index.js';
import { brightnessPercentiles, type Splitter } from '../../data/images/statistics/brightness-percentiles.js';
import { plainSplit, squaredBrightness } from '../../data/images/statistics/brightness-split.js';
import { looksKernel } from '../../data/images/statistics/kernel/looks-kernel.js';
import { assert, test } from '../support/test.js';

/** NumPy's `percentile`, with its `_lerp`. */
function percentileOf(rgb: Uint8Array, percent: number): number {
  const values = Float64Array.from({ length: rgb.length / 3 }, (_, i) => squaredBrightness(rgb, 3 * i)).sort();
  const position = (percent / 100) * (values.length - 1);
  const [a, b] = [Math.floor(position), Math.ceil(position)].map((i) => Math.sqrt(values[i]! / 1000) / 255);
  const share = position % 1;
  return share < 0.5 ? a! + (b! - a!) * share : b! - (b! - a!) * (1 - share);
}

const kernel = looksKernel()!;
const SPLITTERS: [string, Splitter][] = [
  ['plain', plainSplit],
  ['kernel', kernel.split.bind(kernel)],
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

for (const [splitter, split] of SPLITTERS) {
  for (const [name, rgb] of IMAGES) {
    test(`${splitter}: ${name}`, () => {
      for (const percents of PERCENTS) {
        const wanted = percents.map((percent) => percentileOf(rgb, percent));
        assert.equal(brightnessPercentiles(rgb, percents, split).values, wanted);
      }
    });
  }
}

test('a photograph is looked at once, a misleading one again', () => {
  const looks = (rgb: Uint8Array) => {
    let times = 0;
    brightnessPercentiles(rgb, [5, 99], (...args) => {
      times++;
      return plainSplit(...args);
    });
    return times;
  };
  assert.is(looks(IMAGES[3]![1]), 1);
  assert.is(looks(MISLEADING), 2);
});
