import { join } from 'node:path';
import { Random } from '../../base/index.js';
import { kernelPasses } from '../../data/images/resize/kernel/resize-kernel.js';
import { resample } from '../../data/images/resize/resize.js';
import { type Pass, type Raster, tapsOf } from '../../data/images/resize/taps.js';
import { prepareBatch, preparedSize, prepareImage, resizeImage, type SizeRule } from '../../data/index.js';
import {
  differing,
  differingTransforms,
  type PillowCase,
  pillowOf,
  readCases,
  type TransformCase,
} from '../support/image-cases.js';
import { madeImage } from '../support/image-files.js';
import { plainPasses } from '../support/plain-images.js';
import { assert, fixtures, refusal, test } from '../support/test.js';
import { assertIdentical, formulaImage, recorded } from './recorded-images.js';

for (const version of ['12', '13']) {
  const cases = readCases<PillowCase>(join(fixtures, 'data', `pillow-${version}.jsonl`));
  test(`${cases.length} resizes by every filter are those of Pillow ${version}`, () => {
    const found = differing(cases, (image, height, width, one) =>
      resizeImage(image, height, width, { interpolation: one.interpolation, pillow: pillowOf(one) }),
    );
    assert.equal(found, []);
  });
}

for (const result of recorded.resize) {
  const told = `${result.from.join('×')} to ${result.size.join('×')}`;
  test(`resize ${told} is Pillow's`, () => {
    assertIdentical(resizeImage(formulaImage(...result.from), ...result.size, { pillow: 12 }), result, told);
  });
}

function randomPasses(random: Random, height: number, width: number): Pass[] {
  const filter = (['bilinear', 'bicubic', 'lanczos', 'box', 'hamming'] as const)[random.below(5)]!;
  const columns: Pass = { axis: 'columns', taps: tapsOf(width, 1 + random.below(2 * width), filter) };
  const rows: Pass = { axis: 'rows', taps: tapsOf(height, 1 + random.below(2 * height), filter) };
  return [[columns], [rows], [columns, rows], [rows, columns]][random.below(4)]!;
}

function expectSamePasses(height: number, width: number, passes: readonly Pass[]): void {
  const { data } = madeImage(height, width, height + width);
  expectSameRaster({ height, width, channels: 3, data }, passes);
  expectSameRaster({ height, width, channels: 1, data: data.subarray(0, height * width) }, passes);
}

function expectSameRaster(image: Raster, passes: readonly Pass[]): void {
  const { height, width, channels } = image;
  const found = kernelPasses(image, passes);
  assert.ok(found, 'no kernel: is dist/data/images/resize/resize.wasm built, and does this runtime have SIMD?');
  const told = `${height}×${width}×${channels}, ${passes.map(({ axis, taps }) => `${axis} to ${taps.first.length}`).join(', ')}`;
  const expected = plainPasses(image, passes);
  assert.equal([found.height, found.width], [expected.height, expected.width], told);
  assert.ok(Buffer.from(found.data).equals(expected.data), told);
}

test('the kernel does what the plain loops do, for every small size', () => {
  const random = new Random(1);
  for (let width = 1; width <= 40; width++) {
    for (const height of [1, 2, 3, 4, 5, 9]) expectSamePasses(height, width, randomPasses(random, height, width));
  }
});

test('the kernel takes an image in parts that is larger than a part', () => {
  const [height, width] = [1300, 400];
  const columns: Pass = { axis: 'columns', taps: tapsOf(width, 90, 'lanczos') };
  const rows: Pass = { axis: 'rows', taps: tapsOf(height, 70, 'lanczos') };
  expectSamePasses(height, width, [columns, rows]);
  expectSamePasses(height, width, [rows, columns]);
});

test('what the kernel has no memory for is resized in parts, with the same bits', () => {
  const { data } = madeImage(120, 90, 3);
  const image: Raster = { height: 120, width: 90, channels: 3, data };
  for (const [height, width] of [
    [40, 200],
    [300, 30],
    [250, 170],
  ] as const) {
    for (const pillow of [12, 13] as const) {
      const window = { top: 3, left: 5, height: height - 7, width: width - 6 };
      const whole = resample(image, height, width, window, 'bicubic', pillow);
      const inParts = resample(image, height, width, window, 'bicubic', pillow, 2 ** 17);
      assert.equal([inParts.height, inParts.width], [whole.height, whole.width]);
      assert.ok(Buffer.from(inParts.data).equals(whole.data), `${height} × ${width}, Pillow ${pillow}`);
    }
  }
});

test('a part of a resized image is that part', () => {
  const image = madeImage(90, 50, 0);
  for (const interpolation of ['bicubic', 'nearest'] as const) {
    for (const [height, width] of [
      [40, 30],
      [30, 80],
      [90, 25],
      [200, 50],
      [90, 50],
    ] as const) {
      const whole = resizeImage(image, height, width, { interpolation });
      const window = { top: 7, left: 5, height: height - 12, width: width - 9 };
      const part = resizeImage(image, height, width, { interpolation, window });
      const expected = prepareImage(whole, { size: null, resize: null, crop: null }, 'x').data;
      for (let y = 0; y < window.height; y++) {
        const from = ((y + window.top) * width + window.left) * 3;
        const row = expected.subarray(from, from + window.width * 3);
        const found = part.data.subarray(y * window.width * 3, (y + 1) * window.width * 3);
        assert.ok(Buffer.from(found).equals(row), `${interpolation}, ${height}×${width}, row ${y}`);
      }
    }
  }
});

for (const result of recorded.prepare) {
  const told = `${result.from.join('×')}, resize ${result.resize}, crop ${result.crop}`;
  test(`${told} is torchvision's`, () => {
    const image = formulaImage(...result.from);
    const { resize, crop, size } = result;
    const batch = prepareBatch({ rows: 1, ...image }, { size, resize, crop, pillow: 12 }, 'x.npz');
    assertIdentical(batch, result, told);
    assert.equal(preparedSize(image, { size, resize, crop }, 'x.npz'), size);
  });
}

test('every image of a batch is prepared', () => {
  const [a, b] = [formulaImage(8, 8), { ...formulaImage(8, 8), data: formulaImage(8, 8).data.map((v) => 255 - v) }];
  const batch = { rows: 2, height: 8, width: 8, data: Buffer.concat([a.data, b.data]) };
  const prepared = prepareBatch(batch, { size: [5, 5], resize: 5, crop: null }, 'x.npz');
  const alone = [a, b].map((image) => resizeImage(image, 5, 5).data);
  assert.equal(Buffer.from(prepared.data), Buffer.concat(alone));
});

const TO_32: SizeRule = { size: [32, 32], resize: null, crop: null };

test('images that need nothing are passed on as they are', () => {
  const batch = { rows: 1, ...formulaImage(32, 32) };
  assert.is(prepareBatch(batch, TO_32, 'x.npz'), batch);
  assert.is(prepareBatch(batch, { size: null, resize: null, crop: null }, 'x.npz'), batch);
  const empty = { rows: 0, height: 9, width: 9, data: new Uint8Array(0) };
  const small = prepareBatch(empty, { size: [4, 4], resize: 4, crop: null }, 'x.npz');
  assert.equal(small, { ...empty, height: 4, width: 4 });
});

test('images of another size than the model takes are refused with both', async () => {
  const batch = { rows: 1, ...formulaImage(28, 30) };
  const plain = await refusal('IMAGES_SIZE', () => prepareBatch(batch, TO_32, 'x.npz arr_0.npy'));
  assert.is(plain.message, 'x.npz arr_0.npy: images of 28 × 30 pixels, the model takes 32 × 32 (height × width)');
  const says = '28 × 30 pixels, 32 × 34 after resize and crop, the model takes 32 × 32';
  await refusal('IMAGES_SIZE', () => prepareBatch(batch, { ...TO_32, resize: 32 }, 'x.npz'), says);
});

test('a resize to more pixels than there can be is refused before it is tried', async () => {
  const thin = { rows: 1, height: 1, width: 100_000, data: new Uint8Array(300_000) };
  await refusal('IMAGES_TOO_LARGE', () => prepareBatch(thin, { size: null, resize: 224, crop: [224, 224] }, 'x.npz'));
});

// Whole preprocessing equals torchvision's transforms and timm's create_transform before normalisation.

const cases = readCases<TransformCase>(join(fixtures, 'data', 'transforms.jsonl'));

for (const library of ['torchvision', 'timm'] as const) {
  const its = cases.filter((one) => library in one);
  test(`${its.length} images are prepared as ${library} does it`, () => {
    assert.ok(its.length > 0);
    assert.equal(differingTransforms(its), []);
  });
}

const LETTERBOX: SizeRule = { size: [8, 8], resize: [8, 8], mode: 'longest', crop: [8, 8], border: [1, 2, 3, 4] };

test('an image that is fitted into a square gets a border of its colour on two sides', () => {
  const { height, width, data } = prepareImage(madeImage(20, 10, 0), LETTERBOX, 'x');
  assert.equal([height, width], [8, 8]);
  for (let y = 0; y < 8; y++) {
    for (const x of [0, 1, 6, 7]) assert.equal([...data.subarray((y * 8 + x) * 3, (y * 8 + x) * 3 + 3)], [1, 2, 3]);
  }
});

test('the fourth channel has a border of its own', () => {
  const batch = { rows: 1, ...madeImage(20, 10, 0), fourth: new Uint8Array(200).fill(9) };
  const { fourth } = prepareBatch(batch, LETTERBOX, 'x.npy');
  assert.equal([...fourth!.subarray(0, 8)], [4, 4, 9, 9, 9, 9, 4, 4]);
});

test('a rule that does not say whose passes it has follows the newest Pillow, as a resize alone does', () => {
  const image = madeImage(90, 30, 0);
  const rule = { size: null, resize: [20, 25], crop: null } as const;
  const plain = prepareImage(image, rule, 'x').data;
  assert.equal(plain, resizeImage(image, 20, 25).data);
  assert.equal(plain, prepareImage(image, { ...rule, pillow: 13 }, 'x').data);
  assert.not.equal(plain, prepareImage(image, { ...rule, pillow: 12 }, 'x').data);
});

test('half a pixel is rounded to even or down', () => {
  const image = madeImage(4, 7, 0);
  const columnOf = (rule: SizeRule) => prepareImage(image, rule, 'x').data.slice(0, 3);
  const crop = { size: null, resize: null, crop: [4, 4] as const };
  assert.equal(columnOf(crop), image.data.slice(6, 9));
  assert.equal(columnOf({ ...crop, cropRounding: 'down' }), image.data.slice(3, 6));
});

test('one image of a wrong size, or too large a result, is refused with its name', async () => {
  const image = madeImage(28, 30, 0);
  const wrong = await refusal('IMAGE_SIZE', () => prepareImage(image, TO_32, 'a/b.png'));
  assert.is(wrong.message, 'a/b.png: an image of 28 × 30 pixels, the model takes 32 × 32 (height × width)');
  const thin = { height: 1, width: 100_000, data: new Uint8Array(300_000) };
  await refusal('IMAGE_TOO_LARGE', () => prepareImage(thin, { size: null, resize: 224, crop: [224, 224] }, 'x.png'));
});
