/** Long sums on WebAssembly: their rounding errors stay near those of PyTorch's float32, which adds blocks. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { loadBackend } from '../../engine/index.js';
import type { ComputedNode } from '../../graph/graph.js';
import { bind } from '../../graph/index.js';
import { nodeParameters, parameterName } from '../../graph/parameters.js';
import { runReference } from '../../graph/reference.js';
import { plainConvolution } from '../support/plain-convolution.js';
import { pixels, uniform } from '../support/pseudo-random.js';
import { relativeError } from '../support/relative-error.js';

const SIDE = 48;
const IMAGE = { rows: 2, height: SIDE, width: SIDE };
type Operation = ComputedNode extends infer N ? (N extends unknown ? Omit<N, 'name' | 'inputs'> : never) : never;

/** The error of a network whose first layers are exact, relative to the largest value. @param weights how large they are */
async function errorOf(operations: readonly Operation[], weights = 1): Promise<number> {
  const nodes = operations.map((operation, i) => ({
    name: `layer${i}`,
    inputs: [i === 0 ? ':input' : `layer${i - 1}`],
    ...operation,
  })) as ComputedNode[];
  const output = nodes.at(-1)!.name;
  const modules = new Map([['', output]]);
  const graph = { nodes: [{ name: ':input', inputs: [], op: 'input' as const }, ...nodes], output, modules };
  const tensors = nodes.flatMap((node) =>
    [...nodeParameters(node)].map(([part, shape]) => {
      const name = parameterName(node.name, part);
      const count = shape.reduce((a, b) => a * b, 1);
      const most = part === 'weight' ? weights : 1;
      return [name, { shape, data: uniform(name, count, -most, most) }] as const;
    }),
  );
  const model = bind(graph, new Map(tensors));
  const data = Uint8Array.from(pixels('long sums', IMAGE.rows * SIDE * SIDE * 3));
  const wasm = await loadBackend('wasm');
  const options = { taps: [output], scores: false, mean: [0, 0, 0], std: [1, 1, 1], precision: 'float32' as const };
  const program = await wasm.compile(model, options);
  const { taps } = await program.run({ ...IMAGE, data });
  await program.dispose();
  const planes = Float64Array.from({ length: data.length }, (_, i) => {
    const [image, rest] = [Math.floor(i / (SIDE * SIDE * 3)), i % (SIDE * SIDE * 3)];
    const [channel, position] = [Math.floor(rest / (SIDE * SIDE)), rest % (SIDE * SIDE)];
    return Math.fround(data[(image * SIDE * SIDE + position) * 3 + channel]! / 255);
  });
  const expected = runReference(model, { shape: [IMAGE.rows, 3, SIDE, SIDE], data: planes }).get(output)!;
  return relativeError(taps.get(output)!.data, expected.data);
}

const square = (side: number) => [side, side] as const;

test('a linear layer of 6,912 features', async () => {
  const linear = { op: 'linear', attrs: { inFeatures: 3 * SIDE * SIDE, outFeatures: 64, bias: true } } as const;
  // In one sum, 1.1e-6.
  const error = await errorOf([{ op: 'flatten' }, linear]);
  assert.ok(error < 6e-7, `${error}`);
});

test('a row of 512 features, before classes', async () => {
  const row = { op: 'slice', attrs: { axis: 1, start: 0, end: 512, step: 1 } } as const;
  const linear = { op: 'linear', attrs: { inFeatures: 512, outFeatures: 256, bias: true } } as const;
  // In one sum, 6.9e-7.
  const error = await errorOf([{ op: 'flatten' }, row, linear]);
  assert.ok(error < 5.5e-7, `${error}`);
});

test('a convolution of 1,728 products', async () => {
  const shuffled = { op: 'reshape', attrs: { shape: [192, 6, 6] } } as const;
  const conv = { op: 'conv2d', attrs: plainConvolution(3, 192, 8) } as const;
  const error = await errorOf([shuffled, conv]);
  assert.ok(error < 4.5e-7, `${error}`);
});

test('a convolution that was merged of three branches', async () => {
  const shuffled = { op: 'reshape', attrs: { shape: [48, 12, 12] } } as const;
  const conv = { op: 'conv2d', attrs: { ...plainConvolution(3, 48, 32), branches: 3 } } as const;
  // In one sum that begins with the bias, 1.8e-6.
  const error = await errorOf([shuffled, conv], 1e-2);
  assert.ok(error < 1.2e-7, `${error}`);
});

test('the mean of a line, which is a map of height 1', async () => {
  const line = { op: 'reshape', attrs: { shape: [3, 1, SIDE * SIDE] } } as const;
  const error = await errorOf([line, { op: 'adaptiveAvgPool2d', attrs: { output: square(1) } }]);
  // In one sum, 4.4e-7.
  assert.ok(error < 2.5e-7, `${error}`);
});

test('means over large maps', async () => {
  const mean = { op: 'reduce', attrs: { function: 'mean', axes: [2, 3], keepDims: false } } as const;
  const pool = { op: 'adaptiveAvgPool2d', attrs: { output: square(1) } } as const;
  for (const operation of [mean, pool]) {
    const error = await errorOf([operation]);
    assert.ok(error < 2.5e-7, `${operation.op}: ${error}`);
  }
});

test('products that are small beside their bias, on a small map', async () => {
  const shuffled = { op: 'reshape', attrs: { shape: [432, 4, 4] } } as const;
  const conv = { op: 'conv2d', attrs: plainConvolution(1, 432, 32) } as const;
  // With the bias first, 1.1e-6.
  const error = await errorOf([shuffled, conv], 1e-3);
  assert.ok(error < 1.2e-7, `${error}`);
});

test('a window that is much larger than the map ends with it', async () => {
  const window = { kernel: square(1280), stride: square(1280), padding: [0, 0, 0, 0] as const, ceilMode: true };
  const mean = { op: 'avgPool2d', attrs: { ...window, countIncludePad: true } } as const;
  for (const pool of [mean, { op: 'maxPool2d', attrs: window } as const]) {
    // The first pool leaves one pixel for the second.
    const error = await errorOf([pool, pool]);
    assert.ok(error < 2e-6, `${pool.op}: ${error}`);
  }
});

test.run();
