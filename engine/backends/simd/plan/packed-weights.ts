/**
 * The weights of a model in shared memory, as the kernels read them: each packing of each node made when a plan first
 * asks for it, then kept for all plans. Made by one thread, read by all.
 */

import { type BoundGraph, parameterName } from '../../../../graph/index.js';
import type { Tensor } from '../../../../weights/index.js';
import { LANES, pointStride, SLACK, TRANSFORMS } from '../abi.js';
import type { SharedMemory } from '../plan.js';
import { FACTORS } from '../strassen.js';
import type { Filter } from './lower.js';
import { type GroupPanels, groupPanels, packFilters, packGroupedFilters, panelsOf } from './pack-filters.js';
import { packFactors } from './strassen-factors.js';
import { transformFilters } from './transform-filters.js';

export interface PackedFilters {
  /** Addresses. */
  weights: number;
  bias: number;
  /** From one panel to the next, of a direct packing; from one point to the next, of a transformed one. */
  stride: number;
  /** Of the weights. */
  bytes: number;
}

export interface PackedScales {
  weights: number;
  bias: number;
  /** From one tap's row of channels to the next. */
  stride: number;
  bytes: number;
}

/** Numbers of a packing, told by their makers. */
type Fill = (floats: Float32Array) => void;

export class PackedWeights {
  readonly #model: BoundGraph;
  readonly #memory: SharedMemory;
  /** By node and packing. */
  readonly #addresses = new Map<string, number>();
  #bytes = 0;

  constructor(model: BoundGraph, memory: SharedMemory) {
    this.#model = model;
    this.#memory = memory;
  }

  /** Of all that was packed. */
  get bytes(): number {
    return this.#bytes;
  }

  /** `[panel][tap][k][16]`, of the taps told, as numbers `row·width + column`. */
  direct(filter: Filter, taps: readonly number[]): PackedFilters {
    const { outChannels, inChannels } = filter;
    const area = filter.kernel[0] * filter.kernel[1];
    const view = { outChannels, filterLength: inChannels * area, taps, k: steps(inChannels, area) };
    return this.#panels(filter, `direct ${taps.join()}`, taps.length * inChannels, (floats) =>
      packFilters(this.#tensor(filter.node, 'weight').data, view, floats),
    );
  }

  /** Taps are the rows told, `k` runs over a row's `[column][channel]`: how `packRows` lays out an image. */
  rows(filter: Filter, rows: readonly number[]): PackedFilters {
    const { outChannels, inChannels } = filter;
    const [height, width] = filter.kernel;
    const area = height * width;
    const k = steps(width, 1).flatMap((column) => steps(inChannels, area).map((channel) => channel + column));
    const view = { outChannels, filterLength: inChannels * area, taps: rows.map((row) => row * width), k };
    return this.#panels(filter, `rows ${rows.join()}`, rows.length * k.length, (floats) =>
      packFilters(this.#tensor(filter.node, 'weight').data, view, floats),
    );
  }

  /** `[panel][tap][k][16]`, `k` over the channels that a panel's groups read. */
  grouped(filter: Filter, taps: readonly number[]): PackedFilters & { panels: GroupPanels } {
    const panels = groupPanels(filter.inChannels, filter.outChannels, filter.groups);
    const shape = { ...filter, area: filter.kernel[0] * filter.kernel[1] };
    const packed = this.#panels(filter, `grouped ${taps.join()}`, taps.length * panels.k, (floats) =>
      packGroupedFilters(this.#tensor(filter.node, 'weight').data, shape, taps, panels, floats),
    );
    return { ...packed, panels };
  }

  /** `[panel][factor][tap][k][16]`, of the taps told, `k` and panels those of a half. */
  strassen(filter: Filter, taps: readonly number[]): PackedFilters {
    const { outChannels, inChannels } = filter;
    const panelFloats = FACTORS.length * taps.length * (inChannels / 2) * LANES;
    const shape = { outChannels, inChannels, area: filter.kernel[0] * filter.kernel[1] };
    const floats = (panelsOf(outChannels) / 2) * panelFloats;
    const weights = this.#place(`${filter.node} strassen ${taps.join()}`, floats, (into) =>
      packFactors(this.#tensor(filter.node, 'weight').data, shape, taps, into),
    );
    return { weights, bias: this.#bias(filter), stride: panelFloats * 4, bytes: floats * 4 };
  }

  /** `[point][panel][k][16]`. */
  transformed(kernel: keyof typeof TRANSFORMS, filter: Filter): PackedFilters {
    const points = TRANSFORMS[kernel].points ** 2;
    const { inChannels, outChannels } = filter;
    const stride = transformedStride(filter);
    const weights = this.#place(`${filter.node} ${kernel}`, (points * stride) / 4, (floats) =>
      transformFilters(
        kernel,
        this.#tensor(filter.node, 'weight').data,
        { inChannels, outChannels },
        floats,
        stride / 4,
      ),
    );
    return { weights, bias: this.#bias(filter), stride, bytes: points * stride };
  }

  /** `[tap][channels padded to 16]`, of the taps told, for one input channel an output channel. */
  depthwise(filter: Filter, taps: readonly number[]): PackedScales {
    const row = panelsOf(filter.outChannels) * LANES;
    const area = filter.kernel[0] * filter.kernel[1];
    const weights = this.#place(`${filter.node} depthwise ${taps.join()}`, taps.length * row, (floats) => {
      const { data } = this.#tensor(filter.node, 'weight');
      floats.fill(0);
      for (const [t, tap] of taps.entries()) {
        for (let c = 0; c < filter.outChannels; c++) floats[t * row + c] = data[c * area + tap]!;
      }
    });
    return { weights, bias: this.#bias(filter), stride: row * 4, bytes: taps.length * row * 4 };
  }

  /** A batch norm as a factor and an offset a channel, computed in float64. */
  scale({ node, channels, eps }: { node: string; channels: number; eps: number }): PackedScales {
    const row = panelsOf(channels) * LANES;
    const names = ['weight', 'bias', 'running_mean', 'running_var'];
    const factorOf = ([gain, , , variance]: Float32Array[], c: number) => gain![c]! / Math.sqrt(variance![c]! + eps);
    const place = (what: string, value: (tensors: Float32Array[], c: number) => number): number =>
      this.#place(`${node} ${what}`, row, (floats) => {
        const tensors = names.map((name) => this.#tensor(node, name).data);
        floats.fill(0);
        for (let c = 0; c < channels; c++) floats[c] = value(tensors, c);
      });
    return {
      weights: place('factors', factorOf),
      bias: place('offsets', (tensors, c) => tensors[1]![c]! - tensors[2]![c]! * factorOf(tensors, c)),
      stride: row * 4,
      bytes: row * 4,
    };
  }

  /** Frees all; no plan made with them may run any more. */
  dispose(): void {
    for (const address of this.#addresses.values()) this.#memory.free(address);
    this.#addresses.clear();
    this.#bytes = 0;
  }

  #panels(filter: Filter, packing: string, rowsOfPanel: number, fill: Fill): PackedFilters {
    const floats = panelsOf(filter.outChannels) * rowsOfPanel * LANES;
    const weights = this.#place(`${filter.node} ${packing}`, floats, fill);
    return { weights, bias: this.#bias(filter), stride: rowsOfPanel * LANES * 4, bytes: floats * 4 };
  }

  #bias({ node, outChannels, bias }: Filter): number {
    return this.#place(`${node} bias`, panelsOf(outChannels) * LANES, (floats) => {
      floats.fill(0);
      if (bias) floats.set(this.#tensor(node, 'bias').data);
    });
  }

  /** Address of what `fill` makes, made only the first time. */
  #place(key: string, floats: number, fill: Fill): number {
    const known = this.#addresses.get(key);
    if (known !== undefined) return known;
    const address = this.#memory.allocate(floats * 4 + SLACK);
    this.#addresses.set(key, address);
    this.#bytes += floats * 4;
    fill(new Float32Array(this.#memory.buffer, address, floats));
    return address;
  }

  #tensor(node: string, parameter: string): Tensor {
    const tensor = this.#model.tensors.get(parameterName(node, parameter));
    if (tensor === undefined) throw new Error(`The tensor ${parameterName(node, parameter)} is not bound.`);
    return tensor;
  }
}

/** Bytes from one point of a transformed filter to the next. */
export function transformedStride({ inChannels, outChannels }: Filter): number {
  return pointStride(inChannels, panelsOf(outChannels) * LANES);
}

/** 0, `step`, 2·`step`, …. */
function steps(count: number, step: number): number[] {
  return Array.from({ length: count }, (_, i) => i * step);
}
