/** Winograd's matrices and tiles: they compute convolutions, with any missing rows or columns, and cover a map. */
import { MATRICES } from '../../../engine/backends/simd/kernels/winograd/matrices.js';
import { pointRanges, tileRuns, transformedFloats } from '../../../engine/backends/simd/kernels/winograd/tiles.js';
import { TRANSFORMS, tilePoints } from '../../../engine/backends/simd/kernels/winograd/words.js';
import { assert, test } from '../../support/test.js';

const KERNELS = Object.keys(TRANSFORMS) as (keyof typeof TRANSFORMS)[];

/** The weight of input `j` in output `i` through tap `t`. */
const isSeen = (kernel: keyof typeof TRANSFORMS, i: number, t: number, j: number): boolean =>
  // The first input of `toeplitz2` is the map's, not its padding; its third stands for padding.
  kernel === 'toeplitz2' ? j < 2 && j === i + t - 1 : j === i + t;

for (const kernel of KERNELS) {
  const { filter, tiles } = MATRICES[kernel];
  for (const [outputs, { input, output }] of Object.entries(tiles)) {
    test(`${kernel}, ${outputs} outputs: output · (filter ⊙ input) is the convolution`, () => {
      const points = tilePoints(kernel, Number(outputs));
      assert.is(output.length, Number(outputs));
      for (const [i, ofPoints] of output.entries()) {
        for (let t = 0; t < 3; t++) {
          for (let j = 0; j < input[0]!.length; j++) {
            const sum = points.reduce((all, p, q) => all + ofPoints[q]! * filter[p]![t]! * input[q]![j]!, 0);
            const expected = isSeen(kernel, i, t, j) ? 1 : 0;
            assert.ok(Math.abs(sum - expected) < 2e-15, `output ${i}, tap ${t}, input ${j}: ${sum}`);
          }
        }
      }
    });
  }
}

const SIDES = Array.from({ length: 13 }, (_, i) => i + 1);

test('tiles cover every position of a map once, and a range holds just the tiles that have its point', () => {
  for (const kernel of ['winograd4', 'winograd2'] as const) {
    for (const height of SIDES) {
      for (const width of SIDES) {
        const runs = tileRuns(kernel, [height, width]);
        const tiles = runs.flatMap(({ down, across, origins }) => origins.map(([y, x]) => ({ down, across, y, x })));
        const positions = tiles.flatMap(({ down, across, y, x }) =>
          Array.from({ length: down * across }, (_, i) => (y + Math.floor(i / across)) * width + x + (i % across)),
        );
        assert.is(positions.length, height * width);
        assert.is(new Set(positions).size, height * width);
        assert.ok(positions.every((position) => position < height * width));

        const { points } = TRANSFORMS[kernel];
        for (const [point, { first, end }] of pointRanges(kernel, runs).entries()) {
          const having = tiles.flatMap(({ down, across }, tile) => {
            const has = (outputs: number, p: number) => tilePoints(kernel, outputs).includes(p);
            return has(down, Math.floor(point / points)) && has(across, point % points) ? [tile] : [];
          });
          const ranged = Array.from({ length: end - first }, (_, i) => first + i);
          assert.equal(ranged, having, `${kernel}, ${height}×${width}, point ${point}`);
        }
      }
    }
  }
});

test('transforms are counted without what small tiles lack', () => {
  // 4 + 3 outputs are of 6 + 5 points.
  assert.is(transformedFloats('winograd4', tileRuns('winograd4', [7, 7]), 16, 32), 11 * 11 * 16 + 7 * 11 * 32);
  assert.is(transformedFloats('winograd2', tileRuns('winograd2', [2, 3]), 16, 32), 4 * 7 * 16 + 2 * 7 * 32);
});
