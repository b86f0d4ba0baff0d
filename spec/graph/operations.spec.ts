/** The reference and the shape rule of each operation, compared with PyTorch. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Conv2dAttrs, type Graph, type GraphNode, inferShapes, type Op } from '../../graph/index.js';
import { referenceOutput } from '../../graph/meaning.js';
import { fixtures } from '../support/paths.js';
import { relativeError } from '../support/relative-error.js';

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

const { cases }: { cases: Case[] } = JSON.parse(readFileSync(join(fixtures, 'engine', 'operations.json'), 'utf8'));

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
reference.run();

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
  const attrs: Conv2dAttrs = {
    inChannels: 3,
    outChannels: channels,
    kernel: [1, 1],
    stride: [1, 1],
    padding: [0, 0, 0, 0],
    dilation: [1, 1],
    groups: 1,
    bias: false,
  };
  const nodes: GraphNode[] = [
    { name: ':input', inputs: [], op: 'input' },
    { name: 'conv', inputs: [':input'], op: 'conv2d', attrs },
    { name: 'node', inputs: ['conv'], ...operation },
  ];
  return { nodes, output: 'node', modules: new Map() };
}
shapes.run();
