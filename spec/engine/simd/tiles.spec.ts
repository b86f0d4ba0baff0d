import { Random } from '../../../base/index.js';
import { LANES } from '../../../engine/backends/simd/abi.js';
import {
  FACTORS,
  packBlocks,
  packFactors,
  STORED_BLOCKS,
} from '../../../engine/backends/simd/kernels/strassen/pack.js';
import { PROGRAMS } from '../../../engine/backends/simd/kernels/winograd/programs.js';
import {
  pointRanges,
  TRANSFORMS,
  type TransformKernel,
  tilePoints,
  tileRuns,
  transformedFloats,
} from '../../../engine/backends/simd/kernels/winograd/tiles.js';
import { filterMatrix, tileMatrices, WINOGRAD_KERNELS } from '../../support/simd/winograd-matrices.js';
import { assert, test } from '../../support/test.js';

/** The weight of input `j` in output `i` through tap `t`. */
const isSeen = (kernel: TransformKernel, i: number, t: number, j: number): boolean =>
  // The first input of `toeplitz2` is the map's, not its padding; its third stands for padding.
  kernel === 'toeplitz2' ? j < 2 && j === i + t - 1 : j === i + t;

for (const kernel of WINOGRAD_KERNELS) {
  for (const outputs of Object.keys(PROGRAMS[kernel]).map(Number)) {
    test(`${kernel}, ${outputs} outputs: output · (filter ⊙ input) is the convolution`, () => {
      const filter = filterMatrix(kernel);
      const { input, output } = tileMatrices(kernel, outputs);
      const points = tilePoints(kernel, outputs);
      assert.is(output.length, outputs);
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

const [inChannels, outChannels, AREA, TAPS] = [32, 59, 9, [4, 0, 7]];
const [k, panels] = [inChannels / 2, 2];
const random = new Random(3);
const filters = Float32Array.from({ length: outChannels * inChannels * AREA }, () => random.normal());

function filterAt(out: number, channel: number, tap: number, area: number): number {
  return out < outChannels ? filters[(out * inChannels + channel) * area + tap]! : 0;
}

/** `B₁₁, B₁₂, B₂₁, B₂₂` by panel, tap, channel and lane, as the packings order them. */
function* blocksAt(factors: number, area: number, taps: number[]): Generator<{ factor: number; blocks: number[] }> {
  for (let panel = 0; panel < panels; panel++) {
    for (let factor = 0; factor < factors; factor++) {
      for (const tap of taps) {
        for (let c = 0; c < k; c++) {
          for (let lane = 0; lane < LANES; lane++) {
            const [first, second] = [panel * LANES + lane, (panels + panel) * LANES + lane];
            const inputs = [c, k + c];
            const blocks = inputs.flatMap((channel) => [first, second].map((out) => filterAt(out, channel, tap, area)));
            yield { factor, blocks };
          }
        }
      }
    }
  }
}

function unwritten(factors: number, taps: readonly number[]): Float32Array {
  return new Float32Array(panels * factors * taps.length * k * LANES).fill(Number.NaN);
}

test('each factor is its combination of the four blocks, zero where there is no channel', () => {
  const packed = unwritten(FACTORS.length, TAPS);
  packFactors(filters, { outChannels, inChannels, area: AREA }, TAPS, packed);
  let i = 0;
  for (const { factor, blocks } of blocksAt(FACTORS.length, AREA, TAPS)) {
    const expected = blocks.reduce((sum, value, block) => sum + FACTORS[factor]![block]! * value, 0);
    assert.ok(Math.abs(packed[i]! - expected) <= 2e-7 * Math.max(...blocks.map(Math.abs)), `float ${i}`);
    i++;
  }
  assert.is(i, packed.length);
});

function checkBlocks(area: number, taps: number[]): void {
  const packed = unwritten(STORED_BLOCKS.length, taps);
  packBlocks(filters.subarray(0, outChannels * inChannels * area), { outChannels, inChannels, area }, taps, packed);
  let i = 0;
  for (const { factor, blocks: [b11, b12, b21, b22] = [] } of blocksAt(STORED_BLOCKS.length, area, taps)) {
    assert.is(packed[i], [b11, b21, b12, b22][factor], `area ${area}, float ${i}`);
    i++;
  }
  assert.is(i, packed.length);
}

test('the stored blocks are B₁₁, B₂₁, B₁₂ and B₂₂', () => checkBlocks(AREA, TAPS));

test('one tap, whose two halves of the input channels lie side by side: the same blocks', () => {
  checkBlocks(1, [0]);
  checkBlocks(9, [4]);
});
