/**
 * The weights of a model in shared memory, as the kernels read them: each packing of each node is made when a plan first
 * asks for it, then kept for all plans. One thread makes them, all read them. How numbers are packed is said in each
 * kernel's `pack.ts`.
 */
import { type BoundGraph, parameterName } from '../../../../graph/index.js';
import { LANES, panelsOf, SLACK } from '../abi/layout.js';
import type { SharedMemory } from '../memory/kernel-memory.js';
import type { Filter } from './filter.js';

export interface Packed {
  /** Addresses. */
  weights: number;
  bias: number;
  /**
   * Bytes from one panel to the next. Of a transformed packing: from one point to the next. Of a depthwise one: from one
   * tap's row of channels to the next.
   */
  stride: number;
  /** Bytes of the weights. */
  bytes: number;
}

/** Writes all numbers of a packing. */
export type Fill = (floats: Float32Array) => void;

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

  /** Bytes of all that was packed. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The address of what `fill` makes, made only the first time. */
  place(node: string, packing: string, floats: number, fill: Fill): number {
    const key = `${node} ${packing}`;
    const known = this.#addresses.get(key);
    if (known !== undefined) return known;
    const address = this.#memory.allocate(floats * 4 + SLACK);
    this.#addresses.set(key, address);
    this.#bytes += floats * 4;
    fill(new Float32Array(this.#memory.buffer, address, floats));
    return address;
  }

  /** `[panel][16]`: zeros where a filter has no bias. */
  bias({ node, outChannels, bias }: Filter): number {
    return this.place(node, 'bias', panelsOf(outChannels) * LANES, (floats) => {
      floats.fill(0);
      if (bias) floats.set(this.tensor(node, 'bias'));
    });
  }

  /** The numbers of a parameter, as the model has them. */
  tensor(node: string, parameter: string): Float32Array {
    const tensor = this.#model.tensors.get(parameterName(node, parameter));
    if (tensor === undefined) throw new Error(`The tensor ${parameterName(node, parameter)} is not bound.`);
    return tensor.data;
  }

  /** Frees all; no plan made with them may run any more. */
  dispose(): void {
    for (const address of this.#addresses.values()) this.#memory.free(address);
    this.#addresses.clear();
    this.#bytes = 0;
  }
}
