/**
 * Filters as the right-hand factors of Strassen's products, `[panel][factor][tap][k][16]`: in float64, rounded once. Written
 * for V8, since a start spends its time here: `FACTORS` line by line.
 */
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
  const factor = taps.length * k * LANES;
  const filter = inChannels * area;
  const half = k * area;
  const acrossHalf = panels * LANES * filter;
  for (let panel = 0; panel < panels; panel++) {
    let to = panel * FACTORS.length * factor;
    const lanes = Math.max(0, Math.min(LANES, outChannels - (panels + panel) * LANES));
    for (const tap of taps) {
      for (let c = 0; c < k; c++) {
        let from = panel * LANES * filter + c * area + tap;
        for (let lane = 0; lane < LANES; lane++) {
          const b11 = filters[from]!;
          const b21 = filters[from + half]!;
          // Of the last panels' channels some may be missing; the first half has all.
          const b12 = lane < lanes ? filters[from + acrossHalf]! : 0;
          const b22 = lane < lanes ? filters[from + acrossHalf + half]! : 0;
          const t1 = b12 - b11;
          const t2 = b22 - t1;
          into[to] = b11;
          into[to + factor] = b21;
          into[to + 2 * factor] = t2;
          into[to + 3 * factor] = b22 - b12;
          into[to + 4 * factor] = b21 - t2;
          into[to + 5 * factor] = t1;
          into[to + 6 * factor] = b22;
          from += filter;
          to++;
        }
      }
    }
  }
}
