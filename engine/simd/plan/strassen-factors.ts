/** Filters as the right-hand factors of Strassen's products, `[panel][factor][tap][k][16]`: in float64, rounded once. */
import { LANES } from '../abi.js';
import { FACTORS } from '../strassen.js';
import { panelsOf } from './pack-filters.js';

/**
 * @param filters `[out][in][area]`; an even number of input channels, and panels of output channels
 * @param taps numbers within the area
 * @param into written all
 */
export function packFactors(
  filters: Float32Array,
  { outChannels, inChannels, area }: { outChannels: number; inChannels: number; area: number },
  taps: readonly number[],
  into: Float32Array,
): void {
  const k = inChannels / 2;
  const panels = panelsOf(outChannels) / 2;
  const factorFloats = taps.length * k * LANES;
  const filterFloats = inChannels * area;
  for (let panel = 0; panel < panels; panel++) {
    for (let lane = 0; lane < LANES; lane++) {
      const first = panel * LANES + lane;
      const second = first + panels * LANES;
      for (const [t, tap] of taps.entries()) {
        let to = panel * FACTORS.length * factorFloats + t * k * LANES + lane;
        for (let c = 0; c < k; c++) {
          const upper = c * area + tap;
          const lower = upper + k * area;
          const b11 = first < outChannels ? filters[first * filterFloats + upper]! : 0;
          const b21 = first < outChannels ? filters[first * filterFloats + lower]! : 0;
          const b12 = second < outChannels ? filters[second * filterFloats + upper]! : 0;
          const b22 = second < outChannels ? filters[second * filterFloats + lower]! : 0;
          for (let factor = 0; factor < FACTORS.length; factor++) {
            const [f11, f12, f21, f22] = FACTORS[factor]!;
            into[to + factor * factorFloats] = f11 * b11 + f12 * b12 + f21 * b21 + f22 * b22;
          }
          to += LANES;
        }
      }
    }
  }
}
