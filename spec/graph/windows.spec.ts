import { loadBackend } from '../../engine/index.js';
import { windowsOf } from '../../graph/backbones/windows.js';
import { type BoundGraph, type Graph, GraphError } from '../../graph/index.js';
import { runReference } from '../../graph/reference.js';
import { assert, refusal, test } from '../support/test.js';
import { tfjsOnCpu } from '../support/tfjs-on-cpu.js';

for (const [map, side, shift] of [
  [[5, 7], 4, true],
  [[8, 8], 4, true],
  [[3, 9], 4, true],
  [[6, 6], 7, true],
  [[8, 4], 4, false],
] as const) {
  test(`windows of ${side} on ${map.join('×')}${shift ? ', shifted' : ''}: each pixel has one place`, () => {
    const { count, pixels, added, taken, places, mask } = windowsOf(map, side, shift);
    const columns = map[1] + added[1];
    assert.is(count * pixels, (map[0] + added[0]) * columns);
    assert.is(new Set(taken).size, taken.length);
    for (const [i, place] of places.entries()) {
      const [row, column] = [Math.floor(i / map[1]), i % map[1]];
      assert.is(taken[place], row * columns + column);
    }
    assert.is(mask === null, !shift || Math.max(map[0] + added[0], columns) === side);
    if (mask !== null) {
      assert.is(mask.length, taken.length * pixels);
      // A pixel sees itself, and seeing is mutual.
      for (let i = 0; i < taken.length; i++) {
        const first = i - (i % pixels);
        assert.is(mask[i * pixels + (i % pixels)], 0);
        for (let j = 0; j < pixels; j++) assert.is(mask[i * pixels + j], mask[(first + j) * pixels + (i % pixels)]);
      }
    }
  });
}

test('a map that no memory holds is refused', async () => {
  const { message } = await refusal('BAD_IMAGE_SIZE', () => windowsOf([4096, 4096], 7, true));
  assert.match(message, 'a map of 4096×4096 cannot be cut into windows of 7×7');
  assert.throws(
    () => windowsOf([0, 4], 7, true),
    (error: unknown) => error instanceof GraphError,
  );
});

const GRAPH: Graph = {
  nodes: [
    { name: ':input', inputs: [], op: 'input', size: [2, 2] },
    { name: 'offset', inputs: [], op: 'constant', attrs: { shape: [3, 1, 2], values: [1, 2, 3, 4, 5, 6] } },
    { name: 'sum', inputs: [':input', 'offset'], op: 'add', attrs: {} },
  ],
  output: 'sum',
  modules: new Map([['', 'sum']]),
};

for (const engine of [tfjsOnCpu, await loadBackend('simd')]) {
  test(`${engine.name}: a constant is the same for each image of a batch`, async () => {
    const bound: BoundGraph = { graph: GRAPH, tensors: new Map() };
    const options = { taps: ['sum'], scores: false, mean: [0, 0, 0], std: [1, 1, 1], precision: 'float32' } as const;
    const data = Uint8Array.from({ length: 24 }, (_, i) => 9 * i);
    const program = await engine.compile(bound, options);
    const { taps } = await program.run({ rows: 2, height: 2, width: 2, data });
    await program.dispose();
    const at = (image: number, channel: number, pixel: number) => data[image * 12 + pixel * 3 + channel]! / 255;
    const images = [0, 1].flatMap((n) => [0, 1, 2].flatMap((c) => [0, 1, 2, 3].map((p) => at(n, c, p))));
    const truth = runReference(bound, { shape: [2, 3, 2, 2], data: Float64Array.from(images) }).get('sum')!.data;
    const found = taps.get('sum')!.data;
    assert.ok(truth.every((value, i) => Math.abs(value - found[i]!) < 1e-6));
  });
}
