/**
 * Plans of small versions of real networks, and of random graphs, before and after the passes.
 * @long: many networks, with many taps
 */
import type { PartRule } from '../../../engine/backends/simd/compiling/values.js';
import type { BoundGraph } from '../../../graph/index.js';
import { optimise } from '../../../graph/passes/index.js';
import { uniform } from '../../support/pseudo-random.js';
import { DIRECT_RATES, EAGER_RATES } from '../../support/simd/run-plan.js';
import {
  ALONE,
  checkParts,
  checkPlan,
  conv,
  type Layers,
  network,
  storedNetworks,
} from '../../support/simd/small-networks.js';
import { cases, test } from '../../support/test.js';

const norm = (channels: number): Layers[number][2] => ({ op: 'batchNorm2d', attrs: { channels, eps: 1e-5 } });
const relu: Layers[number][2] = { op: 'relu' };
const relu6: Layers[number][2] = { op: 'relu6' };
const add: Layers[number][2] = { op: 'add', attrs: {} };
const concat: Layers[number][2] = { op: 'concat', attrs: { axis: 1 } };

const averageTo = (height: number, width: number): Layers[number][2] => {
  return { op: 'adaptiveAvgPool2d', attrs: { output: [height, width] } };
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

for (const { name, layers } of storedNetworks('small-networks')) {
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
