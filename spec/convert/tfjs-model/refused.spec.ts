import { cpSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkpointFiles, convertCheckpoint, inspectTfjs } from '../../../convert/index.js';
import { readyWeights } from '../../../pipeline/weights/index.js';
import { tfjsFolder } from '../../support/image-files.js';
import { networkOf } from '../../support/onnx-file.js';
import { assert, longTest, refusal, temporaryFolder, test } from '../../support/test.js';

interface Weight {
  name: string;
  shape: number[];
  dtype: string;
  quantization?: { dtype: string; min?: number; scale?: number };
}

interface Layer {
  class_name: string;
  name?: string;
  config: Record<string, unknown>;
  inbound_nodes: unknown[][];
}

interface EditableModel {
  format: string;
  modelTopology: {
    node: { name: string; op: string; input?: string[]; attr?: Record<string, unknown> }[];
    config: { layers: Layer[] };
  };
  weightsManifest: { paths: string[]; weights: Weight[] }[];
  signature?: unknown;
}

type Edit = (model: EditableModel, folder: string) => unknown;

/** @returns the folder of the model */
function edited(name: string, edit: Edit): string {
  const folder = temporaryFolder();
  cpSync(join(tfjsFolder, name), folder, { recursive: true });
  const path = join(folder, 'model.json');
  const model = JSON.parse(readFileSync(path, 'utf8')) as EditableModel;
  edit(model, folder);
  writeFileSync(path, JSON.stringify(model));
  return folder;
}

function written(text: string): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'model.json'), text);
  return folder;
}

const convert = (path: string) => convertCheckpoint(path, join(temporaryFolder(), 'weights'));
const refuse = (code: string, name: string, edit: Edit, says: string | RegExp) =>
  refusal(code, () => convert(edited(name, edit)), says);
const manifest = ({ weightsManifest: [group] }: EditableModel) => group!;
const layersOf = ({ modelTopology }: EditableModel) => modelTopology.config.layers;
const nodesOf = ({ modelTopology }: EditableModel) => modelTopology.node;
const layer = (model: EditableModel, name: string) => layersOf(model).find(({ config }) => config['name'] === name)!;
const node = (model: EditableModel, name: string) => nodesOf(model).find((one) => one.name === name)!;
/** The first layer reads the output of another one. */
const reads = (from: string) => (model: EditableModel) =>
  Object.assign(layer(model, 'Conv1'), { inbound_nodes: [[[from, 0, 0, {}]]] });

test('the models that the others are made from are converted, from the folder and from model.json', async () => {
  const fused = await convert(edited('fused', () => {}));
  assert.equal([fused.format, fused.config.classes.length, fused.config.tap], ['tfjs-model', 5, 'logits']);
  const mobile = edited('mobile', () => {});
  const { config } = await convert(join(mobile, 'model.json'));
  assert.equal([config.backbone, config.classes.length, config.tap], ['tfjs-model', 5, 'dropout']);
});

test("layers that are called as those of Keras' VGG are told to take blue first", async () => {
  const { config: usual } = await convert(edited('mobile', () => {}));
  assert.not.ok(usual.provenance.assumed?.some((text) => text.includes('blue')));
  const folder = edited('mobile', () => {});
  const path = join(folder, 'model.json');
  const renamed = readFileSync(path, 'utf8').replaceAll('bn_Conv1', 'block5_conv3').replaceAll('Conv1', 'block1_conv1');
  writeFileSync(path, renamed);
  const { config } = await convert(folder);
  assert.match(config.provenance.assumed!.join('\n'), "Keras' VGG, whose own weights take blue, green and red");
});

test('pixels are divided by 255 unless the model does something to them itself', async () => {
  const { config } = await convert(edited('mobile', () => {}));
  const sizes = { size: [33, 29], resize: [33, 29], pillow: 13, crop: null };
  assert.equal(config.preprocessing, { ...sizes, mean: [0, 0, 0], std: [1, 1, 1] });
  assert.match(config.provenance.assumed!.join('; '), 'mean is 0 and std is 1');
  // 2·x − 1
  const { mean, std } = (await convert(edited('fused', () => {}))).config.preprocessing;
  assert.equal({ mean, std }, { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] });
});

test('--weights takes the folder of a model, and keeps what it is converted to', async () => {
  const folder = edited('mobile', () => {});
  const { folder: ready, from } = await readyWeights(folder, { cache: temporaryFolder() });
  assert.is(from?.path, folder);
  assert.match(readFileSync(join(ready, 'model.json'), 'utf8'), 'image-drift-weights');
  assert.equal(
    (await checkpointFiles(folder)).map((path) => path.slice(folder.length + 1)),
    ['model.json', 'group1-shard1of2.bin', 'group1-shard2of2.bin'],
  );
});

test('inspection says what is in a model', async () => {
  const found = await inspectTfjs(join(tfjsFolder, 'fused', 'model.json'));
  assert.equal([found.format, found.classes, found.reason], ['graph-model', 5, null]);
  assert.is(found.operators['_FusedConv2D'], 3);
  assert.ok(found.layers.some(({ name, shape }) => name === 'Conv/Relu6' && shape.join() === '8,12,12'));
});

test('a shard that is missing is named', async () => {
  const remove: Edit = (_, folder) => rmSync(join(folder, 'group1-shard2of2.bin'));
  await refuse('FILE_NOT_FOUND', 'mobile', remove, 'group1-shard2of2.bin');
});

test('a shard that is too short is told with both lengths', async () => {
  const cut: Edit = (_, folder) => truncateSync(join(folder, 'group1-shard2of2.bin'), 100);
  await refuse('TFJS_WEIGHTS', 'mobile', cut, /take [\d,]+ bytes, its 2 files have [\d,]+/);
});

const LIES: Record<string, (weight: Weight, model: EditableModel) => unknown> = {
  'the shapes in the manifest take': ({ shape }) => (shape[0]! += 1),
  'is of type "complex64"': (weight) => Object.assign(weight, { dtype: 'complex64' }),
  'is there twice': (weight, model) => manifest(model).weights.push(weight),
  'stored as uint16 without scale and min': (weight) => Object.assign(weight, { quantization: { dtype: 'uint16' } }),
  'has no values': ({ shape }, model) =>
    manifest(model).weights.push({ name: 'none', shape: [0, ...shape], dtype: 'float32' }),
  'at most 536,870,912 are read': (weight) => Object.assign(weight, { shape: [2 ** 30, 4] }),
};

for (const [told, lie] of Object.entries(LIES)) {
  test(`a manifest that lies is refused: ${told}`, async () => {
    await refuse('TFJS_WEIGHTS', 'mobile', (model) => lie(manifest(model).weights[0]!, model), told);
  });
}

for (const path of ['../other.bin', '/etc/hostname', 'sub/../../x', '.', 'a\0b']) {
  test(`weights outside the folder are not opened: ${JSON.stringify(path)}`, async () => {
    const edit: Edit = (model) => manifest(model).paths.splice(0, 1, path);
    await refuse('TFJS_WEIGHTS', 'gated', edit, 'outside its folder');
  });
}

test('a circle of nodes is named', async () => {
  await refuse('TFJS_CYCLE', 'fused', (model) => node(model, 'Conv/Relu6').input!.splice(0, 1, 'add'), 'add');
  await refuse('TFJS_CYCLE', 'mobile', reads('block_add'), 'block_add');
});

test('all that is not supported is listed at once, each with its number and the first node', async () => {
  const odd: Edit = (model) => {
    for (const one of layersOf(model)) if (one.class_name === 'ReLU') one.class_name = 'MyReLU';
    layer(model, 'dropout').class_name = 'Lambda';
    layer(model, 'Conv1_pad').config['data_format'] = 'channels_first';
    layer(model, 'Logits').config['activation'] = 'sparsemax';
  };
  const { message } = await refuse('TFJS_NOT_SUPPORTED', 'mobile', odd, 'MyReLU (2 ×, first Conv1_relu)');
  assert.match(message, 'Lambda (1 ×, first dropout): it is Python code, which is never run');
  assert.match(message, 'ZeroPadding2D (1 ×, first Conv1_pad): its data_format is channels_first');
  const oddGraph: Edit = (model) => {
    const [first, second] = nodesOf(model).filter(({ op }) => op === '_FusedConv2D');
    first!.op = 'MyConv';
    second!.attr!['data_format'] = { s: Buffer.from('NCHW').toString('base64') };
    node(model, 'AvgPool').op = 'While';
  };
  const says = 'MyConv (1 ×, first Conv/Relu6); While (1 ×, first AvgPool)';
  await refuse('TFJS_NOT_SUPPORTED', 'fused', oddGraph, says);
});

test('a tap before what is not supported does without it', async () => {
  const folder = edited('mobile', (model) => Object.assign(layer(model, 'dropout'), { class_name: 'Lambda' }));
  await refusal('TFJS_NOT_SUPPORTED', () => convert(folder));
  assert.is((await networkOf(join(folder, 'model.json'), { tap: 'block_add' })).tap, 'block_add');
});

test('an input that no layer or node gives, and a constant without a weight', async () => {
  const stray: Edit = (model) => node(model, 'add').input!.splice(0, 1, 'nowhere');
  await refuse('TFJS_INVALID', 'fused', stray, 'node add reads nowhere, which no node gives');
  const without: Edit = (model) => Object.assign(manifest(model).weights.at(-1)!, { name: 'renamed' });
  await refuse('TFJS_INVALID', 'fused', without, 'no weight for the constant');
  const missing: Edit = (model) => {
    manifest(model).weights.find(({ name }) => name === 'stem/kernel')!.name = 'other/kernel';
  };
  const says = 'Conv2D (1 ×, first stem): the file has no weight kernel for it';
  await refuse('TFJS_NOT_SUPPORTED', 'gated', missing, says);
  await refuse('TFJS_INVALID', 'mobile', reads('nowhere'), 'nowhere');
});

/** In processor time that a user does not mind. */
async function soon(code: string, folder: string, says = ''): Promise<void> {
  const start = process.cpuUsage();
  await refusal(code, () => convert(folder), says);
  const milliseconds = process.cpuUsage(start).user / 1000;
  assert.ok(milliseconds < 3000, `it took ${milliseconds} ms`);
}

longTest('a million nodes, and more layers than any model has', async () => {
  const rest = '"weightsManifest":[]';
  const nodes = '{"name":"a","op":"Relu"},'.repeat(1e6).slice(0, -1);
  await soon('TFJS_TOO_LARGE', written(`{"modelTopology":{"node":[${nodes}]},${rest}}`), '1,000,000 nodes');
  const layers = '{"class_name":"ReLU","config":{}},'.repeat(100_001).slice(0, -1);
  const config = `{"class_name":"Sequential","config":[${layers}]}`;
  await soon('TFJS_TOO_LARGE', written(`{"modelTopology":${config},${rest}}`), 'layers');
});

test('models and lists that lie deep inside each other', async () => {
  const rest = '"weightsManifest":[]';
  const deep = '{"class_name":"Sequential","config":{"layers":['.repeat(5000) + ']}}'.repeat(5000);
  await soon('TFJS_INVALID', written(`{"modelTopology":${deep},${rest}}`));
  const lists = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  await soon('TFJS_INVALID', written(`{"modelTopology":{"class_name":"Model","config":${lists}},${rest}}`));
});

test('JSON of other kinds', async () => {
  for (const text of ['{"modelTopology":', '{"modelTopology":1}', '{"modelTopology":{},"weightsManifest":[]}']) {
    await refusal('TFJS_INVALID', () => convert(written(text)));
  }
});
