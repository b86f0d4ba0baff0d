/**
 * Filters as the right-hand factors of Strassen's products, `[panel][factor][tap][k][16]`, computed in float64 and
 * rounded once; or as the four blocks that the factors are made of. `FACTORS` is written out line by line for V8, since
 * this takes much of the time of a start.
 */
import { LANES, panelsOf } from '../../abi.js';
import { interleave } from '../../packing/interleave.js';
import type { Filter } from '../../planning/axis.js';
import type { Packed, PackedWeights } from '../../planning/packed-weights.js';

/** The sums `S₁ … S₄`, made of two positions. */
export const SUMS = 4;

/** Coefficients of `B₁₁, B₁₂, B₂₁, B₂₂` in the right-hand factors `B₁₁, B₂₁, T₂, T₃, −T₄, T₁, B₂₂`. */
export const FACTORS = [
  [1, 0, 0, 0],
  [0, 0, 1, 0],
  [1, -1, 0, 1],
  [0, -1, 0, 1],
  [-1, 1, 1, -1],
  [-1, 1, 0, 0],
  [0, 0, 0, 1],
] as const;

/** The blocks as stored without the other factors, `B₁₁, B₂₁, B₁₂, B₂₂`: halves of output and of input channels. */
export const STORED_BLOCKS = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
] as const;

/** Bytes of all factors of such a filter, with so many taps. */
export function factorsBytes({ outChannels, inChannels }: Filter, taps: number): number {
  return 4 * (panelsOf(outChannels) / 2) * FACTORS.length * taps * (inChannels / 2) * LANES;
}

/** `[panel][factor][tap][k][16]`, by halves. @param onlyBlocks `STORED_BLOCKS` instead of the factors */
export function packStrassen(
  weights: PackedWeights,
  filter: Filter,
  taps: readonly number[],
  onlyBlocks: boolean,
): Packed {
  const { outChannels, inChannels } = filter;
  const [packing, count, pack] = onlyBlocks
    ? (['blocks', STORED_BLOCKS.length, packBlocks] as const)
    : (['strassen', FACTORS.length, packFactors] as const);
  const panelFloats = count * taps.length * (inChannels / 2) * LANES;
  const shape = { outChannels, inChannels, area: filter.kernel[0] * filter.kernel[1] };
  const floats = (panelsOf(outChannels) / 2) * panelFloats;
  const address = weights.place(filter.node, `${packing} ${taps.join()}`, floats, (into) =>
    pack(weights.tensor(filter.node, 'weight'), shape, taps, into),
  );
  return { weights: address, bias: weights.bias(filter), stride: panelFloats * 4, bytes: floats * 4 };
}

interface FilterShape {
  /** A number that makes an even number of panels. */
  outChannels: number;
  /** A multiple of 16. */
  inChannels: number;
  area: number;
}

/** Filters `[out][in][area]`, taps by number, as `[panel][block][tap][k][16]`, of which all is written. */
export function packBlocks(
  filters: Float32Array,
  { outChannels, inChannels, area }: FilterShape,
  taps: readonly number[],
  into: Float32Array,
): void {
  const panels = panelsOf(outChannels) / 2;
  const filter = inChannels * area;
  // The two halves of the input channels are side by side, unless taps come between them.
  const k = taps.length === 1 ? inChannels : inChannels / 2;
  let to = 0;
  for (let panel = 0; panel < panels; panel++) {
    for (let outHalf = 0; outHalf < 2; outHalf++) {
      const out = (outHalf * panels + panel) * LANES;
      // Some channels of the last panels may be missing.
      const lanes = Math.max(0, Math.min(LANES, outChannels - out));
      for (let first = 0; first < inChannels; first += k) {
        for (const tap of taps) {
          const from = out * filter + first * area + tap;
          interleave({ data: filters, from, filter, step: area, lanes, k }, into, to);
          to += k * LANES;
        }
      }
    }
  }
}

/** Like `packBlocks`, with `FACTORS` where the blocks are. Written out line by line for V8. */
export function packFactors(
  filters: Float32Array,
  { outChannels, inChannels, area }: FilterShape,
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
    // Some channels of the last panels may be missing. `B₁₁` has all.
    const lanes = outChannels - (panels + panel) * LANES;
    let to = panel * FACTORS.length * factor;
    for (const tap of taps) {
      for (let c = 0; c < k; c++) {
        let from = panel * LANES * filter + c * area + tap;
        for (let lane = 0; lane < LANES; lane++) {
          const b11 = filters[from]!;
          const b21 = filters[from + half]!;
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
