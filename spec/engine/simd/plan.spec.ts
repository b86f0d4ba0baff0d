/** Plans of single layers and small networks, run with plain loops, against direct float64 loops over the graph. */
import { compilePlan } from '../../../engine/backends/simd/compiling/compile-plan.js';
import { lower } from '../../../engine/backends/simd/compiling/lower.js';
import { winogradWork } from '../../../engine/backends/simd/kernels/winograd/plan.js';
import { makeValue } from '../../../engine/backends/simd/planning/draft.js';
import { PackedWeights } from '../../../engine/backends/simd/planning/packed-weights.js';
import type { Plan } from '../../../engine/backends/simd/planning/step.js';
import { type KernelRates, PLAN_RATES } from '../../../engine/backends/simd/planning/step.js';
import type { PlanPrecision } from '../../../engine/contract/backend.js';
import type { EngineError } from '../../../engine/index.js';
import type { BoundGraph, Op } from '../../../graph/index.js';
import { TestMemory } from '../../support/simd/memory-view.js';
import { DIRECT_RATES, EAGER_RATES } from '../../support/simd/run-plan.js';
import { checkPlan, conv, type Layers, network, storedNetworks } from '../../support/simd/small-networks.js';
import { assert, test } from '../../support/test.js';

const cases = storedNetworks('small-plans').map(({ name, size, layers }) => [name, layers, size!] as const);

for (const [name, layers, size] of cases) {
  for (const [way, rates] of [
    ['fewest multiplications', EAGER_RATES],
    ['no transforms', DIRECT_RATES],
  ] as const) {
    test(`${name} (${way})`, () => {
      const model = network(layers);
      for (const images of [1, 7]) checkPlan(model, size, { images, rates });
      const taps = model.graph.nodes.map((node) => node.name);
      checkPlan(model, size, { images: 2, rates, precision: 'exact', error: 3e-6, taps });
    });
  }
}

const PLAIN = { mean: [0, 0, 0], std: [1, 1, 1] };

function plan(
  model: BoundGraph,
  size: number,
  more: { images?: number; precision?: PlanPrecision; rates?: KernelRates; taps?: readonly string[] } = {},
): Plan {
  const { images = 2, precision = 'float32', rates = EAGER_RATES, taps = [] } = more;
  const memory = new TestMemory();
  const request = { images, height: size, width: size, taps, scores: true, precision, ...PLAIN };
  return compilePlan(model, request, { memory, weights: new PackedWeights(model, memory), rates });
}

const kernels = (made: Plan): string[] => made.calls.map(({ kernel }) => kernel);

const threeByThree = network([
  ['a', ':input', conv(3, 16, 1)],
  ['b', 'a', conv(16, 16, 3, { padding: 1 })],
]);

test('the kernel of a convolution is the one that is predicted to take the least time', () => {
  assert.equal(kernels(plan(threeByThree, 8)), ['packRows', 'convolution', 'winograd4']);
  assert.equal(kernels(plan(threeByThree, 2)), ['packRows', 'convolution', 'toeplitz2']);
  assert.equal(kernels(plan(threeByThree, 1)), ['packRows', 'convolution', 'convolution', 'softmax']);
  // Nine regions: four corners, four edges, and what is between them.
  assert.is(kernels(plan(threeByThree, 8, { rates: DIRECT_RATES })).length, 2 + 9);
});

test('panels of a grouped convolution end where groups end, if fewer zeros are multiplied so', () => {
  const zeros = (channels: number, groups: number) => {
    const model = network([
      ['a', ':input', conv(3, channels, 1)],
      ['b', 'a', conv(channels, channels, 1, { groups })],
    ]);
    const { macsDone, macsWritten } = plan(model, 3).rows.find(({ node }) => node === 'b')!;
    return macsDone / macsWritten;
  };
  assert.is(zeros(48, 2), 1, 'groups of 24');
  assert.is(zeros(120, 3), 1, 'groups of 40');
  assert.is(zeros(64, 4), 1, 'groups of 16');
  assert.is(zeros(32, 4), 1, 'groups of 8');
  assert.is(zeros(32, 8), 2, 'groups of 4: two of them in half a panel');
  assert.is(zeros(40, 2), 2, 'groups of 20: they end within half a panel');
});

test('an exact plan has no F(4×4)', () => {
  assert.equal(kernels(plan(threeByThree, 8, { precision: 'exact' })), ['packRows', 'convolution', 'winograd2']);
});

test('depthwise windows side by side share what they see', () => {
  const made = (size: number, kernel: number, stride: number) => {
    const model = network([
      ['a', ':input', conv(3, 16, 1)],
      ['b', 'a', conv(16, 16, kernel, { stride, padding: (kernel - 1) / 2, groups: 16 })],
    ]);
    return kernels(plan(model, size)).filter((name) => name.startsWith('depthwise'));
  };
  // The first row, those between and the last one.
  const runs = (count: number) => Array.from({ length: count }, () => 'depthwiseRuns');
  assert.equal(made(8, 3, 1), runs(3));
  assert.equal(made(8, 3, 2), runs(2));
  assert.equal(made(7, 5, 1), runs(5));
  assert.equal(made(4, 3, 1), runs(3));
  const apart = Array.from({ length: 4 }, () => 'depthwise');
  assert.equal(made(2, 3, 1), apart);
  assert.equal(made(20, 7, 1), runs(7));
  assert.ok(!made(20, 7, 2).includes('depthwiseRuns'));
});

const wide = (outputs: number) =>
  network([
    ['a', ':input', conv(3, 256, 1)],
    ['b', 'a', conv(256, outputs, 1)],
  ]);

test('matrix products of many channels are seven of halves, unless the plan is exact or there are no halves', () => {
  assert.equal(kernels(plan(wide(32), 4)), ['packRows', 'convolution', 'strassen']);
  assert.is(plan(wide(32), 4).rows[2]!.macsDone, (7 / 8) * 16 * 256 * 32);
  // A position without another is a pair of its own.
  assert.is(plan(wide(32), 5).rows[2]!.macsDone, (7 / 8) * 26 * 256 * 32);
  assert.equal(kernels(plan(wide(32), 4, { precision: 'exact' })), ['packRows', 'convolution', 'convolution']);
  assert.equal(kernels(plan(wide(48), 4)), ['packRows', 'convolution', 'convolution']);
  assert.equal(kernels(plan(wide(32), 1)), ['packRows', 'convolution', 'convolution', 'softmax']);
});

test('a concatenation that begins with an earlier one copies what is new, unless the earlier one is read otherwise', () => {
  const copies = (reader: Op, taps: string[] = []) => {
    const model = network([
      ['a', ':input', conv(3, 16, 1)],
      ['b', 'a', conv(16, 16, 1)],
      ['ab', ['a', 'b'], { op: 'concat', attrs: { axis: 1 } }],
      ['read', 'ab', reader],
      ['c', 'read', conv(32, 16, 1)],
      ['abc', ['a', 'b', 'c'], { op: 'concat', attrs: { axis: 1 } }],
      ['norm', 'abc', { op: 'batchNorm2d', attrs: { channels: 48, eps: 1e-3 } }],
    ]);
    return kernels(plan(model, 5, { taps })).filter((kernel) => kernel === 'copyChannels').length;
  };
  const norm: Op = { op: 'batchNorm2d', attrs: { channels: 32, eps: 1e-3 } };
  assert.is(copies(norm), 3);
  assert.is(copies(norm, ['ab']), 5, 'it is an output');
  assert.is(copies({ op: 'relu' }), 5, 'all of its buffer is read');
});

test('seven products have to save more than their sums and a residual cost', () => {
  const kernel = (from: number, to: number, isAdded = false) => {
    const model = network([
      ['a', ':input', conv(3, from, 1)],
      ['c', ':input', conv(3, to, 1)],
      ['b', 'a', conv(from, to, 1)],
      ['sum', ['c', 'b'], { op: 'add', attrs: {} }],
      ['mean', isAdded ? 'sum' : 'b', { op: 'adaptiveAvgPool2d', attrs: { output: [1, 1] } }],
    ]);
    return plan(model, 28, { rates: PLAN_RATES }).rows.find(({ macsWritten }) => macsWritten === 28 ** 2 * from * to)!
      .kernel;
  };
  assert.is(kernel(512, 128), 'strassen');
  assert.is(kernel(256, 64), 'strassen');
  assert.is(kernel(64, 64), 'convolution');
  assert.is(kernel(128, 512), 'convolution');
  assert.is(kernel(256, 1024, true), 'convolution', 'a residual');
  assert.is(kernel(768, 768, true), 'strassen', 'a residual');
});

test('an image is computed in one way, whatever the batch it comes in', () => {
  for (const size of [1, 2, 3, 4, 8, 30]) {
    for (const model of [threeByThree, wide(32)]) {
      const plans = [1, 2, 5, 6, 64].map((images) => plan(model, size, { images }));
      const ways = plans.map(({ rows }) => rows.map(({ kernel }) => kernel).join());
      assert.is(new Set(ways).size, 1, `${size}×${size}: ${ways.join(' or ')}`);
    }
  }
});

test('rows count multiplications as they are written and as they are done', () => {
  const [, , row] = plan(threeByThree, 4, { rates: DIRECT_RATES }).rows;
  assert.is(row!.macsWritten, 4 * 4 * 9 * 16 * 16);
  // Per axis: two positions of three live taps, two of two.
  assert.is(row!.macsDone, 10 * 10 * 16 * 16);
  assert.is(plan(threeByThree, 4, { images: 6 }).rows[2]!.macsDone, 36 * 16 * 16);
  // 7 = 4 + 3 outputs are of 6 + 5 points.
  assert.is(plan(threeByThree, 7, { images: 6 }).rows[2]!.macsDone, 11 * 11 * 16 * 16);
  assert.is(plan(threeByThree, 1).rows[2]!.macsDone, 16 * 16);
  assert.is(plan(threeByThree, 1).rows[2]!.weightBytes, 4 * 16 * 16);
});

test('a transformed convolution of a map of any sides is right', () => {
  for (let height = 2; height <= 13; height++) {
    for (const precision of ['float32', 'exact'] as const)
      checkPlan(threeByThree, [height, 14 - height], { images: 1, precision });
  }
});

test('what a transformed convolution is predicted to multiply is what it does', () => {
  const node = threeByThree.graph.nodes.find(({ name }) => name === 'b');
  if (node?.op !== 'conv2d') throw new Error('no convolution');
  const filter = { ...node.attrs, node: 'b' };
  // No product of 12 images has a tile of too few rows.
  const images = 12;
  for (const size of [3, 4, 7, 14, 30]) {
    const { multiplyAdds } = winogradWork('winograd4', filter, makeValue([16, size, size], images), images);
    assert.is(multiplyAdds, plan(threeByThree, size).rows[2]!.macsDone * images, `${size}×${size}`);
  }
});

test('what one kernel can do in one pass is one step', () => {
  const { graph } = network([
    ['c1', ':input', conv(3, 8, 3, { padding: 1 })],
    ['r1', 'c1', { op: 'relu' }],
    ['c2', 'r1', conv(8, 8, 3, { padding: 1 })],
    ['i', 'c2', { op: 'identity' }],
    ['s', ['i', 'r1'], { op: 'add', attrs: {} }],
    ['r2', 's', { op: 'relu' }],
    ['b', 'r2', { op: 'batchNorm2d', attrs: { channels: 8, eps: 1e-5 } }],
    ['r3', 'b', { op: 'relu6' }],
    ['r4', 'r3', { op: 'relu' }],
  ]);
  const shapes = new Map(graph.nodes.map(({ name }) => [name, [8, 4, 4]]));
  const operations = (wanted: string[]) =>
    lower(graph, shapes, new Set(wanted)).steps.map(({ node, operation }) => `${node}: ${operation}`);
  assert.equal(operations(['r4']), ['r1: conv2d+relu', 'r2: conv2d+add+relu', 'r3: batchNorm2d+relu6', 'r4: relu']);
  assert.equal(operations(['i', 'c1']), ['c1: conv2d', 'r1: relu', 'c2: conv2d']);
});

test('a second plan packs no weights again', () => {
  const memory = new TestMemory();
  const weights = new PackedWeights(threeByThree, memory);
  const request = { height: 8, width: 8, taps: ['a'], scores: true, precision: 'float32', ...PLAIN } as const;
  const into = { memory, weights, rates: EAGER_RATES };
  compilePlan(threeByThree, { ...request, images: 2 }, into).dispose();
  const [packed, allocated] = [weights.bytes, memory.liveBytes];
  compilePlan(threeByThree, { ...request, images: 5 }, into).dispose();
  assert.is(weights.bytes, packed);
  assert.is(memory.liveBytes, allocated);
});

test('an arena holds no more than what lives at once', () => {
  const names = Array.from({ length: 10 }, (_, i) => `r${i}`);
  const chain = network(names.map((name, i): Layers[number] => [name, names[i - 1] ?? ':input', { op: 'relu' }]));
  // One image, four bytes a float, sixteen floats a position: the image and two layers.
  assert.ok(plan(chain, 32, { images: 1 }).arenaBytes < 3 * 32 * 32 * 64 + 4096);
});

const refused = (code: string) => (error: EngineError) => error.code === code;

test('images that no memory could hold are refused before anything is laid out', () => {
  assert.throws(() => plan(threeByThree, 4000, { images: 64 }), refused('OUT_OF_MEMORY'));
});

test('a node keeps its shape where its step has the axes in another order', () => {
  const wide = { op: 'slice', attrs: { axis: 1, start: 1, end: null, step: 2 } } as const;
  const norm = { op: 'localResponseNorm', attrs: { size: 3, alpha: 0.5, beta: 0.75, k: 1 } } as const;
  const groups = { op: 'groupNorm', attrs: { groups: 2, channels: 12, eps: 1e-3, affine: true } } as const;
  const mean = { op: 'reduce', attrs: { function: 'mean', axes: [2], keepDims: true } } as const;
  const resize = { op: 'resize', attrs: { mode: 'cubic', coordinates: 'align_corners', size: [3, 4] } } as const;
  const softmax = { op: 'softmax', attrs: { axis: 1 } } as const;
  for (const before of [norm, groups, mean, softmax]) {
    for (const after of [wide, resize]) {
      const model = network([
        ['a', ':input', conv(3, 12, 1)],
        ['b', 'a', before],
        ['c', 'b', after],
      ]);
      checkPlan(model, [7, 5]);
    }
  }
});

test('flattened maps that lie differently are added', () => {
  const model = network([
    ['f', ':input', { op: 'flatten' }],
    ['l', 'f', { op: 'linear', attrs: { inFeatures: 12, outFeatures: 12, bias: true } }],
    ['s', ['f', 'l'], { op: 'add', attrs: {} }],
  ]);
  checkPlan(model, [2, 2]);
});
