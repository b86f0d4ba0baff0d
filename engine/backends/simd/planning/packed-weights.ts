/** The weights of a model in shared memory, packed when a plan first asks for it; `pack.ts` of a kernel says how. */
import { type BoundGraph, parameterName } from '../../../../graph/index.js';
import { LANES, panelsOf, SLACK } from '../abi.js';
import type { SharedMemory } from '../kernel-memory.js';
import type { Filter } from './axis.js';

export interface Packed {
  /** The addresses of weights and bias. */
  weights: number;
  bias: number;
  /** Bytes from one panel to the next; transformed: from one point; depthwise: from one tap's row of channels. */
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

  /** Bytes of everything that was packed. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The address of the data of `fill`, which is called only the first time. */
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

  /** `[panel][16]`, with zeros if a filter has no bias. */
  bias({ node, outChannels, bias }: Filter): number {
    return this.place(node, 'bias', panelsOf(outChannels) * LANES, (floats) => {
      floats.fill(0);
      if (bias) floats.set(this.tensor(node, 'bias'));
    });
  }

  /** The numbers of a parameter, as they are in the model. */
  tensor(node: string, parameter: string): Float32Array {
    const tensor = this.#model.tensors.get(parameterName(node, parameter));
    if (tensor === undefined) throw new Error(`The tensor ${parameterName(node, parameter)} is not bound.`);
    return tensor.data;
  }

  /** Frees everything. The plans made with these weights must not run any more. */
  dispose(): void {
    for (const address of this.#addresses.values()) this.#memory.free(address);
    this.#addresses.clear();
    this.#bytes = 0;
  }
}
