/** The packing of Strassen's factors and blocks, written for speed, compared with the coefficients that define them. */
import { Random } from '../../../base/index.js';
import { LANES } from '../../../engine/backends/simd/abi/layout.js';
import { FACTORS, STORED_BLOCKS } from '../../../engine/backends/simd/kernels/strassen/factors.js';
import { packBlocks, packFactors } from '../../../engine/backends/simd/kernels/strassen/pack.js';
import { assert, test } from '../../support/test.js';

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
