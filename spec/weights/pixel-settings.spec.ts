import { type PixelOverrides, type Preprocessing, pixelSettingsSha256 } from '../../weights/index.js';
import { assert, readFixture, test } from '../support/test.js';

const { plain, same, changes, overrides } = readFixture<{
  plain: Preprocessing;
  same: [Preprocessing, Preprocessing, PixelOverrides?][];
  changes: Partial<Preprocessing>[];
  overrides: PixelOverrides[];
}>('weights', 'pixel_settings.json');

for (const [a, b, own] of same) {
  test(`${JSON.stringify(a)} is ${JSON.stringify(b)} with ${JSON.stringify(own)}`, () => {
    assert.is(pixelSettingsSha256(a), pixelSettingsSha256(b, own));
  });
}

test('a setting that is undefined is that of the weights', () => {
  assert.is(pixelSettingsSha256(plain), pixelSettingsSha256(plain, { background: undefined }));
});

test('every setting makes a difference', () => {
  const found = [
    ...changes.map((change) => pixelSettingsSha256({ ...plain, ...change })),
    ...overrides.map((override) => pixelSettingsSha256(plain, override)),
  ];
  assert.is(new Set(found).size, changes.length + overrides.length);
});
