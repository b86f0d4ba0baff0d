/**
 * Filters as the kernels read them, `[panel][tap][k][16]`: a panel is 16 output channels side by side, filled up with
 * zeros. The code suits V8: flat loops over typed arrays, which read each filter in its own order.
 */
import { LANES, panelsOf } from '../../abi/layout.js';
import type { Filter } from '../../planning/filter.js';
import type { Fill, Packed, PackedWeights } from '../../planning/packed-weights.js';

/** `[panel][tap][k][16]`, for the given taps, as numbers `row·width + column`. */
export function packDirect(weights: PackedWeights, filter: Filter, taps: readonly number[]): Packed {
  const { outChannels, inChannels } = filter;
  const area = filter.kernel[0] * filter.kernel[1];
  const view = { outChannels, filterLength: inChannels * area, taps, k: steps(inChannels, area) };
  return packPanels(weights, filter, `direct ${taps.join()}`, taps.length * inChannels, (floats) =>
    packFilters(weights.tensor(filter.node, 'weight'), view, floats),
  );
}

/** The taps are the given rows; `k` runs over a row's `[column][channel]`, the layout of an image in `packRows`. */
export function packRowsOfFilter(weights: PackedWeights, filter: Filter, rows: readonly number[]): Packed {
  const { outChannels, inChannels } = filter;
  const [height, width] = filter.kernel;
  const area = height * width;
  const k = steps(width, 1).flatMap((column) => steps(inChannels, area).map((channel) => channel + column));
  const view = { outChannels, filterLength: inChannels * area, taps: rows.map((row) => row * width), k };
  return packPanels(weights, filter, `rows ${rows.join()}`, rows.length * k.length, (floats) =>
    packFilters(weights.tensor(filter.node, 'weight'), view, floats),
  );
}

/** `[panel][tap][k][16]`, `k` over the channels that a panel's groups read. */
export function packGrouped(
  weights: PackedWeights,
  filter: Filter,
  taps: readonly number[],
): { packed: Packed; panels: GroupPanels } {
  const panels = groupPanels(filter.inChannels, filter.outChannels, filter.groups);
  const shape = { ...filter, area: filter.kernel[0] * filter.kernel[1] };
  const packed = packPanels(weights, filter, `grouped ${taps.join()}`, taps.length * panels.k, (floats) =>
    packGroupedFilters(weights.tensor(filter.node, 'weight'), shape, taps, panels, floats),
  );
  return { packed, panels };
}

function packPanels(weights: PackedWeights, filter: Filter, packing: string, rowsOfPanel: number, fill: Fill): Packed {
  const floats = panelsOf(filter.outChannels) * rowsOfPanel * LANES;
  const address = weights.place(filter.node, packing, floats, fill);
  return { weights: address, bias: weights.bias(filter), stride: rowsOfPanel * LANES * 4, bytes: floats * 4 };
}

/** 0, `step`, 2·`step`, …. */
function steps(count: number, step: number): number[] {
  return Array.from({ length: count }, (_, i) => i * step);
}

/** The numbers of a filter `[k…][taps…]` that a packing holds, as offsets into it. */
interface FilterView {
  outChannels: number;
  /** Numbers of one output channel's filter. */
  filterLength: number;
  /** A sum of one offset of each is an offset into a filter. */
  taps: readonly number[];
  k: readonly number[];
}

/** `into`: `panels·taps·k·16` floats, all of which are written. */
function packFilters(filters: Float32Array, view: FilterView, into: Float32Array): void {
  const { outChannels, filterLength } = view;
  const taps = Int32Array.from(view.taps);
  const ks = Int32Array.from(view.k);
  let at = 0;
  for (let first = 0; first < outChannels; first += LANES) {
    const lanes = Math.min(LANES, outChannels - first);
    for (let tap = 0; tap < taps.length; tap++) {
      for (let k = 0; k < ks.length; k++) {
        let from = first * filterLength + taps[tap]! + ks[k]!;
        for (let lane = 0; lane < lanes; lane++) {
          into[at + lane] = filters[from]!;
          from += filterLength;
        }
        for (let lane = lanes; lane < LANES; lane++) into[at + lane] = 0;
        at += LANES;
      }
    }
  }
}

/**
 * The input channels that each panel of a grouped convolution reads: the channels of all groups of its outputs. Every
 * panel reads equally many.
 */
interface GroupPanels {
  /** The first channel, for each panel. */
  first: readonly number[];
  /** The number of channels. */
  k: number;
}

function groupPanels(inChannels: number, outChannels: number, groups: number): GroupPanels {
  const inGroup = inChannels / groups;
  const outGroup = outChannels / groups;
  const spans = Array.from({ length: panelsOf(outChannels) }, (_, panel) => {
    const last = Math.min(outChannels, (panel + 1) * LANES) - 1;
    return [Math.floor((panel * LANES) / outGroup) * inGroup, (Math.floor(last / outGroup) + 1) * inGroup] as const;
  });
  const k = Math.max(...spans.map(([start, end]) => end - start));
  return { first: spans.map(([start]) => Math.min(start, inChannels - k)), k };
}

/**
 * Like `packFilters`, for `[out][in/groups][taps]`: dense over the channels that a panel reads, with zeros outside of
 * an output's group.
 */
function packGroupedFilters(
  filters: Float32Array,
  { inChannels, outChannels, groups, area }: { inChannels: number; outChannels: number; groups: number; area: number },
  taps: readonly number[],
  { first, k }: GroupPanels,
  into: Float32Array,
): void {
  const inGroup = inChannels / groups;
  const outGroup = outChannels / groups;
  into.fill(0);
  for (let out = 0; out < outChannels; out++) {
    const panel = Math.floor(out / LANES);
    const shift = Math.floor(out / outGroup) * inGroup - first[panel]!;
    for (const [t, tap] of taps.entries()) {
      const at = (panel * taps.length + t) * k * LANES + (out % LANES);
      for (let c = 0; c < inGroup; c++) into[at + (shift + c) * LANES] = filters[(out * inGroup + c) * area + tap]!;
    }
  }
}
