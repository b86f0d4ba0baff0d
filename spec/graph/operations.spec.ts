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

const tables = readFixture<{
  operations: [what: string, operation: Exclude<Op, { op: 'input' }>, message: string, shape?: number[]][];
  pairs: [op: 'mul' | 'matmul', a: number[], b: number[], message: string][];
}>('engine', 'refused_operations.json');

for (const [what, operation, message, shape = [2, 3, 4]] of tables.operations) {
  refused(`${operation.op}: ${what}`, () => {
    const node = { name: 'node', inputs: ['x'], ...operation };
    assert.throws(() => outputShape(node, [shape]), new RegExp(message));
  });
}

refused('values of different ranks, and axes that cannot be repeated', () => {
  for (const [op, a, b, message] of tables.pairs) {
    assert.throws(() => outputShape({ name: 'node', inputs: ['a', 'b'], op }, [a, b]), new RegExp(message));
  }
});
