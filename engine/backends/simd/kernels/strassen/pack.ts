/**
 * Filters as the right-hand factors of Strassen's products, `[panel][factor][tap][k][16]`, computed in float64 and
 * rounded once; or as the four blocks that the factors are made of. `FACTORS` is written out line by line for V8, since
 * this takes much of the time of a start.
 */
import { LANES, panelsOf } from '../../abi/layout.js';
import { interleave } from '../../packing/interleave.js';
import type { Filter } from '../../planning/filter.js';
import type { Packed, PackedWeights } from '../../planning/packed-weights.js';
import { FACTORS, STORED_BLOCKS } from './factors.js';

/** Bytes of all factors of such a filter, with so many taps. */
export function factorsBytes({ outChannels, inChannels }: Filter, taps: number): number {
  return 4 * (panelsOf(outChannels) / 2) * FACTORS.length * taps * (inChannels / 2) * LANES;
}

/**
 * `[panel][factor][tap][k][16]`, for the given taps; `k` and panels are those of a half.
 *
 * @param onlyBlocks `STORED_BLOCKS` instead of the factors
 */
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

/**
 * @param filters `[out][in][area]`
 * @param taps numbers within the area
 * @param into `[panel][block][tap][k][16]`; all of it is written
 */
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

/** Like `packBlocks`, with `FACTORS` where the blocks are. */
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
  const acrossHalf = panels * LANES;
  for (let panel = 0; panel < panels; panel++) {
    const out = panel * LANES;
    const lanes = outChannels - (acrossHalf + out);
    const place = { to: panel * FACTORS.length * factor, factor };
    writeFactors(
      filters,
      { from: out * filter, filter, area, k, half: k * area, acrossHalf: acrossHalf * filter, lanes },
      taps,
      into,
      place,
    );
  }
}

/** Where the four blocks of one panel lie in the filters. Numbers count floats. */
interface FourBlocks {
  /** The first filter of `B₁₁`. */
  from: number;
  /** From one filter to the next, and from one channel to the next. */
  filter: number;
  area: number;
  /** Channels of a block. */
  k: number;
  /** From `B₁₁` to `B₂₁`, and to `B₁₂`. */
  half: number;
  acrossHalf: number;
  /** Filters of `B₁₂`, if fewer than 16: some channels of the last panels may be missing. `B₁₁` has all. */
  lanes: number;
}

/** Writes `[tap][k][16]` of each of `FACTORS`, from `to` on, every `factor` floats. */
function writeFactors(
  filters: Float32Array,
  { from: start, filter, area, k, half, acrossHalf, lanes }: FourBlocks,
  taps: readonly number[],
  into: Float32Array,
  { to: first, factor }: { to: number; factor: number },
): void {
  let to = first;
  for (const tap of taps) {
    for (let c = 0; c < k; c++) {
      let from = start + c * area + tap;
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
