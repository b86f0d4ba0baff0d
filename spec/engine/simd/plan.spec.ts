/** Plans run with the reference kernels, against direct float64 loops over the graph. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { BoundGraph, Graph, GraphNode, Op } from '../../../engine/index.js';
import { bind, buildGraph, optimise } from '../../../engine/index.js';
import { normalisationTable, normalise } from '../../../engine/normalise.js';
import type { PlanRequest } from '../../../engine/simd/plan/compile-plan.js';
import type { KernelRates } from '../../../engine/simd/plan/cost.js';
import { formulaTensors } from '../../support/formula-tensors.js';
import { pixels } from '../../support/pseudo-random.js';
import { evaluate } from '../../support/reference-evaluator.js';
import { relativeError } from '../../support/relative-error.js';
import { DIRECT_RATES, EAGER_RATES, planAndRun } from '../../support/simd/run-plan.js';

const MEAN = [0.485, 0.456, 0.406];
const STD = [0.229, 0.224, 0.225];

type Layers = [name: string, inputs: string | string[], operation: Op][];

function network(layers: Layers): BoundGraph {
  const nodes = layers.map(([name, inputs, operation]): GraphNode => {
    return { name, inputs: typeof inputs === 'string' ? [inputs] : inputs, ...operation };
  });
  const graph: Graph = {
    nodes: [{ name: ':input', inputs: [], op: 'input' }, ...nodes],
    output: layers.at(-1)![0],
    modules: new Map(),
  };
  return bind(graph, formulaTensors(graph));
}

type Size = number | [number, number];
const pair = (size: Size): [number, number] => (typeof size === 'number' ? [size, size] : size);

function conv(
  inChannels: number,
  outChannels: number,
  kernel: Size,
  more: {
    stride?: Size;
    padding?: Size | [number, number, number, number];
    dilation?: Size;
    groups?: number;
    bias?: boolean;
    activation?: 'relu' | 'relu6';
  } = {},
): Op {
  const { stride = 1, padding = 0, dilation = 1, groups = 1, bias = true, activation } = more;
  const [vertical, horizontal] = typeof padding === 'object' && padding.length === 4 ? [0, 0] : pair(padding as Size);
  return {
    op: 'conv2d',
    attrs: {
      inChannels,
      outChannels,
      kernel: pair(kernel),
      stride: pair(stride),
      padding:
        typeof padding === 'object' && padding.length === 4 ? padding : [vertical, vertical, horizontal, horizontal],
      dilation: pair(dilation),
      groups,
      bias,
      ...(activation === undefined ? {} : { activation }),
    },
  };
}

/** Compares every wanted output with the evaluator's; gives the plan. */
function check(
  model: BoundGraph,
  [height, width]: [number, number],
  {
    images = 2,
    taps = [model.graph.output],
    exact = false,
    rates = EAGER_RATES,
    error = 2e-5,
  }: { images?: number; taps?: string[]; exact?: boolean; rates?: KernelRates; error?: number } = {},
) {
  const data = pixels('image', images * height * width * 3);
  const request: PlanRequest = { images, height, width, taps, scores: true, mean: MEAN, std: STD, exact };
  const { plan, outputs } = planAndRun(model, request, data, rates);
  const size = height * width * 3;
  const expected = Array.from({ length: images }, (_, image) => {
    const values = normalise(data.subarray(image * size, (image + 1) * size), normalisationTable(MEAN, STD));
    const planar = Float32Array.from(
      values,
      (_, i) => values[(i % (height * width)) * 3 + Math.floor(i / (height * width))]!,
    );
    return evaluate(model, { shape: [3, height, width], data: planar });
  });
  for (const tap of new Set([...taps, model.graph.output])) {
    const values = expected.flatMap((outputs) => [...outputs.get(tap)!.data]);
    const difference = relativeError(outputs.get(tap)!, values);
    assert.ok(difference < error, `${tap}: differs by ${difference}`);
  }
  return plan;
}

const kernelsOf = (plan: { calls: readonly { kernel: string }[] }): string[] => [
  ...new Set(plan.calls.map(({ kernel }) => kernel)),
];

const test = suite('plan');

const cases: [string, Layers, [number, number]][] = [
  ['a first convolution 7×7/2', [['c', ':input', conv(3, 20, 7, { stride: 2, padding: 3 })]], [13, 18]],
  ['a first convolution of an image smaller than its window', [['c', ':input', conv(3, 5, 7, { padding: 3 })]], [2, 3]],
  ['a first convolution, dilated', [['c', ':input', conv(3, 5, 3, { padding: 2, dilation: 2 })]], [9, 8]],
  [
    'a first convolution, dilated downwards',
    [['c', ':input', conv(3, 5, [3, 1], { padding: [2, 0], dilation: 2 })]],
    [9, 8],
  ],
  ['a first convolution in groups', [['c', ':input', conv(3, 6, 3, { padding: 1, groups: 3 })]], [6, 5]],
  ['a first convolution, depthwise', [['c', ':input', conv(3, 3, 3, { padding: 1, groups: 3 })]], [6, 5]],
  [
    '1×1',
    [
      ['a', ':input', conv(3, 17, 1)],
      ['b', 'a', conv(17, 33, 1, { bias: false })],
    ],
    [5, 4],
  ],
  [
    '1×1/2',
    [
      ['a', ':input', conv(3, 16, 1)],
      ['b', 'a', conv(16, 24, 1, { stride: 2 })],
    ],
    [7, 6],
  ],
  [
    '3×3/2',
    [
      ['a', ':input', conv(3, 16, 1)],
      ['b', 'a', conv(16, 8, 3, { stride: 2, padding: 1 })],
    ],
    [9, 8],
  ],
  [
    '3×3/(2, 1), dilated',
    [
      ['a', ':input', conv(3, 9, 1)],
      ['b', 'a', conv(9, 8, 3, { stride: [2, 1], padding: 3, dilation: [2, 3] })],
    ],
    [9, 10],
  ],
  [
    '5×2, padded unevenly',
    [
      ['a', ':input', conv(3, 9, 1)],
      ['b', 'a', conv(9, 8, [5, 2], { padding: [2, 1, 0, 3] })],
    ],
    [5, 6],
  ],
  [
    'a window that sees nothing',
    [
      ['a', ':input', conv(3, 9, 1)],
      ['b', 'a', conv(9, 8, [1, 1], { padding: 2, stride: 2 })],
    ],
    [3, 3],
  ],
  [
    '3×3 of a map of one',
    [
      ['a', ':input', conv(3, 16, 4)],
      ['b', 'a', conv(16, 16, 3, { padding: 1 })],
    ],
    [4, 4],
  ],
  [
    '3×3, odd map',
    [
      ['a', ':input', conv(3, 18, 1)],
      ['b', 'a', conv(18, 20, 3, { padding: 1, activation: 'relu' })],
    ],
    [7, 10],
  ],
  [
    '3×3 without padding',
    [
      ['a', ':input', conv(3, 18, 1)],
      ['b', 'a', conv(18, 20, 3)],
    ],
    [7, 5],
  ],
  [
    '3×3, padded unevenly',
    [
      ['a', ':input', conv(3, 6, 1)],
      ['b', 'a', conv(6, 7, 3, { padding: [0, 2, 3, 1] })],
    ],
    [5, 7],
  ],
  [
    '3×3 of a map of 2×2',
    [
      ['a', ':input', conv(3, 18, 2)],
      ['b', 'a', conv(18, 20, 3, { padding: 1, activation: 'relu6' })],
    ],
    [3, 3],
  ],
  [
    'groups of 4',
    [
      ['a', ':input', conv(3, 32, 1)],
      ['b', 'a', conv(32, 32, 3, { padding: 1, groups: 8 })],
    ],
    [5, 4],
  ],
  [
    'groups of 3 to 5',
    [
      ['a', ':input', conv(3, 12, 1)],
      ['b', 'a', conv(12, 20, 3, { stride: 2, padding: 1, groups: 4 })],
    ],
    [5, 4],
  ],
  [
    'groups of 24',
    [
      ['a', ':input', conv(3, 48, 1)],
      ['b', 'a', conv(48, 72, [1, 3], { groups: 2 })],
    ],
    [3, 5],
  ],
  [
    'depthwise',
    [
      ['a', ':input', conv(3, 20, 1)],
      ['b', 'a', conv(20, 20, 3, { stride: 2, padding: 1, groups: 20, activation: 'relu6' })],
    ],
    [6, 7],
  ],
  [
    'depthwise, two outputs a channel',
    [
      ['a', ':input', conv(3, 20, 1)],
      ['b', 'a', conv(20, 40, 3, { padding: 1, groups: 20 })],
    ],
    [4, 4],
  ],
  [
    'a batch norm first',
    [
      ['b', ':input', { op: 'batchNorm2d', attrs: { channels: 3, eps: 1e-3 } }],
      ['r', 'b', { op: 'relu' }],
    ],
    [3, 4],
  ],
  ['relu6 of the image', [['r', ':input', { op: 'relu6' }]], [5, 3]],
  [
    'max pooling',
    [
      [
        'p',
        ':input',
        { op: 'maxPool2d', attrs: { kernel: [3, 2], stride: [2, 1], padding: [1, 1, 1, 1], ceilMode: false } },
      ],
    ],
    [8, 5],
  ],
  [
    'max pooling, rounded up, and relu',
    [
      [
        'p',
        ':input',
        { op: 'maxPool2d', attrs: { kernel: [3, 3], stride: [2, 2], padding: [0, 0, 0, 0], ceilMode: true } },
      ],
      ['r', 'p', { op: 'relu' }],
    ],
    [8, 6],
  ],
  [
    'average pooling with padding',
    [
      [
        'p',
        ':input',
        {
          op: 'avgPool2d',
          attrs: { kernel: [3, 3], stride: [2, 2], padding: [1, 1, 1, 1], ceilMode: true, countIncludePad: true },
        },
      ],
    ],
    [8, 6],
  ],
  [
    'average pooling without padding',
    [
      [
        'p',
        ':input',
        {
          op: 'avgPool2d',
          attrs: { kernel: [3, 3], stride: [2, 2], padding: [1, 1, 1, 1], ceilMode: true, countIncludePad: false },
        },
      ],
    ],
    [8, 7],
  ],
  ['adaptive pooling', [['p', ':input', { op: 'adaptiveAvgPool2d', attrs: { output: [3, 4] } }]], [7, 6]],
  ['adaptive pooling to more', [['p', ':input', { op: 'adaptiveAvgPool2d', attrs: { output: [5, 4] } }]], [2, 3]],
  [
    'flatten and Linear',
    [
      ['a', ':input', conv(3, 18, 2)],
      ['f', 'a', { op: 'flatten' }],
      ['l', 'f', { op: 'linear', attrs: { inFeatures: 18 * 6, outFeatures: 9, bias: true, activation: 'relu' } }],
      ['m', 'l', { op: 'linear', attrs: { inFeatures: 9, outFeatures: 3, bias: false } }],
    ],
    [3, 4],
  ],
  [
    'concat of odd channels',
    [
      ['a', ':input', conv(3, 7, 1)],
      ['b', ':input', conv(3, 16, 1)],
      ['c', ['a', 'b', ':input'], { op: 'concat' }],
      ['d', 'c', conv(26, 5, 3, { padding: 1 })],
    ],
    [4, 3],
  ],
  [
    'x + x',
    [
      ['a', ':input', conv(3, 7, 1)],
      ['s', ['a', 'a'], { op: 'add', attrs: { activation: 'relu' } }],
    ],
    [2, 3],
  ],
  [
    'a residual, and the tap before it',
    [
      ['a', ':input', conv(3, 7, 1)],
      ['b', 'a', conv(7, 7, 3, { padding: 1 })],
      ['s', ['b', 'a'], { op: 'add', attrs: {} }],
      ['r', 's', { op: 'relu' }],
      ['t', ['s', 'r'], { op: 'add', attrs: {} }],
    ],
    [6, 6],
  ],
  [
    'identities',
    [
      ['i', ':input', { op: 'identity' }],
      ['a', 'i', conv(3, 7, 1)],
      ['j', 'a', { op: 'identity' }],
      ['r', 'j', { op: 'relu' }],
      ['s', ['r', 'j'], { op: 'add', attrs: {} }],
    ],
    [2, 3],
  ],
];

for (const [name, layers, size] of cases) {
  for (const [way, rates] of [
    ['fewest multiplications', EAGER_RATES],
    ['no transforms', DIRECT_RATES],
  ] as const) {
    test(`${name} (${way})`, () => {
      const model = network(layers);
      for (const images of [1, 3, 7]) check(model, size, { images, rates });
      check(model, size, {
        images: 2,
        rates,
        exact: true,
        error: 3e-6,
        taps: model.graph.nodes.map((node) => node.name),
      });
    });
  }
}

for (const [backbone, size] of [
  ['resnet18', 32],
  ['resnet18', 65],
  ['mobilenet_v2', 32],
] as const) {
  test(`${backbone} at ${size}×${size}`, () => {
    const graph = buildGraph({ backbone, head: [16], classes: 4 });
    const model = optimise(
      bind(graph, formulaTensors(graph)),
      new Set([graph.output, graph.modules.get('layer2') ?? graph.output]),
    );
    console.log(kernelsOf(check(model, [size, size], { images: 1 })));
  });
}

test.run();
