/** Winograd's matrices and tiles: they compute convolutions, with any missing rows or columns, and cover a map. */

import { Random } from '../../../base/index.js';
import { LANES } from '../../../engine/backends/simd/abi/layout.js';
import { FACTORS, STORED_BLOCKS } from '../../../engine/backends/simd/kernels/strassen/factors.js';
import { packBlocks, packFactors } from '../../../engine/backends/simd/kernels/strassen/pack.js';
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

// The packing of Strassen's factors and blocks, written for speed, compared with the coefficients that define them.

const [inChannels, outChannels, area, taps] = [32, 59, 9, [4, 0, 7]];
const [k, panels] = [inChannels / 2, 2];
const random = new Random(3);
const filters = Float32Array.from({ length: outChannels * inChannels * area }, () => random.normal());

function filterAt(out: number, channel: number, tap: number): number {
  return out < outChannels ? filters[(out * inChannels + channel) * area + tap]! : 0;
}

/** `B₁₁, B₁₂, B₂₁, B₂₂` by panel, tap, channel and lane, as the packings order them. */
function* blocksAt(factors: number): Generator<{ factor: number; blocks: number[] }> {
  for (let panel = 0; panel < panels; panel++) {
    for (let factor = 0; factor < factors; factor++) {
      for (const tap of taps) {
        for (let c = 0; c < k; c++) {
          for (let lane = 0; lane < LANES; lane++) {
            const [first, second] = [panel * LANES + lane, (panels + panel) * LANES + lane];
            const inputs = [c, k + c];
            const blocks = inputs.flatMap((channel) => [first, second].map((out) => filterAt(out, channel, tap)));
            yield { factor, blocks };
          }
        }
      }
    }
  }
}

function unwritten(factors: number): Float32Array {
  return new Float32Array(panels * factors * taps.length * k * LANES).fill(Number.NaN);
}

test('each factor is its combination of the four blocks, zero where there is no channel', () => {
  const packed = unwritten(FACTORS.length);
  packFactors(filters, { outChannels, inChannels, area }, taps, packed);
  let i = 0;
  for (const { factor, blocks } of blocksAt(FACTORS.length)) {
    const expected = blocks.reduce((sum, value, block) => sum + FACTORS[factor]![block]! * value, 0);
    assert.ok(Math.abs(packed[i]! - expected) <= 2e-7 * Math.max(...blocks.map(Math.abs)), `float ${i}`);
    i++;
  }
  assert.is(i, packed.length);
});

test('the stored blocks are B₁₁, B₂₁, B₁₂ and B₂₂', () => {
  const packed = unwritten(STORED_BLOCKS.length);
  packBlocks(filters, { outChannels, inChannels, area }, taps, packed);
  let i = 0;
  for (const { factor, blocks: [b11, b12, b21, b22] = [] } of blocksAt(STORED_BLOCKS.length)) {
    assert.is(packed[i], [b11, b21, b12, b22][factor], `float ${i}`);
    i++;
  }
  assert.is(i, packed.length);
});

test('one tap, whose two halves of the input channels lie side by side: the same blocks', () => {
  for (const [area, tap] of [
    [1, 0],
    [9, 4],
  ] as const) {
    const some = filters.subarray(0, outChannels * inChannels * area);
    const packed = new Float32Array(panels * STORED_BLOCKS.length * k * LANES).fill(Number.NaN);
    packBlocks(some, { outChannels, inChannels, area }, [tap], packed);
    let i = 0;
    for (let panel = 0; panel < panels; panel++) {
      for (const [outHalf, inHalf] of STORED_BLOCKS) {
        for (let c = 0; c < k; c++) {
          for (let lane = 0; lane < LANES; lane++) {
            const out = (outHalf * panels + panel) * LANES + lane;
            const expected = out < outChannels ? some[(out * inChannels + inHalf * k + c) * area + tap]! : 0;
            assert.is(packed[i++], expected, `area ${area}, float ${i}`);
          }
        }
      }
    }
  }
});
