/** The line of Python that `inspect` prints. spec/ci/pillow/line_of_python.py runs such lines. */
import { type Preprocessing, pythonLine } from '../../weights/index.js';
import { assert, test } from '../support/test.js';

const plain: Preprocessing = { size: [32, 32], resize: null, crop: null, mean: [0.5, 0.4, 0.3], std: [0.2, 0.2, 0.1] };
const IMPORTS = 'from PIL import Image; import torchvision.transforms as T; ';
const TIMM = 'from timm.data.transforms import CenterCropOrPad, ResizeKeepRatio; ';
const UNITS = 'T.ToTensor(), T.Normalize([0.5, 0.4, 0.3], [0.2, 0.2, 0.1])])';
const OPENED = "(Image.open('image.jpg').convert('RGB'))";

const lines: [Partial<Preprocessing>, string | null][] = [
  [{}, `${IMPORTS}x = T.Compose([${UNITS}${OPENED}`],
  [
    { resize: 256, pillow: 12, crop: [224, 224] },
    `${IMPORTS}x = T.Compose([T.Resize(256, T.InterpolationMode.BILINEAR), T.CenterCrop((224, 224)), ${UNITS}${OPENED}  # Pillow 12 or older`,
  ],
  [
    { resize: [64, 48], interpolation: 'lanczos' },
    `${IMPORTS}x = T.Compose([T.Resize((64, 48), T.InterpolationMode.LANCZOS), ${UNITS}${OPENED}  # Pillow 13`,
  ],
  [
    { resize: [64, 64], mode: 'longest', interpolation: 'nearest', crop: [64, 64], border: [1, 2, 3] },
    `${IMPORTS}${TIMM}x = T.Compose([ResizeKeepRatio((64, 64), longest=1.0, interpolation='nearest'), CenterCropOrPad((64, 64), fill=(1, 2, 3)), ${UNITS}${OPENED}`,
  ],
  [
    { mean: [0.5], std: [0.25] },
    `${IMPORTS}x = T.Compose([T.Grayscale(), T.ToTensor(), T.Normalize([0.5], [0.25])])${OPENED}`,
  ],
  [
    { range: [16, 4095] },
    `import numpy as np; ${IMPORTS}x = T.Compose([${UNITS}(Image.fromarray(np.rint((np.clip(np.load('image.npy'), 16, 4095).astype(float) - 16) * 255 / (4095 - 16)).astype(np.uint8)).convert('RGB'))`,
  ],
  [{ mean: [0, 0, 0, 0], std: [1, 1, 1, 1] }, null],
];

for (const [change, line] of lines) {
  test(`${JSON.stringify(change)}`, () => assert.is(pythonLine({ ...plain, ...change }), line));
}

test('an orientation that is applied, and a crop that rounds down', () => {
  const line = pythonLine({ ...plain, crop: [32, 30], cropRounding: 'down', orientation: 'apply' });
  assert.match(line!, 'from PIL import Image, ImageOps; ');
  assert.match(line!, "(ImageOps.exif_transpose(Image.open('image.jpg')).convert('RGB'))");
  assert.match(line!, 'i.crop((int((i.width - 30) / 2), int((i.height - 32) / 2), ');
});
