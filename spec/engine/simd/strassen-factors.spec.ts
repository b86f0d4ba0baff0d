/** The packing of Strassen's factors, written for speed, compared with the coefficients that define them. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LANES } from '../../../engine/backends/simd/abi/layout.js';
import { FACTORS } from '../../../engine/backends/simd/kernels/strassen/factors.js';
import { packFactors } from '../../../engine/backends/simd/kernels/strassen/pack.js';
import { Random } from '../../../random/index.js';

test('each factor is its combination of the four blocks, zero where there is no channel', () => {
  const [inChannels, outChannels, area, taps] = [32, 59, 9, [4, 0, 7]];
  const [k, panels] = [inChannels / 2, 2];
  const random = new Random(3);
  const filters = Float32Array.from({ length: outChannels * inChannels * area }, () => random.normal());
  const at = (out: number, channel: number, tap: number) =>
    out < outChannels ? filters[(out * inChannels + channel) * area + tap]! : 0;

  const packed = new Float32Array(panels * FACTORS.length * taps.length * k * LANES).fill(Number.NaN);
  packFactors(filters, { outChannels, inChannels, area }, taps, packed);

  let i = 0;
  for (let panel = 0; panel < panels; panel++) {
    for (const coefficients of FACTORS) {
      for (const tap of taps) {
        for (let c = 0; c < k; c++) {
          for (let lane = 0; lane < LANES; lane++) {
            const [first, second] = [panel * LANES + lane, (panels + panel) * LANES + lane];
            const blocks = [at(first, c, tap), at(second, c, tap), at(first, k + c, tap), at(second, k + c, tap)];
            const expected = blocks.reduce((sum, value, block) => sum + coefficients[block]! * value, 0);
            assert.ok(Math.abs(packed[i]! - expected) <= 2e-7 * Math.max(...blocks.map(Math.abs)), `float ${i}`);
            i++;
          }
        }
      }
    }
  }
  assert.is(i, packed.length);
});

test.run();
