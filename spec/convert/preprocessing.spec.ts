/** Which preprocessing is stored: defaults are left out, and what does not fit together is refused. */
import type { PreprocessingOptions } from '../../convert/index.js';
import { choosePreprocessing } from '../../convert/preprocessing.js';
import { imagenetPreprocessing } from '../../graph/backbones/index.js';
import { type Preprocessing, preprocessingSchema } from '../../weights/index.js';
import { assert, refusal, test } from '../support/test.js';

const HALF = { mean: [0.5], std: [0.5] };

const stored: [PreprocessingOptions, Partial<Preprocessing>][] = [
  [{ size: [32, 32] }, { size: [32, 32], resize: null, crop: null }],
  [{ pillow: 12 }, { size: [224, 224], resize: 256, pillow: 12, crop: [224, 224] }],
  [
    { interpolation: 'bicubic' },
    { size: [224, 224], resize: 256, interpolation: 'bicubic', pillow: 13, crop: [224, 224] },
  ],
  [
    { resize: 64, mode: 'exact' },
    { size: [64, 64], resize: [64, 64], pillow: 13, crop: null },
  ],
  [
    { resize: 64, mode: 'exact', crop: [56, 56] },
    { size: [56, 56], resize: [64, 64], pillow: 13, crop: [56, 56] },
  ],
  [
    { resize: 64, mode: 'longest', interpolation: 'nearest' },
    { size: [64, 64], resize: 64, mode: 'longest', interpolation: 'nearest', crop: [64, 64], border: [128, 128, 128] },
  ],
  [
    { resize: [48, 64], mode: 'shortest', border: [0] },
    { size: [48, 64], resize: [48, 64], mode: 'shortest', pillow: 13, crop: [48, 64] },
  ],
  [
    { size: [32, 32], resize: [40, 40], mode: 'longest', border: [1, 2, 3] },
    { size: [32, 32], resize: [40, 40], mode: 'longest', pillow: 13, crop: [32, 32], border: [1, 2, 3] },
  ],
  [
    { size: [32, 32], orientation: 'apply' },
    { size: [32, 32], resize: null, crop: null, orientation: 'apply' },
  ],
  [
    { size: [32, 32], orientation: 'ignore' },
    { size: [32, 32], resize: null, crop: null },
  ],
];

for (const [options, expected] of stored) {
  test(`${JSON.stringify(options)} is stored`, () => {
    const preprocessing = choosePreprocessing(imagenetPreprocessing, { ...HALF, ...options }, 3);
    assert.equal(preprocessing, { ...expected, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] });
    assert.equal(preprocessingSchema.parse(preprocessing), preprocessing);
  });
}

test('the border of a gray network is gray, and one of four channels has four values', () => {
  const letterbox = { resize: 64, mode: 'longest' } as const;
  const gray = choosePreprocessing(imagenetPreprocessing, { ...letterbox, mean: [0.25] }, 1);
  assert.equal(gray.border, [64, 64, 64]);
  const four = choosePreprocessing(imagenetPreprocessing, { ...letterbox, mean: [0, 0, 0, 1] }, 4);
  assert.equal(four.border, [0, 0, 0, 255]);
});

const mistakes: [PreprocessingOptions, says: string][] = [
  [{ mode: 'longest' }, 'the resize mode is longest, but no resize is given'],
  [{ size: [32, 32], interpolation: 'lanczos' }, 'lanczos is given, but nothing is resized'],
  [{ size: [32, 32], pillow: 12 }, 'Pillow 12 is given, but nothing is resized'],
  [{ size: [32, 32], resize: 64, mode: 'exact' }, 'the resize gives 64×64, the network is fed 32×32'],
  [{ resize: 64, mode: 'longest', border: [1, 2] }, 'border 1,2: one number or 3 are needed'],
  [{ resize: 64, mode: 'longest', border: [256] }, 'border 256: one number or 3 are needed, whole ones from 0 to 255'],
];

for (const [options, says] of mistakes) {
  test(`refused: ${says}`, async () => {
    const error = await refusal('PREPROCESSING_INVALID', () => choosePreprocessing(imagenetPreprocessing, options, 3));
    assert.ok(error.message.includes(says), error.message);
  });
}
