/**
 * Plans of small versions of real networks, and of random graphs, before and after the passes.
 *
 * @long: many networks, with many taps
 */
import type { PartRule } from '../../../engine/backends/simd/compiling/parts.js';
import type { BoundGraph } from '../../../graph/index.js';
import { optimise } from '../../../graph/passes/index.js';
import { uniform } from '../../support/pseudo-random.js';
import { DIRECT_RATES, EAGER_RATES } from '../../support/simd/run-plan.js';
import { ALONE, checkParts, checkPlan, conv, type Layers, network } from '../../support/simd/small-networks.js';
import { cases, test } from '../../support/test.js';

const norm = (channels: number): Layers[number][2] => ({ op: 'batchNorm2d', attrs: { channels, eps: 1e-5 } });
const relu: Layers[number][2] = { op: 'relu' };
const relu6: Layers[number][2] = { op: 'relu6' };
const add: Layers[number][2] = { op: 'add', attrs: {} };
const concat: Layers[number][2] = { op: 'concat', attrs: { axis: 1 } };
const flatten: Layers[number][2] = { op: 'flatten' };

const maxPool = (kernel: number, stride: number, padding = 0, ceilMode = false): Layers[number][2] => {
  const attrs = { kernel: [kernel, kernel], stride: [stride, stride] } as const;
  return { op: 'maxPool2d', attrs: { ...attrs, padding: [padding, padding, padding, padding], ceilMode } };
};
const averageTo = (height: number, width: number): Layers[number][2] => {
  return { op: 'adaptiveAvgPool2d', attrs: { output: [height, width] } };
};
const linear = (inFeatures: number, outFeatures: number): Layers[number][2] => {
  return { op: 'linear', attrs: { inFeatures, outFeatures, bias: true } };
};

const networks: Record<string, Layers> = {
  ResNet: [
    ['conv1', ':input', conv(3, 8, 7, { stride: 2, padding: 3, bias: false })],
    ['bn1', 'conv1', norm(8)],
    ['relu', 'bn1', relu],
    ['maxpool', 'relu', maxPool(3, 2, 1)],
    ['1.conv1', 'maxpool', conv(8, 8, 3, { padding: 1, bias: false })],
    ['1.bn1', '1.conv1', norm(8)],
    ['1.relu1', '1.bn1', relu],
    ['1.conv2', '1.relu1', conv(8, 8, 3, { padding: 1, bias: false })],
    ['1.bn2', '1.conv2', norm(8)],
    ['1.add', ['1.bn2', 'maxpool'], add],
    ['1.relu', '1.add', relu],
    ['2.conv1', '1.relu', conv(8, 20, 3, { stride: 2, padding: 1, bias: false })],
    ['2.bn1', '2.conv1', norm(20)],
    ['2.relu1', '2.bn1', relu],
    ['2.conv2', '2.relu1', conv(20, 20, 3, { padding: 1, bias: false })],
    ['2.bn2', '2.conv2', norm(20)],
    ['2.down.0', '1.relu', conv(8, 20, 1, { stride: 2, bias: false })],
    ['2.down.1', '2.down.0', norm(20)],
    ['2.add', ['2.bn2', '2.down.1'], add],
    ['2.relu', '2.add', relu],
    ['avgpool', '2.relu', averageTo(1, 1)],
    ['flatten', 'avgpool', flatten],
    ['fc', 'flatten', linear(20, 5)],
  ],
  'ResNeXt, bottleneck': [
    ['c0', ':input', conv(3, 16, 3, { stride: 2, padding: 1 })],
    ['c1', 'c0', conv(16, 24, 1)],
    ['r1', 'c1', relu],
    ['c2', 'r1', conv(24, 24, 3, { stride: 2, padding: 1, groups: 6 })],
    ['r2', 'c2', relu],
    ['c3', 'r2', conv(24, 36, 1)],
    ['b3', 'c3', norm(36)],
    ['down', 'c0', conv(16, 36, 1, { stride: 2 })],
    ['add', ['b3', 'down'], add],
    ['relu', 'add', relu],
  ],
  VGG: [
    ['c0', ':input', conv(3, 12, 3, { padding: 1 })],
    ['r0', 'c0', relu],
    ['c1', 'r0', conv(12, 16, 3, { padding: 1 })],
    ['r1', 'c1', relu],
    ['p1', 'r1', maxPool(2, 2)],
    ['c2', 'p1', conv(16, 20, 3, { padding: 1 })],
    ['r2', 'c2', relu],
    ['p2', 'r2', maxPool(2, 2, 0, true)],
    ['avgpool', 'p2', averageTo(3, 3)],
    ['flatten', 'avgpool', flatten],
    ['l0', 'flatten', linear(180, 18)],
    ['r3', 'l0', relu],
    ['drop', 'r3', { op: 'identity' }],
    ['l1', 'drop', linear(18, 4)],
  ],
  MobileNet: [
    ['c0', ':input', conv(3, 8, 3, { stride: 2, padding: 1, bias: false })],
    ['b0', 'c0', norm(8)],
    ['r0', 'b0', relu6],
    ['c1', 'r0', conv(8, 40, 1, { bias: false })],
    ['b1', 'c1', norm(40)],
    ['r1', 'b1', relu6],
    ['c2', 'r1', conv(40, 40, 3, { padding: 1, groups: 40, bias: false })],
    ['b2', 'c2', norm(40)],
    ['r2', 'b2', relu6],
    ['c3', 'r2', conv(40, 8, 1, { bias: false })],
    ['b3', 'c3', norm(8)],
    ['add', ['r0', 'b3'], add],
    ['c4', 'add', conv(8, 8, 5, { stride: 2, padding: 2, groups: 8 })],
    ['pool', 'c4', averageTo(2, 1)],
  ],
  DenseNet: [
    ['c0', ':input', conv(3, 10, 3, { padding: 1 })],
    ['b1', 'c0', norm(10)],
    ['r1', 'b1', relu],
    ['c1', 'r1', conv(10, 6, 3, { padding: 1 })],
    ['cat1', ['c0', 'c1'], concat],
    ['b2', 'cat1', norm(16)],
    ['r2', 'b2', relu],
    ['c2', 'r2', conv(16, 6, 3, { padding: 1 })],
    ['cat2', ['c0', 'c1', 'c2'], concat],
    ['b3', 'cat2', norm(22)],
    ['c3', 'b3', conv(22, 11, 1)],
    [
      'pool',
      'c3',
      {
        op: 'avgPool2d',
        attrs: { kernel: [2, 2], stride: [2, 2], padding: [0, 0, 0, 0], ceilMode: false, countIncludePad: true },
      },
    ],
  ],
  Inception: [
    ['c0', ':input', conv(3, 12, 3)],
    ['a', 'c0', conv(12, 8, 1, { activation: 'relu' })],
    ['b1', 'c0', conv(12, 6, [1, 7], { padding: [0, 3], activation: 'relu' })],
    ['b2', 'b1', conv(6, 8, [7, 1], { padding: [3, 0], activation: 'relu' })],
    [
      'p',
      'c0',
      {
        op: 'avgPool2d',
        attrs: { kernel: [3, 3], stride: [1, 1], padding: [1, 1, 1, 1], ceilMode: false, countIncludePad: false },
      },
    ],
    ['p1', 'p', conv(12, 5, 1)],
    ['cat', ['a', 'b2', 'p1'], concat],
    ['relu', 'cat', relu],
    ['image', ':input', maxPool(3, 1)],
    ['again', ['relu', 'image'], concat],
  ],
};

function check(model: BoundGraph, size: readonly [number, number], images: number): void {
  const passed = optimise(model, new Set([model.graph.output]));
  for (const network of [model, passed]) {
    for (const rates of [EAGER_RATES, DIRECT_RATES]) checkPlan(network, size, { images, rates });
  }
  checkPlan(passed, size, { images, precision: 'exact', error: 3e-6 });
}

/** With filters that cost something, plans go on with the whole batch in other places. */
const PARTS: readonly PartRule[] = [ALONE, { cachedBytes: 0, filterCost: 0.5 }];

for (const [name, layers] of Object.entries(networks)) {
  const model = network(layers);
  test(`${name} at 20×17`, () => check(model, [20, 17], 1));
  test(`${name} at 9×12, three images, every layer a tap`, () => {
    check(model, [9, 12], 3);
    checkPlan(model, [9, 12], { images: 3, taps: model.graph.nodes.map((node) => node.name) });
  });
  test(`${name}, an image at a time, some layers taps`, () => {
    const names = model.graph.nodes.map((node) => node.name);
    const single = cases(
      names.map((node) => [node]),
      4,
    );
    for (const parts of PARTS) {
      for (const taps of [[], names, ...single]) checkParts(model, [9, 12], { taps, parts });
      checkParts(model, [9, 12], { rates: DIRECT_RATES, parts });
    }
  });
}

/** Layers on layers drawn from all that there are; every map stays between 1×1 and 9×9. */
function randomNetwork(seed: number): { model: BoundGraph; size: [number, number] } {
  const numbers = uniform(`graph ${seed}`, 400, 0, 1);
  let drawn = 0;
  const draw = (choices: number): number => Math.floor(numbers[drawn++]! * choices);
  const size: [number, number] = [3 + draw(7), 3 + draw(7)];
  const layers: Layers = [];
  const shapes = new Map<string, [number, number, number]>([[':input', [3, ...size]]]);
  const put = (inputs: string[], operation: Layers[number][2], shape: [number, number, number]): void => {
    const name = `n${layers.length}`;
    layers.push([name, inputs, operation]);
    shapes.set(name, shape);
  };
  const count = 4 + draw(6);
  while (layers.length < count) {
    const names = [...shapes.keys()];
    // Mostly the latest: a graph of some depth.
    const x = draw(3) > 0 ? names.at(-1)! : names[draw(names.length)]!;
    const [channels, height, width] = shapes.get(x)!;
    const kind = draw(9);
    if (kind < 4) {
      const kernel: [number, number] = [1 + draw(3), 1 + draw(3)];
      const stride: [number, number] = [1 + draw(2), 1 + draw(2)];
      const dilation: [number, number] = [1 + draw(2), 1 + draw(2)];
      const padding: [number, number, number, number] = [draw(3), draw(3), draw(3), draw(3)];
      const square = draw(2) === 0;
      const divisors = [1, 2, 3, 4, 5, 6, 8].filter((groups) => channels % groups === 0);
      const groups = draw(3) === 0 ? (draw(2) === 0 ? channels : divisors[draw(divisors.length)]!) : 1;
      const outChannels = groups * (1 + draw(Math.ceil(30 / groups)));
      const operation = square
        ? conv(channels, outChannels, 3, { padding, groups })
        : conv(channels, outChannels, kernel, { stride, padding, dilation, groups, bias: draw(2) === 0 });
      const { kernel: k, stride: s, dilation: d } = (operation as Extract<typeof operation, { op: 'conv2d' }>).attrs;
      const outHeight = Math.floor((height + padding[0] + padding[1] - d[0] * (k[0] - 1) - 1) / s[0]) + 1;
      const outWidth = Math.floor((width + padding[2] + padding[3] - d[1] * (k[1] - 1) - 1) / s[1]) + 1;
      if (outHeight < 1 || outWidth < 1 || outHeight > 9 || outWidth > 9) continue;
      put([x], operation, [outChannels, outHeight, outWidth]);
    } else if (kind === 4) {
      put([x], draw(2) === 0 ? relu : relu6, [channels, height, width]);
    } else if (kind === 5) {
      put([x], norm(channels), [channels, height, width]);
    } else if (kind === 6) {
      const output: [number, number] = [1 + draw(height), 1 + draw(width)];
      put([x], averageTo(...output), [channels, ...output]);
    } else {
      const alike = names.filter((name) => {
        const [c, h, w] = shapes.get(name)!;
        return h === height && w === width && (kind === 7 || c === channels);
      });
      const y = alike[draw(alike.length)]!;
      if (kind === 7) put([x, y], concat, [channels + shapes.get(y)![0], height, width]);
      else put([x, y], add, [channels, height, width]);
    }
  }
  return { model: network(layers), size };
}

const SEEDS = Array.from({ length: 60 }, (_, seed) => seed);

for (const seed of cases(SEEDS, 20)) {
  test(`random graph ${seed}`, () => {
    const { model, size } = randomNetwork(seed);
    check(model, size, 1 + (seed % 4));
    for (const parts of PARTS) checkParts(model, size, { images: 2 + (seed % 3), parts });
  });
}
