/** Resize and crop equal Pillow and torchvision, bit for bit. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { prepareBatch, preparedSize, resizeImage } from '../../data/index.js';
import { refusal } from '../support/rejects.js';
import { assertIdentical, formulaImage, recorded } from './recorded-images.js';

for (const result of recorded.resize) {
  const told = `${result.from.join('×')} to ${result.size.join('×')}`;
  test(`resize ${told} is Pillow's`, () => {
    assertIdentical(resizeImage(formulaImage(...result.from), ...result.size), result, told);
  });
}

for (const result of recorded.prepare) {
  const told = `${result.from.join('×')}, resize ${result.resize}, crop ${result.crop}`;
  test(`${told} is torchvision's`, () => {
    const image = formulaImage(...result.from);
    const { resize, crop, size } = result;
    const batch = prepareBatch({ rows: 1, ...image }, { size, resize, crop }, 'x.npz');
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

test('images that need nothing are passed on as they are', () => {
  const batch = { rows: 1, ...formulaImage(32, 32) };
  assert.is(prepareBatch(batch, { size: [32, 32], resize: null, crop: null }, 'x.npz'), batch);
  assert.is(prepareBatch(batch, { size: null, resize: null, crop: null }, 'x.npz'), batch);
  const empty = { rows: 0, height: 9, width: 9, data: new Uint8Array(0) };
  assert.equal(prepareBatch(empty, { size: [4, 4], resize: 4, crop: null }, 'x.npz'), {
    ...empty,
    height: 4,
    width: 4,
  });
});

test('images of another size than the model takes are refused with both', async () => {
  const batch = { rows: 1, ...formulaImage(28, 30) };
  const plain = await refusal('IMAGES_SIZE', () =>
    prepareBatch(batch, { size: [32, 32], resize: null, crop: null }, 'x.npz arr_0.npy'),
  );
  assert.is(plain.message, 'x.npz arr_0.npy: images of 28 × 30 pixels, the model takes 32 × 32');
  const resized = await refusal('IMAGES_SIZE', () =>
    prepareBatch(batch, { size: [32, 32], resize: 32, crop: null }, 'x.npz'),
  );
  assert.match(resized.message, '28 × 30 pixels, 32 × 34 after resize and crop, the model takes 32 × 32');
});

test('a resize to more pixels than there can be is refused before it is tried', async () => {
  const thin = { rows: 1, height: 1, width: 100_000, data: new Uint8Array(300_000) };
  await refusal('IMAGES_TOO_LARGE', () => prepareBatch(thin, { size: null, resize: 224, crop: [224, 224] }, 'x.npz'));
});

test.run();
