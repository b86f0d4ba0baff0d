import { type PixelOverrides, type Preprocessing, pixelSettingsSha256 } from '../../weights/index.js';
import { assert, test } from '../support/test.js';

const plain: Preprocessing = { size: [8, 8], resize: 9, crop: [8, 8], mean: [0.5], std: [0.5] };
const bare: Preprocessing = { ...plain, resize: null, crop: null };

const same: [Preprocessing, Preprocessing, PixelOverrides?][] = [
  [
    plain,
    { ...plain, mode: 'shortest', interpolation: 'bilinear', pillow: 13, cropRounding: 'even', orientation: 'ignore' },
  ],
  [plain, plain, { orientation: 'ignore', allowTruncated: false, background: undefined }],
  [bare, { ...bare, interpolation: 'bicubic', pillow: 13, border: [1, 2, 3] }],
  [
    { ...plain, interpolation: 'nearest', pillow: 12 },
    { ...plain, interpolation: 'nearest', pillow: 13 },
  ],
  [{ ...plain, orientation: 'apply' }, plain, { orientation: 'apply' }],
];

for (const [a, b, overrides] of same) {
  test(`${JSON.stringify(a)} is ${JSON.stringify(b)} with ${JSON.stringify(overrides)}`, () => {
    assert.is(pixelSettingsSha256(a), pixelSettingsSha256(b, overrides));
  });
}

test('every setting makes a difference', () => {
  const changes: Partial<Preprocessing>[] = [
    {},
    { size: [9, 9] },
    { resize: 10 },
    { resize: [9, 9] },
    { mode: 'longest' },
    { interpolation: 'bicubic' },
    { pillow: 12 },
    { crop: [8, 9] },
    { cropRounding: 'down' },
    { border: [1, 2, 3] },
    { orientation: 'apply' },
    { mean: [0.4] },
    { std: [0.4] },
  ];
  const overrides: PixelOverrides[] = [{ background: [0, 0, 0] }, { background: [1, 1, 1] }, { allowTruncated: true }];
  const found = [
    ...changes.map((change) => pixelSettingsSha256({ ...plain, ...change })),
    ...overrides.map((override) => pixelSettingsSha256(plain, override)),
  ];
  assert.is(new Set(found).size, changes.length + overrides.length);
});
