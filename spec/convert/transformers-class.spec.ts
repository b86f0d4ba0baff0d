import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { convertCheckpoint, readCheckpoint, readHubFolder, recognise } from '../../convert/index.js';
import { FIELDS, TRANSFORMERS_CLASSES } from '../../convert/recognition/library-names.js';
import { assert, endedWith, fixtures, refusal, runCli, temporaryFolder, test } from '../support/test.js';

const root = temporaryFolder();
const families = join(fixtures, 'convert', 'families');
let count = 0;

/** A folder whose tensors are not looked at. */
function folder(config: object, file = 'model.safetensors'): string {
  const path = join(root, String(count++));
  mkdirSync(join(path, 'onnx'), { recursive: true });
  writeFileSync(join(path, file), '');
  writeFileSync(join(path, 'config.json'), JSON.stringify(config));
  return path;
}

/** A folder of the fixtures with other fields; null: without this one. */
function changed(name: string, fields: Readonly<Record<string, unknown>>): string {
  const path = join(root, String(count++));
  cpSync(join(families, name), path, { recursive: true });
  const config: Record<string, unknown> = JSON.parse(readFileSync(join(path, 'config.json'), 'utf8'));
  const kept = Object.entries({ ...config, ...fields }).filter(([, value]) => value !== null);
  writeFileSync(join(path, 'config.json'), JSON.stringify(Object.fromEntries(kept)));
  return path;
}

const OTHERS = [
  'DetrForObjectDetection',
  'ViTForMaskedImageModeling',
  'PvtForImageClassification',
  'ResNetBackbone',
  'MobileNetV2ForImageClassification',
  'toString',
];

for (const name of OTHERS) {
  test(`${name} is refused, with the lines that export it`, async () => {
    // PVT's own fields are of other types.
    const path = folder({
      architectures: [name],
      model_type: 'pvt',
      hidden_act: { gelu: 1 },
      id2label: 3,
      image_size: [96, 96],
    });
    const error = await refusal('ARCHITECTURE_NOT_SUPPORTED', () => readHubFolder(path));
    assert.match(error.message, `config.json: says ${name}, a class whose forward pass is not known here`);
    assert.equal(error.program, [
      `import torch, transformers; model = transformers.${name}.from_pretrained("${path}", attn_implementation="eager").eval()`,
      'torch.onnx.export(model, (torch.randn(1, 3, 96, 96),), "model.onnx", dynamo=True)',
    ]);
  });
}

test('the lines export the size that the folder prepares, and the flags crop as it does', async () => {
  const path = folder({ architectures: ['PoolFormerForImageClassification'], id2label: { 0: 'disc', 1: 'square' } });
  const processor = {
    image_processor_type: 'PoolFormerImageProcessor',
    size: { shortest_edge: 64 },
    crop_pct: 0.9,
    crop_size: { height: 64, width: 64 },
    resample: 3,
    image_mean: [0.5, 0.5, 0.5],
    image_std: [0.2, 0.2, 0.2],
  };
  writeFileSync(join(path, 'preprocessor_config.json'), JSON.stringify(processor));
  const error = await refusal('ARCHITECTURE_NOT_SUPPORTED', () => readHubFolder(path));
  assert.is(error.program[1], 'torch.onnx.export(model, (torch.randn(1, 3, 64, 64),), "model.onnx", dynamo=True)');
  assert.match(error.hint!, '--resize 71 --interpolation bicubic --crop 64 --crop-rounding down');
});

test('a file that has its network keeps the names of the classes, though its class is not known', async () => {
  const names = { 0: 'disc', 1: 'square' };
  for (const [name, classes] of [
    ['PoolFormerForImageClassification', ['disc', 'square']],
    ['PoolFormerModel', undefined],
  ] as const) {
    const path = folder({ architectures: [name], model_type: 'poolformer', id2label: names }, 'onnx/model.onnx');
    assert.equal((await readHubFolder(path))!.classes, classes);
  }
  const bare = folder({ architectures: ['PoolFormerForImageClassification'], id2label: names }, 'onnx/model.onnx');
  assert.equal((await readHubFolder(bare))!.classes, ['disc', 'square']);
});

test('the flags that are printed are those of the folder: its resize, filter and classes', async () => {
  const processor = {
    size: { height: 64, width: 64 },
    resample: 3,
    image_mean: [0.5, 0.5, 0.5],
    image_std: [0.2, 0.2, 0.2],
  };
  for (const [labels, classes] of [
    [{ 0: 'disc', 1: 'square' }, 'disc,square'],
    [{ 0: '$(rm)', 1: 'square' }, 'FILE (one name a line)'],
  ] as const) {
    const path = folder({ architectures: ['BeitForImageClassification'], id2label: labels });
    writeFileSync(join(path, 'preprocessor_config.json'), JSON.stringify(processor));
    const { stderr } = await runCli(['convert', path, '--out', join(root, 'out')]);
    const flags = `--size 64 --resize 64x64 --interpolation bicubic --orientation apply --mean 0.5,0.5,0.5 --std 0.2,0.2,0.2 --classes ${classes}`;
    assert.ok(stderr.includes(`convert model.onnx --check check.npz --out FOLDER ${flags}\n`), stderr);
  }
});

test('the lines are printed as lines, and no name of a file gets into them', async () => {
  const path = folder({ architectures: ['A(); import os'] });
  writeFileSync(
    join(path, 'preprocessor_config.json'),
    JSON.stringify({ image_mean: [0.5, 0.5, 0.5], image_std: [0.2, 0.2, 0.2] }),
  );
  const run = (...flags: string[]) => runCli(['convert', path, '--out', join(root, 'out'), ...flags]);
  const says =
    /--mean 0\.5,0\.5,0\.5 --std 0\.2,0\.2,0\.2\nimport torch, transformers; model = transformers\.AutoModel\./;
  assert.match(endedWith(4, run(), says).stderr, /\ntorch\.onnx\.export\(/);
  assert.match(JSON.parse(run('--json').stderr).error.hint, '\nimport torch, transformers; ');
});

test('each type of the table has fields, and each of them refuses a value that is not in the list', async () => {
  for (const [name, { type }] of Object.entries(TRANSFORMERS_CLASSES)) {
    assert.ok(
      (await readHubFolder(folder({ architectures: [name], model_type: type })))?.hints.className === name,
      name,
    );
    for (const [field, known] of Object.entries<readonly unknown[]>(FIELDS[type])) {
      const other = folder({ architectures: [name], model_type: type, [field]: 'another' });
      const { message } = await refusal('ARCHITECTURE_NOT_SUPPORTED', () => readHubFolder(other));
      assert.match(message, `says ${field} "another"; ${type} is converted with ${JSON.stringify(known[0])}`);
      const inside = { architectures: [name], vision_config: { [field]: 'another' } };
      await refusal('ARCHITECTURE_NOT_SUPPORTED', () => readHubFolder(folder(inside)));
      await readHubFolder(folder({ architectures: [name], model_type: type, [field]: known.at(-1) }));
    }
  }
});

test('a class of another type, and no class of a type that is not known', async () => {
  const mixed = await refusal('ARCHITECTURE_NOT_SUPPORTED', () =>
    readHubFolder(folder({ architectures: ['ViTModel'], model_type: 'resnet' })),
  );
  assert.match(mixed.message, 'says ViTModel, and model_type resnet, not vit');
  const none = await refusal('ARCHITECTURE_NOT_SUPPORTED', () => readHubFolder(folder({ model_type: 'detr' })));
  assert.match(none.message, 'names no class (architectures), and no model of the type detr is known here');
});

test('a file that has its network needs no class', async () => {
  const path = folder({ architectures: ['DetrForObjectDetection'], model_type: 'detr' }, 'onnx/model.onnx');
  assert.is((await readHubFolder(path))?.file, join(path, 'onnx', 'model.onnx'));
});

test('a folder that names no class: what is taken is said, and asked for where classes differ', async () => {
  const vit = await readHubFolder(changed('deit-transformers', { architectures: null }));
  assert.match(vit!.assumed.join(), "used as transformers' usual class of the type deit");
  const path = changed('siglip-classifier-transformers', { architectures: null });
  const { message, hint } = await refusal('BACKBONE_AMBIGUOUS', () => convertCheckpoint(path, join(root, 'out')));
  assert.match(message, 'its classifier may take what the embedding is, or something else');
  assert.match(hint!, '--backbone transformers:SiglipForImageClassification');
  const out = join(root, 'siglip');
  const { config } = await convertCheckpoint(path, out, { backbone: 'transformers:SiglipForImageClassification' });
  assert.is((config.body as { pool?: string }).pool, 'mean');
  rmSync(out, { recursive: true });
});

test('a pooler beside a classifier of transformers is not used, and asked about where no class is named', async () => {
  const path = join(families, 'deit-transformers');
  const { hints } = (await readHubFolder(path))!;
  const { tensors } = await readCheckpoint(join(path, 'model.safetensors'));
  const shapes = new Map([...tensors].map(([name, { shape }]) => [name, shape]));
  shapes.set('deit.pooler.dense.weight', [32, 32]).set('deit.pooler.dense.bias', [32]);
  const { network, leftOut } = recognise(shapes, { label: 'x', hints });
  assert.equal([network.classes, (network.body as { pooler?: boolean }).pooler], [3, false]);
  assert.ok(leftOut.includes('deit.pooler.dense'), leftOut.join());
  const { config, library } = hints;
  await refusal('BACKBONE_AMBIGUOUS', () => recognise(shapes, { label: 'x', hints: { config, library } }));
});

test('class names of a class without a classifier are left alone', async () => {
  const path = changed('siglip-transformers', { id2label: { 0: 'a', 1: 'b' } });
  const { config } = await convertCheckpoint(path, join(root, 'features'));
  assert.equal(config.classes, []);
});
