import { type Graph, type GraphNode, inferShapes, type Op } from '../../graph/index.js';
import { outputShape, referenceOutput } from '../../graph/meaning.js';
import { plainConvolution } from '../support/plain-convolution.js';
import { relativeError } from '../support/relative-error.js';
import { assert, readFixture, suite } from '../support/test.js';

interface Recorded {
  shape: number[];
  data: number[];
}
interface Case {
  name: string;
  node: Exclude<Op, { op: 'input' }>;
  inputs: Recorded[];
  tensors: Record<string, Recorded>;
  output: Recorded;
}

const { cases } = readFixture<{ cases: Case[] }>('engine', 'operations.json');

const reference = suite('reference, one operation');
for (const { name, node, inputs, tensors, output } of cases) {
  reference(`${node.op}, ${name}: PyTorch's shape and values`, () => {
    const values = referenceOutput(
      { name: 'node', inputs: inputs.map((_, i) => `input${i}`), ...node },
      inputs.map(({ shape, data }) => ({ shape: [1, ...shape], data: Float64Array.from(data) })),
      (tensor) => Float32Array.from(tensors[tensor]!.data),
    );
    assert.equal(values.shape, [1, ...output.shape]);
    assert.ok(relativeError(values.data, output.data) < 1e-14);
  });
}

const shapes = suite('inferShapes, one operation');
const planar = cases.filter(({ inputs: [x], node }) => x!.shape.length === 3 && !['add', 'concat'].includes(node.op));
for (const { name, node, inputs, output } of planar) {
  shapes(`${node.op}, ${name}: PyTorch's shape`, () => {
    const [channels, height, width] = inputs[0]!.shape as [number, number, number];
    const inferred = inferShapes(behindAConvolution(channels, node), { height, width });
    assert.equal(inferred.get('node'), output.shape);
  });
}

/** A 1×1 convolution gives the operation the number of channels that it wants. */
function behindAConvolution(channels: number, operation: Op): Graph {
  const attrs = plainConvolution(1, 3, channels, false);
  const nodes: GraphNode[] = [
    { name: ':input', inputs: [], op: 'input' },
    { name: 'conv', inputs: [':input'], op: 'conv2d', attrs },
    { name: 'node', inputs: ['conv'], ...operation },
  ];
  return { nodes, output: 'node', modules: new Map() };
}

const refused = suite('inferShapes, what an operation does not take');

const NO_BORDER = [0, 0] as const;

for (const [what, operation, message, shape = [2, 3, 4]] of [
  ['negative sizes', { op: 'reshape', attrs: { shape: [-2, -12] } }, /it would give \[-2, -12\]/],
  ['values that are left over', { op: 'reshape', attrs: { shape: [5, -1] } }, /\[2, 3, 4\] cannot be reshaped/],
  ['axes that are missing', { op: 'permute', attrs: { axes: [2, 1] } }, /are not 1 to 3/],
  ['the batch', { op: 'softmax', attrs: { axis: 0 } }, /axis 0 is not an axis/],
  ['an entry that is not there', { op: 'gather', attrs: { axis: 3, indices: [3, 4] } }, /number 4 of 4/],
  ['nothing left', { op: 'slice', attrs: { axis: 3, start: 4, end: null, step: 1 } }, /nothing is left of 4/],
  [
    'a border as wide as the map',
    { op: 'pad', attrs: { padding: [NO_BORDER, [3, 0], NO_BORDER], mode: 'reflect', value: 0 } },
    /it pads 3 by 3/,
  ],
  [
    'other last axes',
    { op: 'layerNorm', attrs: { shape: [3], eps: 1e-5, weight: false, bias: false } },
    /must be \[3\]/,
  ],
  [
    'groups of different sizes',
    { op: 'groupNorm', attrs: { groups: 3, channels: 4, eps: 1e-5, affine: false } },
    /not 3 groups/,
    [4, 3, 4],
  ],
  ['a larger axis', { op: 'expand', attrs: { shape: [2, 6, 4] } }, /cannot be expanded|\[2, 6, 4\]/],
  [
    'both a size and a factor',
    { op: 'resize', attrs: { size: [2, 2], scale: [1, 1], mode: 'nearest', coordinates: 'asymmetric' } },
    /either a size or a scale/,
  ],
] satisfies [string, Exclude<Op, { op: 'input' }>, RegExp, number[]?][]) {
  refused(`${operation.op}: ${what}`, () => {
    assert.throws(() => outputShape({ name: 'node', inputs: ['x'], ...operation }, [shape]), message);
  });
}

refused('values of different ranks, and axes that cannot be repeated', () => {
  for (const [op, a, b, message] of [
    ['mul', [2, 3, 4], [4], /\[2, 3, 4\] and \[4\]/],
    ['mul', [2, 3], [2, 2], /\[2, 3\] and \[2, 2\]/],
    ['matmul', [2, 3], [2, 3], /multiplies \[2, 3\] by \[2, 3\]/],
  ] as const) {
    assert.throws(() => outputShape({ name: 'node', inputs: ['a', 'b'], op }, [a, b]), message);
  }
});
