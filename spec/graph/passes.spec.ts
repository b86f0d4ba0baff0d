import type { EngineError } from '../../engine/index.js';
import { type BoundGraph, bind, type Graph, type GraphNode } from '../../graph/index.js';
import { operation as flatten } from '../../graph/operations/flatten.js';
import type { Layer } from '../../graph/operations/layer.js';
import * as nn from '../../graph/operations/nn.js';
import { pad2d } from '../../graph/operations/pad.js';
import {
  cutAfter,
  dropIdentity,
  foldBatchNorm,
  foldConstants,
  foldPadding,
  fuseActivation,
  optimise,
  trimTaps,
} from '../../graph/passes/index.js';
import { traceGraph } from '../../graph/trace-graph.js';
import { formulaImage, formulaTensors } from '../support/formula-tensors.js';
import { applied, evaluate } from '../support/plain-convolution.js';
import { assert, suite } from '../support/test.js';

const { add, batchNorm2d, conv2d, dropout, linear, maxPool2d, relu, relu6, sequential } = nn;

/** A network with weights; its nodes are named by their modules, `0`, `1`, … in a Sequential. */
function network(layer: Layer): BoundGraph {
  const graph = traceGraph(layer);
  return bind(graph, formulaTensors(graph));
}

/** Each node as `name = op(inputs)`, with its activation. */
function show({ nodes }: Graph): string[] {
  return nodes
    .filter(({ op }) => op !== 'input')
    .map((node) => {
      const activation = 'attrs' in node && 'activation' in node.attrs ? `+${node.attrs.activation}` : '';
      return `${node.name} = ${node.op}${activation}(${node.inputs.join(', ')})`;
    });
}

/** What a pass makes; the outputs that are kept stay within rounding errors. */
function apply(pass: Parameters<typeof applied>[0], before: BoundGraph, ...keep: string[]): BoundGraph {
  return applied(pass, before, keep, 3e-7);
}

const shown = (...given: Parameters<typeof apply>): string[] => show(apply(...given).graph);

const shared = (bound: BoundGraph, after: BoundGraph, name: string): boolean =>
  bound.tensors.get(name) === after.tensors.get(name) && after.tensors.has(name);

const cut = suite('cutAfter');

cut('drops what comes after the last kept node, with its tensors and modules', () => {
  const before = network(sequential(conv2d(4, 3), relu, conv2d(5, 3)));
  const after = apply(cutAfter, before, '1');
  assert.equal(show(after.graph), ['0 = conv2d(:input)', '1 = relu(0)']);
  assert.equal([...after.tensors.keys()], ['0.weight', '0.bias']);
  assert.equal([...after.graph.modules.keys()], ['0', '1']);
  assert.is(after.graph.output, '1');
  assert.ok(shared(before, after, '0.weight'));
});

cut('drops a branch that nobody needs, keeps one that a kept node needs', () => {
  const before = network((m, image) => {
    const x = m.run('stem', conv2d(4, 1), image);
    m.run('dead', conv2d(4, 1), x);
    return add(m, x, m.run('branch', conv2d(4, 1), x));
  });
  const after = apply(cutAfter, before, ':add');
  assert.equal(show(after.graph), ['stem = conv2d(:input)', 'branch = conv2d(stem)', ':add = add(stem, branch)']);
});

cut('keeps several nodes of different depth', () => {
  const before = network(sequential(conv2d(4, 1), relu, conv2d(4, 1), relu));
  const after = apply(cutAfter, before, '0', '2');
  assert.equal(
    after.graph.nodes.map(({ name }) => name),
    [':input', '0', '1', '2'],
  );
});

cut('the input alone can be kept', () => {
  assert.equal(shown(cutAfter, network(conv2d(4, 1)), ':input'), []);
});

for (const keep of [['nowhere'], []]) {
  cut(`refuses to keep [${keep}]`, () => {
    assert.throws(
      () => cutAfter(network(sequential(relu)), new Set(keep)),
      (error: EngineError) => error.code === 'UNKNOWN_NODE',
    );
  });
}

const padding = suite('foldPadding');

padding('zeros around a map become those of the convolution behind them, also beside its own', () => {
  const around = pad2d([1, 0, 2, 1]);
  const after = apply(foldPadding, network(sequential(around, conv2d(4, 3, { padding: 1 }), relu)), '2');
  assert.equal(show(after.graph), ['1 = conv2d(:input)', '2 = relu(1)']);
  const [, node] = after.graph.nodes;
  assert.equal(node?.op === 'conv2d' && node.attrs.padding, [2, 1, 3, 2]);
});

padding('a max pooling takes them where no value is below zero', () => {
  const pooled = sequential(relu, pad2d([1, 1, 1, 1]), maxPool2d(3, { stride: 2 }));
  assert.equal(shown(foldPadding, network(pooled), '2'), ['0 = relu(:input)', '2 = maxPool2d(0)']);
  const signed = sequential(conv2d(4, 1), pad2d([1, 1, 1, 1]), maxPool2d(3, { stride: 2 }));
  assert.is(apply(foldPadding, network(signed), '2').graph.nodes.length, 4);
});

padding('they stay where a window could have nothing else, or if they are something else than zeros', () => {
  const wide = sequential(relu, pad2d([2, 2, 2, 2]), maxPool2d(2, { stride: 2 }));
  assert.is(apply(foldPadding, network(wide), '2').graph.nodes.length, 4);
  const mirrored = sequential(pad2d([1, 1, 1, 1], 'reflect'), conv2d(4, 3));
  assert.is(apply(foldPadding, network(mirrored), '1').graph.nodes.length, 3);
  const ones = sequential(pad2d([1, 1, 1, 1], 'constant', 1), conv2d(4, 3));
  assert.is(apply(foldPadding, network(ones), '1').graph.nodes.length, 3);
});

padding('they stay if they are wanted', () => {
  const after = apply(foldPadding, network(sequential(pad2d([1, 1, 1, 1]), conv2d(4, 3))), '0', '1');
  assert.equal(show(after.graph), ['0 = pad(:input)', '1 = conv2d(0)']);
});

const identity = suite('dropIdentity');

identity('readers of an identity read its source; the module names the source', () => {
  const after = apply(dropIdentity, network(sequential(conv2d(4, 1), dropout, relu)), '2');
  assert.equal(show(after.graph), ['0 = conv2d(:input)', '2 = relu(0)']);
  assert.is(after.graph.modules.get('1'), '0');
});

for (const [what, layers, keep, left] of [
  ['a chain of identities', [conv2d(4, 1), dropout, dropout, relu], ['3'], ['0 = conv2d(:input)', '3 = relu(0)']],
  [
    'a kept one stays, its readers do not wait for it',
    [conv2d(4, 1), dropout, relu],
    ['1', '2'],
    ['0 = conv2d(:input)', '1 = identity(0)', '2 = relu(0)'],
  ],
  ['a kept one behind one that goes', [dropout, dropout], ['1'], ['1 = identity(:input)']],
] as const) {
  identity(what, () => assert.equal(shown(dropIdentity, network(sequential(...layers)), ...keep), left));
}

identity('as the output of the network, the output moves to its source', () => {
  const after = apply(dropIdentity, network(sequential(conv2d(4, 1), dropout)), '0');
  assert.is(after.graph.output, '0');
  assert.is(after.graph.modules.get(''), '0');
});

const constants = suite('foldConstants');

const IMAGE: GraphNode = { name: ':input', inputs: [], op: 'input' };

function graphOf(nodes: GraphNode[]): BoundGraph {
  const graph = { nodes, output: nodes.at(-1)!.name, modules: new Map() };
  return bind(graph, formulaTensors(graph));
}

/** A table whose rows are taken and scaled, added to the image, which has 7 rows of 6 pixels. */
function withTable(operation: GraphNode): BoundGraph {
  return graphOf([
    IMAGE,
    { name: 'table', inputs: [], op: 'parameter', attrs: { shape: [3, 7, 6] } },
    { name: 'scale', inputs: [], op: 'parameter', attrs: { shape: [1, 1, 1], stored: [1] } },
    operation,
    { name: 'scaled', inputs: ['taken', 'scale'], op: 'mul' },
    { name: 'sum', inputs: [':input', 'scaled'], op: 'add', attrs: {} },
  ]);
}

const gather = { op: 'gather', attrs: { axis: 2, indices: [6, 5, 4, 3, 2, 1, 0] } } as const;
const rows: GraphNode = { name: 'taken', inputs: ['table'], ...gather };

constants('what depends on tensors only is one tensor, without those that it was made of', () => {
  const after = apply(foldConstants, withTable(rows), 'sum');
  assert.equal(show(after.graph), ['scaled = parameter()', 'sum = add(:input, scaled)']);
  assert.equal([...after.tensors.keys()], ['scaled']);
});

constants('a kept one stays, and so does a tensor that is read as it is', () => {
  const after = apply(foldConstants, withTable(rows), 'taken', 'sum');
  assert.equal(show(after.graph), ['taken = parameter()', 'scaled = parameter()', 'sum = add(:input, scaled)']);
});

constants('what would take long stays, and what reads it', () => {
  const before = graphOf([
    IMAGE,
    { name: 'column', inputs: [], op: 'parameter', attrs: { shape: [10_000, 1] } },
    { name: 'seen', inputs: ['column', 'column', 'column'], op: 'attention', attrs: {} },
    { name: 'twice', inputs: ['seen', 'seen'], op: 'add', attrs: {} },
  ]);
  assert.equal(foldConstants(before, new Set(['twice'])).graph.nodes, before.graph.nodes);
});

constants('what would be larger than memory stays', () => {
  const before = graphOf([
    IMAGE,
    { name: 'one', inputs: [], op: 'parameter', attrs: { shape: [1] } },
    { name: 'many', inputs: ['one'], op: 'expand', attrs: { shape: [2 ** 40] } },
  ]);
  const after = foldConstants(before, new Set(['many']));
  assert.equal(show(after.graph), ['one = parameter()', 'many = expand(one)']);
});

const fold = suite('foldBatchNorm');

for (const [name, convolution] of [
  ['without bias', conv2d(4, 3, { bias: false, padding: 1 })],
  ['with bias', conv2d(4, 3, { stride: 2 })],
  ['grouped', conv2d(6, 3, { groups: 3 })],
  ['depthwise', conv2d(3, 3, { groups: 'depthwise', bias: false })],
] as const) {
  fold(`into a convolution ${name}`, () => {
    const after = apply(foldBatchNorm, network(sequential(convolution, batchNorm2d(1e-3))), '1');
    assert.equal(show(after.graph), ['1 = conv2d(:input)']);
    assert.equal([...after.tensors.keys()], ['1.weight', '1.bias']);
    assert.not(after.graph.modules.has('0'));
  });
}

fold('not when the convolution is kept', () => {
  const before = network(sequential(conv2d(4, 3), batchNorm2d()));
  const after = apply(foldBatchNorm, before, '0', '1');
  assert.equal(show(after.graph), ['0 = conv2d(:input)', '1 = batchNorm2d(0)']);
  assert.ok(shared(before, after, '0.weight'));
});

fold('not when the convolution feeds another node too', () => {
  const before = network((m, image) => {
    const x = m.run('conv', conv2d(4, 1), image);
    return add(m, m.run('bn', batchNorm2d(), x), x);
  });
  assert.equal(shown(foldBatchNorm, before, ':add'), show(before.graph));
});

fold('not into an addition, a pooling or the image', () => {
  const before = network((m, image) => {
    const x = m.run('bn0', batchNorm2d(), image);
    const y = m.run('bn1', batchNorm2d(), add(m, x, image));
    return m.run('bn2', batchNorm2d(), m.run('pool', maxPool2d(2, { stride: 2 }), y));
  });
  assert.equal(shown(foldBatchNorm, before, 'bn2'), show(before.graph));
});

fold('not past an activation', () => {
  const before = network(sequential(conv2d(4, 1), relu, batchNorm2d()));
  assert.equal(shown(foldBatchNorm, before, '2'), show(before.graph));
  const fused = apply(fuseActivation, before, '2');
  assert.equal(shown(foldBatchNorm, fused, '2'), ['1 = conv2d+relu(:input)', '2 = batchNorm2d(1)']);
});

fold('two batch norms in a row', () => {
  const before = network(sequential(conv2d(4, 1), batchNorm2d(), batchNorm2d()));
  assert.equal(shown(foldBatchNorm, before, '2'), ['2 = conv2d(:input)']);
});

fold('is rounded once: the sum is float64, though float32 would cancel', () => {
  const graph = traceGraph(sequential(conv2d(1, 1), batchNorm2d(0)));
  const one = (value: number) => ({ shape: [1], data: Float32Array.of(value) });
  const tensors = new Map([
    ['0.weight', { shape: [1, 3, 1, 1], data: Float32Array.of(1, 1, 1) }],
    ['0.bias', one(2 ** 24)],
    ['1.weight', one(1)],
    ['1.bias', one(-(2 ** 24))],
    ['1.running_mean', one(-1.5)],
    ['1.running_var', one(1)],
  ]);
  const after = foldBatchNorm(bind(graph, tensors), new Set(['1']));
  assert.is(after.tensors.get('1.bias')!.data[0], 1.5);
});

const fuse = suite('fuseActivation');

for (const [name, activation] of [
  ['relu', relu],
  ['relu6', relu6],
] as const) {
  fuse(`${name} into a convolution`, () => {
    const before = network(sequential(conv2d(4, 3), activation));
    const after = apply(fuseActivation, before, '1');
    assert.equal(show(after.graph), [`1 = conv2d+${name}(:input)`]);
    assert.is(after.tensors.get('1.weight'), before.tensors.get('0.weight'), 'shared, not copied');
  });
}

fuse('into an addition', () => {
  const before = network((m, image) => m.run('relu', relu, add(m, m.run('conv', conv2d(3, 1), image), image)));
  assert.equal(shown(fuseActivation, before, 'relu'), ['conv = conv2d(:input)', 'relu = add+relu(conv, :input)']);
});

fuse('into a Linear', () => {
  const before = network((m, image) => {
    const x = m.functional('flatten', flatten, null, [image], { channels: 3 * 7 * 6 });
    return m.run('relu', relu, m.run('fc', linear(5), x));
  });
  assert.equal(shown(fuseActivation, before, 'relu'), [':flatten = flatten(:input)', 'relu = linear+relu(:flatten)']);
});

fuse('an activation with several readers', () => {
  const before = network((m, image) => {
    const x = m.run('relu', relu, m.run('conv', conv2d(3, 1), image));
    return add(m, x, m.run('next', conv2d(3, 1), x));
  });
  const after = apply(fuseActivation, before, ':add');
  assert.equal(show(after.graph), ['relu = conv2d+relu(:input)', 'next = conv2d(relu)', ':add = add(relu, next)']);
});

fuse('one module that runs twice: each run fuses with its own producer', () => {
  const before = network((m, image) => {
    const x = m.run('relu', relu, m.run('conv1', conv2d(3, 1), image));
    return m.run('relu', relu, m.run('conv2', conv2d(3, 1), x));
  });
  const after = apply(fuseActivation, before, 'relu', 'relu:run1');
  assert.equal(show(after.graph), ['relu:run1 = conv2d+relu(:input)', 'relu = conv2d+relu(relu:run1)']);
  assert.ok(after.tensors.has('relu:run1.weight'));
});

fuse('not when what comes before is kept', () => {
  const before = network(sequential(conv2d(4, 3), relu));
  assert.equal(shown(fuseActivation, before, '0', '1'), show(before.graph));
});

fuse('not when what comes before has another reader', () => {
  const before = network((m, image) => {
    const x = m.run('conv', conv2d(3, 1), image);
    return add(m, m.run('a', relu, x), m.run('b', relu6, x));
  });
  assert.equal(shown(fuseActivation, before, ':add'), show(before.graph));
});

fuse('not into a batch norm, a pooling or an activation, and a second one stays', () => {
  const before = network(
    sequential(batchNorm2d(), relu, maxPool2d(2, { stride: 1 }), relu6, relu, conv2d(2, 1), relu6, relu),
  );
  const after = apply(fuseActivation, before, '7');
  assert.equal(show(after.graph).slice(-3), ['4 = relu(3)', '6 = conv2d+relu6(4)', '7 = relu(6)']);
  assert.is(after.graph.nodes.length, before.graph.nodes.length - 1);
});

const all = suite('optimise');

/** A residual block with all that can fuse, and a layer behind it. */
const block: Layer = (m, image) => {
  const x = m.run('stem', conv2d(4, 1), image);
  let y = m.run('conv', conv2d(4, 3, { padding: 1, bias: false }), x);
  y = m.run('dropout', dropout, y);
  y = m.run('bn', batchNorm2d(), y);
  const z = m.run('downsample', sequential(conv2d(4, 1, { bias: false }), batchNorm2d()), image);
  y = m.run('relu', relu, add(m, y, z));
  return m.run('last', conv2d(2, 1), y);
};

all('cuts, drops, folds and fuses', () => {
  const after = apply(optimise, network(block), 'relu');
  assert.equal(show(after.graph), [
    'stem = conv2d(:input)',
    'bn = conv2d(stem)',
    'downsample.1 = conv2d(:input)',
    'relu = add+relu(bn, downsample.1)',
  ]);
  const names = ['stem', 'bn', 'downsample.1', 'relu'].map((name) => [name, name]);
  names.splice(3, 0, ['downsample', 'downsample.1']);
  assert.equal([...after.graph.modules], names);
});

all('changes nothing but the end when every node is kept', () => {
  const before = network(block);
  const names = before.graph.nodes.map(({ name }) => name);
  const after = apply(optimise, before, ...names);
  assert.equal(after.graph.nodes.length, names.length);
});

all('every single node and every pair of nodes can be kept', () => {
  const before = network(block);
  const names = before.graph.nodes.map(({ name }) => name);
  for (const a of names) for (const b of names) apply(optimise, before, a, b);
});

all('done twice is done once', () => {
  const once = optimise(network(block), new Set(['relu']));
  assert.equal(optimise(once, new Set(['relu'])), once);
});
all('for one image size: the same weights as when trimmed after all else', () => {
  const before = network(sequential(conv2d(4, 3, { padding: 1 }), batchNorm2d(), relu));
  const image = { height: 1, width: 1 };
  const keep = new Set([before.graph.output]);
  const found = optimise(before, keep, image);
  assert.equal(found, trimTaps(optimise(before, keep), image));
  assert.equal(found.tensors.get('2.weight')!.shape, [4, 3, 1, 1]);
});

const trimming = suite('trimTaps');

/** The size of the filter that is left of a convolution over an image, and that the outputs stay what they were. */
function kernelLeft(convolution: Layer, height: number, width: number): readonly number[] {
  const before = network(sequential(convolution));
  const after = trimTaps(before, { height, width });
  bind(after.graph, after.tensors);
  const image = formulaImage(3, height, width);
  const output = before.graph.output;
  const [expected, found] = [evaluate(before, image).get(output)!, evaluate(after, image).get(output)!];
  assert.equal(found.shape, expected.shape);
  assert.equal(found.data, expected.data, 'what was added of the padding was zero');
  const node = after.graph.nodes.find(({ op }) => op === 'conv2d')!;
  assert.ok(node.op === 'conv2d' && node.attrs.padding.every((pixels) => pixels >= 0));
  return after.tensors.get('0.weight')!.shape.slice(2);
}

for (const [what, options, kernel, [height, width], left] of [
  ['over one pixel the centre is left', { padding: 1 }, 3, [1, 1], [1, 1]],
  ['over one row the middle row is left', { padding: 1 }, 3, [1, 5], [1, 3]],
  ['over 2×2 with stride 2 the last rows and columns', { padding: 1, stride: 2 }, 3, [2, 2], [2, 2]],
  ['over 2×2 with stride 1 all', { padding: 1 }, 3, [2, 2], [3, 3]],
  ['a dilated one', { padding: 2, dilation: 2 }, 3, [2, 2], [1, 1]],
  ['7×7 over 2×3', { padding: 3, stride: 2 }, 7, [2, 3], [2, 5]],
  ['grouped', { padding: 1, groups: 3 }, 3, [1, 1], [1, 1]],
  ['no padding, nothing to trim', {}, 3, [4, 4], [3, 3]],
] as const) {
  trimming(what, () => assert.equal(kernelLeft(conv2d(6, kernel, options), height, width), left));
}

trimming('outputs stay for every small combination', () => {
  for (const size of [1, 2, 3, 4]) {
    for (const [kernel, stride, padding, dilation] of combinations([1, 2, 3, 5], [1, 2, 3], [0, 1, 2, 3], [1, 2])) {
      if (size + 2 * padding! < dilation! * (kernel! - 1) + 1) continue;
      kernelLeft(conv2d(2, kernel!, { stride: stride!, padding: padding!, dilation: dilation! }), size, size + 1);
    }
  }
});

trimming('other operations and their tensors stay', () => {
  const before = network(block);
  const after = trimTaps(before, { height: 7, width: 6 });
  assert.equal(after.graph, before.graph);
  assert.ok(shared(before, after, 'conv.weight'));
});

function combinations(...choices: readonly (readonly number[])[]): number[][] {
  return choices.reduce<number[][]>((all, values) => all.flatMap((one) => values.map((v) => [...one, v])), [[]]);
}
