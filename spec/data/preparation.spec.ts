/** Whole preprocessing equals torchvision's transforms and timm's create_transform, byte for byte, before normalisation. */
import { join } from 'node:path';
import { prepareBatch, prepareImage, resizeImage, type SizeRule } from '../../data/index.js';
import { madeImage } from '../support/made-image.js';
import { readCases } from '../support/pillow-cases.js';
import { assert, fixtures, refusal, test } from '../support/test.js';
import { differingTransforms, type TransformCase } from '../support/transform-cases.js';

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
  const wrong = await refusal('IMAGE_SIZE', () =>
    prepareImage(image, { size: [32, 32], resize: null, crop: null }, 'a/b.png'),
  );
  assert.is(wrong.message, 'a/b.png: an image of 28 × 30 pixels, the model takes 32 × 32 (height × width)');
  const thin = { height: 1, width: 100_000, data: new Uint8Array(300_000) };
  await refusal('IMAGE_TOO_LARGE', () => prepareImage(thin, { size: null, resize: 224, crop: [224, 224] }, 'x.png'));
});
