/** Operators with too few or too many operands: constants that are folded check their number, as runtimes do. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { convertCheckpoint, prepareOnnx, writeOnnx } from '../../../convert/index.js';
import { modulePath, withModuleRuns } from '../../../convert/onnx/file/modules.js';
import type { OnnxNode } from '../../../convert/onnx/file/onnx-model.js';
import { Embedder } from '../../../engine/index.js';
import { type ResizeAttrs, resizeWeights } from '../../../graph/index.js';
import { readWeights, weightsFolder } from '../../../weights/index.js';
import { networkOf, nodesOf, writeOnnxFile } from '../../support/onnx-file.js';
import { assert, refusal, packageRoot as root, temporaryFolder, test } from '../../support/test.js';

const TENSORS = { c: { dims: [3, 1, 1], data: [1, 2, 3] }, w: { dims: [4, 3, 1, 1], data: new Array(12).fill(0.5) } };

async function refused(op: string, inputs: string[]): Promise<string> {
  const nodes = nodesOf(`known = ${op}(${inputs.join(', ')})\nsum = Add(x, known)\ny = Conv(sum, w)`);
  return (await refusal('ONNX_NOT_SUPPORTED', () => networkOf(writeOnnxFile({ nodes, tensors: TENSORS })))).message;
}

for (const [op, inputs, told] of [
  ['Pow', ['c'], 'it has 1 inputs, and takes 2'],
  ['Less', ['c'], 'it has 1 inputs, and takes 2'],
  ['Mod', ['c'], 'it has 1 inputs, and takes 2'],
  ['Mul', ['c', 'c', 'c'], 'it has 3 inputs, and takes 2'],
  ['Sqrt', ['c', 'c'], 'it has 2 inputs, and takes 1'],
] as const) {
  test(`${op} of ${inputs.length}`, async () => {
    assert.match(await refused(op, [...inputs]), `${op} (1 ×, first node known): ${told}`);
  });
}

test('Max of one and of three', async () => {
  for (const count of [1, 3]) {
    const constants = new Array(count).fill('c').join(', ');
    const rest = 'sum = Add(x, known)\nmap = Conv(sum, w)\ny = GlobalAveragePool(map)';
    const nodes = nodesOf(`known = Max(${constants})\n${rest}`);
    assert.ok((await networkOf(writeOnnxFile({ nodes, tensors: TENSORS }))).graph.nodes.length > 1);
  }
});

// Resize's nearest pixel: `make_nearest.py` made onnxruntime's, `fixtures/resize/nearest.json`.

type Row = [
  coordinates: ResizeAttrs['coordinates'],
  rounding: NonNullable<ResizeAttrs['rounding']>,
  length: number,
  target: { scale?: number; size?: number },
  pixels: number[],
];

const path = join(root, 'spec', 'fixtures', 'resize', 'nearest.json');
const rows = JSON.parse(readFileSync(path, 'utf8')) as Row[];
/** The region, as shares of each side. */
const [START, END] = [0.2, 0.9].map(Math.fround) as [number, number];

test('every way to count pixels and to round, by scale and by size, takes the pixel that onnxruntime takes', () => {
  for (const [coordinates, rounding, length, { scale, size }, pixels] of rows) {
    const attrs: ResizeAttrs = {
      ...(scale === undefined ? { size: [1, size!] } : { scale: [1, scale] }),
      mode: 'nearest',
      coordinates,
      rounding,
      ...(coordinates === 'tf_crop_and_resize' ? { region: [[0, 1] as const, [START, END] as const] } : {}),
    };
    const found = resizeWeights(length, 1, attrs).map(({ from, weights }) => (weights[0] === 0 ? -1 : from[0]!));
    assert.equal(found, pixels, `${coordinates} ${rounding}: ${length} by ${scale ?? `size ${size}`}`);
  }
  assert.is(rows.length, 336);
});

test("PyTorch turns the factor over first: another pixel than onnxruntime's in some sizes", () => {
  const pixels = (coordinates: ResizeAttrs['coordinates']) =>
    resizeWeights(2, 1, { size: [1, 82], mode: 'nearest', coordinates, rounding: 'floor' }).map(({ from }) => from[0]!);
  const first = (of: number[]) => of.indexOf(1);
  assert.equal([first(pixels('pytorch_nearest')), first(pixels('asymmetric'))], FIRST_OF_SECOND);
});

/** `torch.nn.functional.interpolate(size=82)` of two pixels, and onnxruntime's asymmetric floor. */
const FIRST_OF_SECOND = [42, 41];

// Modules that run again, as PyTorch's older exporter numbers them.

/** @param name as the exporter writes it @param inputs tensors that it reads */
function node(name: string, inputs: string[] = []): OnnxNode {
  const op = name.split('/').at(-1)!;
  return { name, op, domain: '', inputs, outputs: [], attributes: new Map(), module: modulePath(name, null) };
}

function paths(nodes: OnnxNode[]): (string | null)[] {
  const tensors = new Set(nodes.flatMap(({ inputs }) => inputs));
  return withModuleRuns(nodes, tensors).map(({ module }) => module);
}

test('all runs of a module have its path', () => {
  const runs = ['/layer1/layer1.0/relu/Relu', '/layer1/layer1.0/relu_1/Relu', '/layer1/layer1.0/relu_2/Relu'];
  assert.equal(paths(runs.map((name) => node(name))), new Array(3).fill('layer1.0.relu'));
});

test('a module that runs again with all that is in it', () => {
  const block = (name: string) => [node(`/${name}/fc/MatMul`, ['fc.weight']), node(`/${name}/act/Relu`)];
  assert.equal(paths([...block('block'), ...block('block_1')]), ['block.fc', 'block.act', 'block.fc', 'block.act']);
});

test('a module whose own name ends in a number keeps it: other weights, other operators, or no first one', () => {
  assert.equal(paths([node('/conv/Conv', ['a']), node('/conv_1/Conv', ['b'])]), ['conv', 'conv_1']);
  assert.equal(paths([node('/act/Relu'), node('/act_1/Sigmoid')]), ['act', 'act_1']);
  assert.equal(paths([node('/act_1/Relu'), node('/act_2/Relu')]), ['act_1', 'act_2']);
  assert.equal(paths([node('/act/Relu'), node('/act_2/Relu')]), ['act', 'act_2']);
});

test('nodes of the newer exporter stay as they are', () => {
  const newer = (module: string): OnnxNode => ({ ...node('/x/Relu'), name: 'node_relu', module });
  assert.equal(paths([newer('relu'), newer('relu_1')]), ['relu', 'relu_1']);
});

// Files of our own writer read back: the same network, preprocessing, classes and numbers.

const BUNDLED = weightsFolder('fashion-mnist-resnet18');

test('the bundled weights as ONNX and back: the same embeddings and scores, bit by bit', async () => {
  const folder = temporaryFolder();
  const before = await readWeights(BUNDLED);
  await writeOnnx(join(folder, 'model.onnx'), await prepareOnnx(before.config, before.tensors));
  const { config, format } = await convertCheckpoint(join(folder, 'model.onnx'), join(folder, 'weights'));
  assert.is(format, 'onnx');
  assert.equal(config.preprocessing, before.config.preprocessing);
  assert.equal(config.classes, before.config.classes);
  assert.is(config.tap, 'fc.0');
  assert.equal(await embedded(join(folder, 'weights')), await embedded(BUNDLED));
});

async function embedded(weights: string): Promise<Record<string, number[]>> {
  const embedder = await Embedder.load(weights, { backend: 'simd', threads: 1, tap: 'fc.0' });
  try {
    const data = Uint8Array.from({ length: 4 * 32 * 32 * 3 }, (_, i) => (i * 7919) % 256);
    for await (const { taps, scores } of embedder.run([{ rows: 4, height: 32, width: 32, data }])) {
      return { tap: [...taps.get('fc.0')!.data], scores: [...scores!] };
    }
    return {};
  } finally {
    await embedder.close();
  }
}
