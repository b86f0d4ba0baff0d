import { Random } from '../../base/index.js';
import { type BoundGraph, bind, type GraphNode, type Op } from '../../graph/index.js';
import { mergeBranches, optimise } from '../../graph/passes/index.js';
import { formulaTensors } from '../support/formula-tensors.js';
import { applied, expectSame, plainConvolution } from '../support/plain-convolution.js';
import { assert, test } from '../support/test.js';

type Operation = Exclude<Op, { op: 'input' }>;
type Convolution = Extract<Op, { op: 'conv2d' }>['attrs'];

const SOURCE: GraphNode = { name: ':input', inputs: [], op: 'input' };

/** @param nodes name → inputs, operation; the last is the output */
function network(nodes: Record<string, [string[], Operation]>): BoundGraph {
  const computed = Object.entries(nodes).map(
    ([name, [inputs, operation]]): GraphNode => ({ name, inputs, ...operation }),
  );
  const graph = {
    nodes: [SOURCE, ...computed],
    output: computed.at(-1)!.name,
    modules: new Map(computed.map(({ name }) => [name, name])),
  };
  return bind(graph, formulaTensors(graph));
}

/** 3×3 with zeros around the map, so that it keeps its size; three channels. */
function conv(attrs: Partial<Convolution> = {}): Operation {
  return { op: 'conv2d', attrs: { ...plainConvolution(3, 3, 3), ...attrs } };
}

const point = (attrs: Partial<Convolution> = {}): Operation =>
  conv({ kernel: [1, 1], padding: [0, 0, 0, 0], ...attrs });
const norm = (channels = 3): Operation => ({ op: 'batchNorm2d', attrs: { channels, eps: 1e-5 } });
const parameter = (...shape: number[]): [string[], Operation] => [[], { op: 'parameter', attrs: { shape } }];
const add: Operation = { op: 'add', attrs: {} };
const relu: Operation = { op: 'relu' };

/** Merges, and asserts that kept outputs stay and the given graph does. @returns the names of what is left, in order */
function merged(before: BoundGraph, ...keep: string[]): string[] {
  const wanted = keep.length === 0 ? [before.graph.output] : keep;
  const after = applied(mergeBranches, before, wanted, TOLERANCE);
  return after.graph.nodes.slice(1).map(({ name }) => name);
}

const TOLERANCE = 1e-6;

test('a block of RepVGG: 3×3 and 1×1 with their batch norms, and a batch norm of the value itself', () => {
  const before = network({
    large: [[':input'], conv({ bias: false })],
    largeNorm: [['large'], norm()],
    small: [[':input'], point({ bias: false })],
    smallNorm: [['small'], norm()],
    itself: [[':input'], norm()],
    two: [['smallNorm', 'largeNorm'], add],
    three: [['two', 'itself'], add],
    act: [['three'], relu],
  });
  assert.equal(merged(before), ['three', 'act']);
  const [, node] = mergeBranches(before, new Set(['act'])).graph.nodes;
  assert.ok(node?.op === 'conv2d');
  assert.equal(node.attrs.kernel, [3, 3]);
});

test('a mixer of FastViT: the value, and a scaled difference of two branches of it', () => {
  const deep = { groups: 3, bias: false };
  const before = network({
    large: [[':input'], conv(deep)],
    small: [[':input'], point(deep)],
    mixer: [['large', 'small'], add],
    norm: [[':input'], norm()],
    zero: parameter(1, 1, 1),
    shifted: [['norm', 'zero'], add],
    difference: [['mixer', 'shifted'], { op: 'sub' }],
    gamma: parameter(3, 1, 1),
    scaled: [['gamma', 'difference'], { op: 'mul' }],
    out: [[':input', 'scaled'], add],
  });
  assert.equal(merged(before), ['out']);
});

test('a block of RepViT: a batch norm behind the sum', () => {
  const before = network({
    large: [[':input'], conv({ groups: 3 })],
    small: [[':input'], point({ groups: 3 })],
    sum: [['large', 'small', ':input'], add],
    norm: [['sum'], norm()],
  });
  assert.equal(merged(before), ['norm']);
});

test('strides, dilations, groups and windows that are not in the middle', () => {
  for (const [a, b] of [
    [conv({ stride: [2, 1] }), point({ stride: [2, 1] })],
    [conv({ dilation: [2, 1], padding: [2, 2, 1, 1] }), point()],
    [conv({ dilation: [2, 2], padding: [4, 0, 2, 2] }), point({ dilation: [3, 3] })],
    [conv({ padding: [0, 2, 2, 0] }), point()],
    [conv({ kernel: [1, 3], padding: [0, 0, 1, 1] }), conv()],
    [conv({ outChannels: 6, groups: 3 }), point({ outChannels: 6, groups: 3 })],
  ] as const) {
    assert.equal(merged(network({ a: [[':input'], a], b: [[':input'], b], sum: [['a', 'b'], add] })), ['sum']);
  }
});

test('is rounded once: the sum is float64, though float32 would cancel', () => {
  const before = network({ a: [[':input'], point()], b: [[':input'], point()], sum: [['a', 'b', 'b2'], add] });
  const nodes = [...before.graph.nodes];
  nodes.splice(3, 0, { name: 'b2', inputs: [':input'], ...point() });
  const graph = { ...before.graph, nodes };
  const tensors = formulaTensors(graph);
  for (const [name, value] of [
    ['a', 2 ** 24],
    ['b', 1],
    ['b2', -(2 ** 24)],
  ] as const) {
    tensors.set(`${name}.bias`, { shape: [3], data: new Float32Array(3).fill(value) });
    tensors.set(`${name}.weight`, { shape: [3, 3, 1, 1], data: new Float32Array(9).fill(value) });
  }
  const after = mergeBranches(bind(graph, tensors), new Set(['sum']));
  assert.equal([...after.tensors.get('sum.bias')!.data], [1, 1, 1]);
  assert.equal([...after.tensors.get('sum.weight')!.data], new Array(9).fill(1));
});

const PAIR = { a: [[':input'], conv()], b: [[':input'], point()] } satisfies Record<string, [string[], Operation]>;

test('not if a branch is wanted; those beside it are merged without it', () => {
  const before = network({
    ...PAIR,
    c: [[':input'], norm()],
    two: [['a', 'b'], add],
    three: [['two', 'c'], add],
  });
  assert.equal(merged(before, 'a', 'three'), ['a', 'b', 'c', 'two', 'three']);
  assert.equal(merged(before, 'c', 'three'), ['c', 'two', 'three']);
  assert.equal(merged(before, 'two', 'three'), ['c', 'two', 'three']);
});

test('not if another node reads a branch', () => {
  const before = network({ ...PAIR, sum: [['a', 'b'], add], other: [['a'], relu], end: [['sum', 'other'], add] });
  assert.equal(merged(before), ['a', 'b', 'sum', 'other', 'end']);
});

test('a constant that another node reads stays, and the branches do not', () => {
  const before = network({
    ...PAIR,
    gain: parameter(3, 1, 1),
    scaled: [['a', 'gain'], { op: 'mul' }],
    sum: [['scaled', 'b'], add],
    end: [['sum', 'gain'], { op: 'mul' }],
    act: [['end'], relu],
    again: [['act', 'gain'], add],
  });
  assert.equal(merged(before), ['gain', 'end', 'act', 'again']);
});

for (const [what, nodes] of [
  // 7×6 pixels from 7×6 pixels, by stride 2 over many zeros.
  ['other strides', { a: [[':input'], conv({ kernel: [1, 1], padding: [3, 3, 3, 2], stride: [2, 2] })], b: PAIR.b }],
  ['other groups', { a: [[':input'], conv({ groups: 3 })], b: PAIR.b }],
  [
    'taps between those of the other',
    { a: [[':input'], conv({ dilation: [2, 2], padding: [1, 3, 1, 3] })], b: PAIR.b },
  ],
  ['other dilations', { a: PAIR.a, b: [[':input'], conv({ dilation: [2, 2], padding: [2, 2, 2, 2] })] }],
  [
    'a row and a column, whose window is more work',
    {
      a: [[':input'], conv({ kernel: [1, 7], padding: [0, 0, 3, 3] })],
      b: [[':input'], conv({ kernel: [7, 1], padding: [3, 3, 0, 0] })],
    },
  ],
  ['one channel that is repeated', { a: [[':input'], conv({ outChannels: 1 })], b: PAIR.b }],
  ['an activation inside of a branch', { c: PAIR.a, a: [['c'], relu], b: PAIR.b }],
  ['a convolution that is activated itself', { a: [[':input'], conv({ activation: 'relu' })], b: PAIR.b }],
  ['two convolutions in a row', { c: PAIR.a, a: [['c'], conv()], b: PAIR.b }],
  ['batch norms alone', { a: [[':input'], norm()], b: [[':input'], norm()] }],
  ['a constant for each column', { c: PAIR.a, row: parameter(1, 1, 6), a: [['c', 'row'], { op: 'mul' }], b: PAIR.b }],
  ['a product of branches', { c: PAIR.a, d: PAIR.b, a: [['c', 'd'], { op: 'mul' }], b: PAIR.b }],
] satisfies [string, Record<string, [string[], Operation]>][]) {
  test(`not ${what}`, () => {
    assert.equal(merged(network({ ...nodes, sum: [['a', 'b'], add] })), [...Object.keys(nodes), 'sum']);
  });
}

/** Branches of random windows with norms and constants, added and subtracted in a random order. */
function randomBranches(random: Random): BoundGraph {
  const nodes: Record<string, [string[], Operation]> = { stem: [[':input'], relu] };
  const put = (inputs: string[], operation: Operation): string => {
    const name = `n${Object.keys(nodes).length}`;
    nodes[name] = [inputs, operation];
    return name;
  };
  const chance = (p: number): boolean => random.uniform() < p;
  const groups = chance(0.5) ? 3 : 1;
  const branch = (): string => {
    const reach = random.below(3);
    const dilation = chance(0.2) ? 2 : 1;
    const around = reach * dilation;
    const window = conv({
      groups: chance(0.9) ? groups : 1,
      kernel: [2 * reach + 1, 2 * reach + 1],
      dilation: [dilation, dilation],
      padding: [around, around, around, around],
      bias: chance(0.5),
    });
    const isItself = chance(0.25);
    let name = isItself ? 'stem' : put(['stem'], window);
    if (chance(0.5)) name = put([name], norm());
    if (chance(0.3)) name = put([name, put(...parameter(chance(0.5) ? 3 : 1, 1, 1))], { op: 'mul' });
    return name;
  };
  const open = Array.from({ length: 2 + random.below(4) }, branch);
  while (open.length > 1) {
    const [a, b] = random.sample(open.length, 2);
    const [one, other] = [open[a!]!, open[b!]!];
    const rest = open.filter((_, i) => i !== a && i !== b);
    open.splice(0, open.length, ...rest, put([one, other], chance(0.3) ? { op: 'sub' } : add));
  }
  put(open, norm());
  return network(nodes);
}

test('random branches, with and without a wanted one: the same values, of fewer convolutions', () => {
  let [before, after] = [0, 0];
  for (let seed = 0; seed < 300; seed++) {
    const random = Random.stream(20, seed);
    const bound = randomBranches(random);
    const { nodes, output } = bound.graph;
    const wanted = random.uniform() < 0.5 ? [output] : [output, nodes[1 + random.below(nodes.length - 1)]!.name];
    for (const pass of [mergeBranches, optimise]) {
      const left = pass(bound, new Set(wanted));
      expectSame(bound, left, wanted, TOLERANCE);
      if (pass === mergeBranches) after += convolutions(left);
    }
    before += convolutions(bound);
  }
  assert.ok(after < 0.75 * before, `${after} of ${before} convolutions are left`);
});

function convolutions({ graph }: BoundGraph): number {
  return graph.nodes.filter(({ op }) => op === 'conv2d').length;
}
