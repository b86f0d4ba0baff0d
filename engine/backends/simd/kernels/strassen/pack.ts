/**
 * Filters as the right-hand factors of Strassen's products, `[panel][factor][tap][k][16]`, computed in float64 and
 * rounded once. `FACTORS` is written out line by line for V8, since this takes much of the time of a start.
 */
import { LANES, panelsOf } from '../../abi/layout.js';
import type { Filter } from '../../planning/filter.js';
import type { Packed, PackedWeights } from '../../planning/packed-weights.js';
import { FACTORS } from './factors.js';

/** `[panel][factor][tap][k][16]`, for the given taps; `k` and panels are those of a half. */
export function packStrassen(weights: PackedWeights, filter: Filter, taps: readonly number[]): Packed {
  const { outChannels, inChannels } = filter;
  const panelFloats = FACTORS.length * taps.length * (inChannels / 2) * LANES;
  const shape = { outChannels, inChannels, area: filter.kernel[0] * filter.kernel[1] };
  const floats = (panelsOf(outChannels) / 2) * panelFloats;
  const address = weights.place(filter.node, `strassen ${taps.join()}`, floats, (into) =>
    packFactors(weights.tensor(filter.node, 'weight'), shape, taps, into),
  );
  return { weights: address, bias: weights.bias(filter), stride: panelFloats * 4, bytes: floats * 4 };
}

/**
 * @param filters `[out][in][area]`; an even number of input channels, and of panels of output channels
 * @param taps numbers within the area
 * @param into all of it is written
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
          // Some channels of the last panels may be missing; the first half has all.
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
