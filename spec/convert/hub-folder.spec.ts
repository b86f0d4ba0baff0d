import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readHubFolder } from '../../convert/hub-folder.js';
import { choosePreprocessing } from '../../convert/preprocessing.js';
import { imagenetPreprocessing } from '../../graph/backbones/index.js';
import type { Preprocessing } from '../../weights/index.js';
import { assert, readFixture, refusal, temporaryFolder, test } from '../support/test.js';

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

const TABLES = readFixture<{
  /** Without means and standard deviations. */
  processors: [told: string, processor: object, expected: object, assumed?: string][];
  timms: [cfg: object, expected: object][];
  refused: [told: string, config: object, processor?: object][];
}>('convert', 'cases', 'hub-folder.json');

for (const [told, processor, expected, assumption] of TABLES.processors) {
  test(`preprocessor_config.json: ${told}`, async () => {
    const [found, assumed] = await preprocessingOf({}, { ...processor, ...units });
    assert.equal(found, { ...expected, mean, std });
    assert.equal(assumed, assumption === undefined ? [] : [assumption]);
  });
}

const timm = { input_size: [3, 224, 224], interpolation: 'bicubic', crop_pct: 0.95, mean, std };

for (const [config, expected] of TABLES.timms) {
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

for (const [told, config, processor] of TABLES.refused) {
  test(`refused: ${told}`, async () => {
    await refusal('HUB_FOLDER_INVALID', () => readHubFolder(hubFolder(config, processor)));
  });
}
