/** Graded corruptions compared with scikit-image, NumPy and Pillow (fixtures/data/make_graded.py), and their levels. */
import { join } from 'node:path';
import {
  atLevel,
  corruptBatchAtLevel,
  GRADED_CORRUPTION_NAMES,
  type GradedCorruptionName,
  imagesOf,
  LEVELS,
  type Level,
  openImages,
  type PixelBatch,
  resizeImage,
} from '../../data/index.js';
import { assert, packageRoot, readFixture, test } from '../support/test.js';
import { formulaImage, SMALLEST } from './recorded-images.js';

interface Case {
  from: [number, number];
  name: GradedCorruptionName;
  level: Level;
  strength: number;
  bytes: string;
  halves: string;
}

const { cases } = readFixture<{ cases: Case[] }>('data', 'graded.json');
const batchOf = (height: number, width: number): PixelBatch => ({ rows: 1, ...formulaImage(height, width) });

for (const { from, name, level, strength, bytes, halves } of cases) {
  const told = `${name} level ${level} of ${from.join('×')}`;
  test(`${told} is the reference's`, () => {
    assert.is(atLevel(name, level, Math.min(...from)), strength);
    const batch = batchOf(...from);
    const before = batch.data.slice();
    const { data } = corruptBatchAtLevel(batch, name, level);
    const expected = Buffer.from(bytes, 'base64');
    if (name === 'jpeg') assertClose(data, expected, before, told);
    else assertSame(data, expected, Buffer.from(halves, 'base64'), told);
    assert.equal(batch.data, before, 'the given images are left as they are');
  });
}

/** Equal pixels, except for values halfway between two before rounding, which depend on float64 rounding. */
function assertSame(data: Uint8Array, expected: Uint8Array, halves: Uint8Array, told: string): void {
  assert.is(data.length, expected.length);
  for (const [i, value] of data.entries()) {
    const isHalf = ((halves[i >> 3]! >> (7 - (i & 7))) & 1) === 1;
    const apart = Math.abs(value - expected[i]!);
    assert.ok(apart <= (isHalf ? 1 : 0), `${told}, value ${i}: ${value}, not ${expected[i]}`);
  }
}

/**
 * libjpeg transforms in integers: a frequency about halfway between two steps moves a whole block. Such blocks are few,
 * and the difference is small compared with the effect of JPEG itself.
 */
function assertClose(data: Uint8Array, expected: Uint8Array, clean: Uint8Array, told: string): void {
  const [apart, damaged] = [rootMeanSquare(data, expected), rootMeanSquare(expected, clean)];
  assert.ok(apart < 0.2 * damaged, `${told}: ${apart} from libjpeg's, whose damage is ${damaged}`);
}

function rootMeanSquare(a: Uint8Array, b: Uint8Array): number {
  assert.is(a.length, b.length);
  return Math.sqrt(a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0) / a.length);
}

/** The first bundled images: real ones, so that damage means something. */
async function samples(count: number): Promise<PixelBatch> {
  const images = await openImages(join(packageRoot, 'samples', 'fashion-mnist', 'production.npz'));
  try {
    for await (const batch of images.batches(count)) return batch;
    throw new Error('no images');
  } finally {
    await images.close();
  }
}

test('every level damages more than the one below it, and the first damages', async () => {
  const small = await samples(20);
  const enlarged = [...imagesOf(small)].map((image) => resizeImage(image, 96, 80));
  const large: PixelBatch = { rows: 20, height: 96, width: 80, data: Buffer.concat(enlarged.map(({ data }) => data)) };
  for (const batch of [small, large]) {
    for (const name of GRADED_CORRUPTION_NAMES) {
      const damageAt = (level: Level) => corruptBatchAtLevel(batch, name, level, { seed: 3 }).data;
      const damages = LEVELS.map((level) => rootMeanSquare(batch.data, damageAt(level)));
      const told = `${name}: ${damages.join(', ')}`;
      assert.ok(damages[0]! > 0.2, told);
      for (let i = 1; i < damages.length; i++) assert.ok(damages[i]! > damages[i - 1]!, told);
    }
  }
});

test('the same seed gives the same images however they are batched', async () => {
  const batch = await samples(5);
  const [first] = [...imagesOf(batch)];
  for (const name of GRADED_CORRUPTION_NAMES) {
    const whole = corruptBatchAtLevel(batch, name, 3, { seed: 7, firstRow: 40 });
    for (const [row, image] of [...imagesOf(batch)].entries()) {
      const alone = corruptBatchAtLevel({ rows: 1, ...image }, name, 3, { seed: 7, firstRow: 40 + row });
      assert.equal(alone.data, [...imagesOf(whole)][row]!.data.slice(), name);
    }
    const other = corruptBatchAtLevel({ rows: 1, ...first! }, name, 3, { seed: 8, firstRow: 40 });
    const isRandom = name === 'gaussian_noise' || name === 'occlusion';
    assert.is(Buffer.compare(other.data, [...imagesOf(whole)][0]!.data) !== 0, isRandom, name);
  }
});

test('occlusion hides one square of the promised area, anywhere inside', () => {
  const white: PixelBatch = { rows: 200, height: 32, width: 32, data: new Uint8Array(200 * 3072).fill(255) };
  for (const [level, side] of [
    [1, 4],
    [3, 8],
    [5, 16],
  ] as const) {
    const tops = new Set<number>();
    const lefts = new Set<number>();
    for (const { data } of imagesOf(corruptBatchAtLevel(white, 'occlusion', level, { seed: 1 }))) {
      const hidden = [...data.keys()].filter((i) => data[i] !== 255).map((i) => Math.floor(i / 3));
      const [ys, xs] = [hidden.map((i) => Math.floor(i / 32)), hidden.map((i) => i % 32)];
      assert.is(hidden.length, side * side * 3);
      assert.is(Math.max(...ys) - Math.min(...ys) + 1, side);
      assert.is(Math.max(...xs) - Math.min(...xs) + 1, side);
      tops.add(Math.min(...ys));
      lefts.add(Math.min(...xs));
    }
    assert.ok(tops.has(0) && tops.has(32 - side) && lefts.has(0) && lefts.has(32 - side), 'both borders are reached');
  }
});

test('noise has the strength of its level', () => {
  const gray: PixelBatch = { rows: 1, height: 100, width: 100, data: new Uint8Array(30_000).fill(128) };
  const { data } = corruptBatchAtLevel(gray, 'gaussian_noise', 1, { seed: 1 });
  const deviation = Math.sqrt(data.reduce((sum, value) => sum + (value - 128) ** 2, 0) / data.length);
  assert.ok(Math.abs(deviation / 255 - 0.08) < 0.0016, String(deviation));
});

test('images of one pixel, one row and one column go through', () => {
  for (const [height, width] of SMALLEST) {
    for (const name of GRADED_CORRUPTION_NAMES) {
      for (const level of LEVELS) {
        const { data, ...size } = corruptBatchAtLevel(batchOf(height, width), name, level);
        assert.equal(size, { rows: 1, height, width });
        assert.is(data.length, height * width * 3);
      }
    }
  }
});
