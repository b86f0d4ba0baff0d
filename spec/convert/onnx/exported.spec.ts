/** Networks of PyTorch's two ONNX exporters beside PyTorch in float64. A new file and its JSON are a test. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fixtureImages } from '../../support/image-files.js';
import { ints, networkOf, nodesOf, outputOf, writeOnnxFile } from '../../support/onnx-file.js';
import { relativeError } from '../../support/relative-error.js';
import { assert, fixtures, test } from '../../support/test.js';

const folder = join(fixtures, 'onnx');
const files = readdirSync(folder).filter((name) => name.endsWith('.onnx'));

/** Weights are float32, and folding rounds them again; PyTorch's own float32 differs by about this much. */
const BOUND = 2e-6;

for (const file of files) {
  const name = file.split('.')[0]!;
  test(`${file} gives PyTorch's output`, async () => {
    const { size, output }: { size: number; output: number[][] } = JSON.parse(
      readFileSync(join(folder, `${name}.json`), 'utf8'),
    );
    const network = await networkOf(join(folder, file));
    const error = relativeError(outputOf(network, fixtureImages(output.length, size)).data, output.flat());
    assert.ok(error < BOUND, `relative error ${error}`);
  });
}

test('taps are named by modules, as get_submodule names them, with both exporters, where the file has their values', async () => {
  const names: Record<string, string[]> = {
    resnet: ['layer1', 'layer2.0.act1', 'layer4.0.act2', 'global_pool.pool', 'fc'],
    convnext: ['stem.0', 'stages.1.blocks.0.conv_dw', 'stages.3', 'head.fc'],
    vit: ['patch_embed.proj', 'blocks.0.norm1', 'blocks.1.mlp.fc1', 'blocks.1', 'norm', 'head'],
    efficientnet: ['features.1.0.block.1.avgpool', 'features.2', 'avgpool', 'classifier.1'],
  };
  // It ends in a convolution into which the older exporter folds a batch norm, wherever that was.
  const hidden = new Set(['efficientnet.torchscript features.2']);
  for (const [name, modules] of Object.entries(names)) {
    for (const exporter of ['torchscript', 'dynamo']) {
      const { graph } = await networkOf(join(folder, `${name}.${exporter}.onnx`));
      const isHidden = (module: string) => hidden.has(`${name}.${exporter} ${module}`);
      const missing = modules.filter((module) => graph.modules.has(module) === isHidden(module));
      assert.equal(missing, [], `${name} by ${exporter}`);
    }
  }
});

test('layers that are written as several operators are one operation', async () => {
  const operations = async (name: string) => {
    const { graph } = await networkOf(join(folder, `${name}.onnx`));
    return graph.nodes.map((node) => (node.op === 'pointwise' ? node.attrs.function : node.op));
  };
  const written = 'conv2d reshape permute layerNorm linear gelu silu hardswish reduce linear'.split(' ');
  for (const exporter of ['torchscript', 'dynamo']) {
    assert.equal((await operations(`decomposed.${exporter}`)).slice(1), written, exporter);
    const vit = await operations(`vit.${exporter}`);
    assert.equal([vit.filter((op) => op === 'attention').length, vit.includes('softmax')], [2, false], exporter);
  }
  // Windows that are shifted have a mask in another shape between.
  const swin = await operations('swin.dynamo');
  assert.equal([swin.filter((op) => op === 'attention').length, swin.filter((op) => op === 'softmax').length], [2, 2]);
});

test('a convolution over one axis, as in ECA', async () => {
  const path = writeOnnxFile({
    nodes: nodesOf('a = Reshape(x, line)\nb = Conv(a, w)\nc = GlobalAveragePool(b)\ny = Flatten(c)', {
      b: { pads: [1, 1], kernel_shape: [3] },
    }),
    tensors: { line: ints(0, 3, -1), w: { dims: [1, 3, 3], data: new Array<number>(9).fill(1) } },
    input: ['N', 3, 4, 4],
  });
  const data = Float64Array.from({ length: 48 }, (_, i) => i);
  // Every pixel counts three times, the first and the last of each channel twice.
  const ends = [0, 15, 16, 31, 32, 47].reduce((a, b) => a + b, 0);
  const sum = 3 * data.reduce((a, b) => a + b, 0) - ends;
  const output = outputOf(await networkOf(path), { shape: [1, 3, 4, 4], data });
  assert.equal([...output.data], [sum / 16]);
});

test('a network of convolutions takes any size; one with position embeddings takes its own', async () => {
  const sizeOf = async (name: string) => (await networkOf(join(folder, `${name}.torchscript.onnx`))).graph.nodes[0];
  assert.equal(await sizeOf('resnet'), { name: ':input', inputs: [], op: 'input' });
  assert.equal(await sizeOf('vit'), { name: ':input', inputs: [], op: 'input', size: [32, 32] });
});

test('the embedding is what the last Linear reads', async () => {
  const tapOf = async (name: string) => (await networkOf(join(folder, `${name}.dynamo.onnx`))).tap;
  assert.is(await tapOf('resnet'), 'global_pool.pool');
  assert.is(await tapOf('efficientnet'), 'avgpool');
  assert.is(await tapOf('dinov2'), (await networkOf(join(folder, 'dinov2.dynamo.onnx'))).graph.output);
});
