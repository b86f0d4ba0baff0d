import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readHubFolder } from '../../convert/hub-folder.js';
import { choosePreprocessing } from '../../convert/preprocessing.js';
import { imagenetPreprocessing } from '../../graph/backbones/index.js';
import type { Preprocessing } from '../../weights/index.js';
import { assert, refusal, temporaryFolder, test } from '../support/test.js';

const root = temporaryFolder();
let count = 0;

function hubFolder(config: object, processor?: object): string {
  const folder = join(root, String(count++));
  mkdirSync(folder);
  writeFileSync(join(folder, 'model.safetensors'), '');
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  if (processor !== undefined) writeFileSync(join(folder, 'preprocessor_config.json'), JSON.stringify(processor));
  return folder;
}

async function preprocessingOf(config: object, processor?: object): Promise<[Preprocessing, assumed: string[]]> {
  const found = await readHubFolder(hubFolder(config, processor));
  return [choosePreprocessing(imagenetPreprocessing, found!.preprocessing, 3), found!.assumed];
}

const mean = [0.485, 0.456, 0.406];
const std = [0.229, 0.224, 0.225];
const units = { image_mean: mean, image_std: std };
const down = { cropRounding: 'down', orientation: 'apply', mean, std } as const;

const processors: [told: string, processor: object, expected: Preprocessing, assumed?: string][] = [
  [
    'microsoft/resnet-50',
    {
      crop_pct: 0.875,
      do_normalize: true,
      do_resize: true,
      feature_extractor_type: 'ConvNextFeatureExtractor',
      resample: 3,
      size: 224,
      ...units,
    },
    { size: [224, 224], resize: 256, interpolation: 'bicubic', pillow: 13, crop: [224, 224], ...down },
  ],
  [
    'ConvNeXt at 384, with its defaults',
    { image_processor_type: 'ConvNextImageProcessor', size: { shortest_edge: 384 }, ...units },
    {
      size: [384, 384],
      resize: [384, 384],
      interpolation: 'bicubic',
      pillow: 13,
      crop: null,
      orientation: 'apply',
      mean,
      std,
    },
  ],
  [
    'ViT',
    {
      image_processor_type: 'ViTImageProcessor',
      size: { height: 224, width: 224 },
      resample: 2,
      rescale_factor: 0.00392156862745098,
      do_rescale: true,
      ...units,
    },
    { size: [224, 224], resize: [224, 224], pillow: 13, crop: null, orientation: 'apply', mean, std },
  ],
  [
    'an older ViT, whose size is a number',
    { feature_extractor_type: 'ViTFeatureExtractor', size: 224, ...units },
    { size: [224, 224], resize: [224, 224], pillow: 13, crop: null, orientation: 'apply', mean, std },
  ],
  [
    'CLIP',
    {
      size: { shortest_edge: 224 },
      crop_size: { height: 224, width: 224 },
      do_center_crop: true,
      resample: 3,
      ...units,
    },
    { size: [224, 224], resize: 224, interpolation: 'bicubic', pillow: 13, crop: [224, 224], ...down },
  ],
  [
    'MobileNet, nearest',
    { size: { shortest_edge: 256 }, crop_size: 224, do_center_crop: true, resample: 0, ...units },
    { size: [224, 224], resize: 256, interpolation: 'nearest', crop: [224, 224], ...down },
  ],
  [
    'a shorter side without a crop',
    { size: { shortest_edge: 224 }, do_center_crop: false, ...units },
    { size: [224, 224], resize: 224, pillow: 13, crop: [224, 224], ...down },
    'the middle of 224×224 is taken, for which the folder does not ask',
  ],
  [
    'a crop alone',
    { size: { shortest_edge: 256 }, do_resize: false, crop_size: 224, ...units },
    { size: [224, 224], resize: null, crop: [224, 224], ...down },
  ],
];

for (const [told, processor, expected, assumption] of processors) {
  test(`preprocessor_config.json: ${told}`, async () => {
    const [found, assumed] = await preprocessingOf({}, processor);
    assert.equal(found, expected);
    assert.equal(assumed, assumption === undefined ? [] : [assumption]);
  });
}

const timm = { input_size: [3, 224, 224], interpolation: 'bicubic', crop_pct: 0.95, mean, std };
const timms: [cfg: object, expected: Partial<Preprocessing>][] = [
  [{ crop_mode: 'center' }, { resize: 235, crop: [224, 224] }],
  [{ crop_pct: null }, { resize: 256, crop: [224, 224] }],
  [{ crop_mode: 'squash' }, { resize: [235, 235], crop: [224, 224] }],
  [{ crop_mode: 'border' }, { resize: [235, 235], mode: 'longest', crop: [224, 224], border: [124, 116, 104] }],
  [{ input_size: [3, 192, 224] }, { size: [192, 224], resize: [202, 235], mode: 'shortest', crop: [192, 224] }],
];

for (const [config, expected] of timms) {
  test(`timm's pretrained_cfg: ${JSON.stringify(config)}`, async () => {
    const [found] = await preprocessingOf({ pretrained_cfg: { ...timm, ...config } });
    assert.equal(found, { size: [224, 224], interpolation: 'bicubic', pillow: 13, mean, std, ...expected });
  });
}

test('what timm takes where its config.json says nothing, and the older one, which has all beside the name', async () => {
  const usual = { size: [224, 224], resize: 256, interpolation: 'bicubic', pillow: 13, crop: [224, 224], mean, std };
  const [found] = await preprocessingOf({ pretrained_cfg: { input_size: [3, 224, 224] } });
  assert.equal(found, usual);
  const [older] = await preprocessingOf({
    architecture: 'resnet50',
    ...timm,
    interpolation: 'bilinear',
    crop_pct: 0.875,
    mean: std,
  });
  assert.equal(older, { size: [224, 224], resize: 256, pillow: 13, crop: [224, 224], mean: std, std });
});

const refused: [told: string, config: object, processor?: object][] = [
  ['an interpolation that Pillow has not', { pretrained_cfg: { ...timm, interpolation: 'random' } }],
  ['a number that stands for no filter', {}, { size: 224, resample: 9, ...units }],
  ['another factor than 1/255', {}, { size: 224, rescale_factor: 0.0078, ...units }],
];

for (const [told, config, processor] of refused) {
  test(`refused: ${told}`, async () => {
    await refusal('HUB_FOLDER_INVALID', () => readHubFolder(hubFolder(config, processor)));
  });
}
