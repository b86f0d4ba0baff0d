/** Filters as panels of 16 output channels side by side, filled up with zeros: `[panel][tap][k][16]`. */
import { LANES, panelsOf } from '../../abi.js';
import { interleave } from '../../packing/interleave.js';
import type { Filter } from '../../planning/axis.js';
import type { Fill, Packed, PackedWeights } from '../../planning/packed-weights.js';

/** `[panel][tap][k][16]`, for the given taps, as numbers `row·width + column`. */
export function packDirect(weights: PackedWeights, filter: Filter, taps: readonly number[]): Packed {
  return packPanels(weights, filter, `direct ${taps.join()}`, taps.length * filter.inChannels, (floats) =>
    packTaps(weights.tensor(filter.node, 'weight'), filter, taps, floats),
  );
}

/** The taps are the given rows; `k` runs over a row's `[column][channel]`, the layout of an image in `packRows`. */
export function packRowsOfFilter(weights: PackedWeights, filter: Filter, rows: readonly number[]): Packed {
  const width = filter.kernel[1];
  const taps = rows.flatMap((row) => Array.from({ length: width }, (_, column) => row * width + column));
  return packPanels(weights, filter, `rows ${rows.join()}`, taps.length * filter.inChannels, (floats) =>
    packTaps(weights.tensor(filter.node, 'weight'), filter, taps, floats),
  );
}

/** `[panel][tap][k][16]`, `k` over the channels that a panel's groups read. */
export function packGrouped(
  weights: PackedWeights,
  filter: Filter,
  taps: readonly number[],
): { packed: Packed; panels: GroupPanels } {
  const panels = groupPanels(filter);
  const shape = { ...filter, area: filter.kernel[0] * filter.kernel[1] };
  const rowsOfPanel = taps.length * panels.k;
  const packed = packPanels(
    weights,
    filter,
    `grouped ${taps.join()}`,
    rowsOfPanel,
    (floats) => packGroupedFilters(weights.tensor(filter.node, 'weight'), shape, taps, panels, floats),
    panels.all.length,
  );
  return { packed, panels };
}

function packPanels(
  weights: PackedWeights,
  filter: Filter,
  packing: string,
  rowsOfPanel: number,
  fill: Fill,
  panels = panelsOf(filter.outChannels),
): Packed {
  const floats = panels * rowsOfPanel * LANES;
  const address = weights.place(filter.node, packing, floats, fill);
  return { weights: address, bias: weights.bias(filter), stride: rowsOfPanel * LANES * 4, bytes: floats * 4 };
}

/** `into`: `panels·taps·k·16` floats, all of which are written. */
function packTaps(
  filters: Float32Array,
  { outChannels, inChannels, kernel }: Pick<Filter, 'outChannels' | 'inChannels' | 'kernel'>,
  taps: readonly number[],
  into: Float32Array,
): void {
  const area = kernel[0] * kernel[1];
  const filter = inChannels * area;
  let to = 0;
  for (let first = 0; first < outChannels; first += LANES) {
    const lanes = Math.min(LANES, outChannels - first);
    for (const tap of taps) {
      interleave({ data: filters, from: first * filter + tap, filter, step: area, lanes, k: inChannels }, into, to);
      to += inChannels * LANES;
    }
  }
}

/** The last 8 lanes of a panel may be left out. */
const HALF = LANES / 2;
/** The time of half a panel, as a part of that of a whole one. */
const HALF_COST = 0.7;

/** Panels of a grouped convolution. Each reads equally many channels, of all groups of its outputs. */
export interface GroupPanels {
  all: readonly GroupPanel[];
  /** The number of input channels. */
  k: number;
}

export interface GroupPanel {
  /** The first output channel. */
  output: number;
  /** 16 or 8. */
  lanes: number;
  /** The first input channel. */
  input: number;
}

type Groups = Pick<Filter, 'inChannels' | 'outChannels' | 'groups'>;

/**
 * Panels over all outputs, or panels that end where groups end, if those multiply fewer zeros: groups of 24 outputs
 * as a whole panel and half of one, groups of 4 as half a panel for each two.
 */
function groupPanels(groups: Groups): GroupPanels {
  const { outChannels } = groups;
  const outGroup = outChannels / groups.groups;
  const dense = readBy(cut(outChannels, outChannels), groups);
  if (outGroup % HALF !== 0 && HALF % outGroup !== 0) return dense;
  const aligned = readBy(cut(outChannels, Math.max(HALF, outGroup)), groups);
  return costOf(aligned) < costOf(dense) ? aligned : dense;
}

/** Cuts every `length` channels into panels. The last of them is half as wide if that suffices. */
function cut(channels: number, length: number): Pick<GroupPanel, 'output' | 'lanes'>[] {
  const panels = [];
  for (let output = 0; output < channels; ) {
    const left = Math.min(length - (output % length), channels - output);
    const lanes = left <= HALF ? HALF : LANES;
    panels.push({ output, lanes });
    output += lanes;
  }
  return panels;
}

function readBy(
  panels: readonly Pick<GroupPanel, 'output' | 'lanes'>[],
  { inChannels, outChannels, groups }: Groups,
): GroupPanels {
  const inGroup = inChannels / groups;
  const outGroup = outChannels / groups;
  const spans = panels.map(({ output, lanes }) => {
    const last = Math.min(outChannels, output + lanes) - 1;
    return [Math.floor(output / outGroup) * inGroup, (Math.floor(last / outGroup) + 1) * inGroup] as const;
  });
  const k = Math.max(...spans.map(([start, end]) => end - start));
  return { all: panels.map((panel, i) => ({ ...panel, input: Math.min(spans[i]![0], inChannels - k) })), k };
}

function costOf({ all, k }: GroupPanels): number {
  return k * all.reduce((sum, { lanes }) => sum + (lanes === LANES ? 1 : HALF_COST), 0);
}

/** Like `packTaps`, dense over the channels that a panel reads, with zeros outside of an output's group. */
function packGroupedFilters(
  filters: Float32Array,
  { inChannels, outChannels, groups, area }: Groups & { area: number },
  taps: readonly number[],
  { all, k }: GroupPanels,
  into: Float32Array,
): void {
  const inGroup = inChannels / groups;
  const outGroup = outChannels / groups;
  into.fill(0);
  for (const [panel, { output, lanes, input }] of all.entries()) {
    const end = Math.min(outChannels, output + lanes);
    for (let out = output; out < end; out++) {
      const shift = Math.floor(out / outGroup) * inGroup - input;
      for (const [t, tap] of taps.entries()) {
        const at = (panel * taps.length + t) * k * LANES + out - output;
        for (let c = 0; c < inGroup; c++) into[at + (shift + c) * LANES] = filters[(out * inGroup + c) * area + tap]!;
      }
    }
  }
}
