/** Means over many values on TensorFlow.js: their rounding errors stay near those of PyTorch's float32, which adds blocks. */
import type { ComputedNode } from '../../graph/graph.js';
import { bind } from '../../graph/index.js';
import { runReference } from '../../graph/reference.js';
import { pixels } from '../support/pseudo-random.js';
import { relativeError } from '../support/relative-error.js';
import { assert, test } from '../support/test.js';
import { tfjsOnCpu } from '../support/tfjs-on-cpu.js';

const SIDE = 48;
const IMAGE = { rows: 2, height: SIDE, width: SIDE };
type Operation = ComputedNode extends infer N ? (N extends unknown ? Omit<N, 'name' | 'inputs'> : never) : never;

/** The error of a network without weights, relative to the largest value. */
async function errorOf(operations: readonly Operation[]): Promise<number> {
  const nodes = operations.map((operation, i) => ({
    name: `layer${i}`,
    inputs: [i === 0 ? ':input' : `layer${i - 1}`],
    ...operation,
  })) as ComputedNode[];
  const output = nodes.at(-1)!.name;
  const modules = new Map([['', output]]);
  const graph = { nodes: [{ name: ':input', inputs: [], op: 'input' as const }, ...nodes], output, modules };
  const model = bind(graph, new Map());
  const data = Uint8Array.from(pixels('long sums', IMAGE.rows * SIDE * SIDE * 3));
  const options = { taps: [output], scores: false, mean: [0, 0, 0], std: [1, 1, 1], precision: 'float32' as const };
  const program = await tfjsOnCpu.compile(model, options);
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

test('a window that is much larger than the map ends with it', async () => {
  const window = { kernel: square(1280), stride: square(1280), padding: [0, 0, 0, 0] as const, ceilMode: true };
  const mean = { op: 'avgPool2d', attrs: { ...window, countIncludePad: true } } as const;
  for (const pool of [mean, { op: 'maxPool2d', attrs: window } as const]) {
    // The first pool leaves one pixel for the second.
    const error = await errorOf([pool, pool]);
    assert.ok(error < 2e-6, `${pool.op}: ${error}`);
  }
});
