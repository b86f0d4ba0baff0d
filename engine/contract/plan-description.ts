/** The description of a plan, for engines that lay a graph out before they compute. */

import type { PlanPrecision } from './backend.js';

/** One line of a plan: a node with all its calls. */
export interface PlanRow {
  node: string;
  /** The operation with everything that is fused into it: `conv2d+add+relu`. */
  operation: string;
  /** `[channels, height, width]` or `[features]`. */
  input: readonly number[];
  output: readonly number[];
  /** The kernel that computes the node, for a person: `convolution (9 regions)`. */
  kernel: string;
  calls: number;
  /** Whether the kernel computes one value after another: nobody has made it fast yet. */
  isSlow: boolean;
  /** Multiplications an image, counted from the layer as written. */
  macsWritten: number;
  /** Multiplications an image that are actually done, without the padding of panels. */
  macsDone: number;
  /** Bytes of the weights as packed. */
  weightBytes: number;
  /** Bytes of the output for the whole batch. */
  outputBytes: number;
}

/** The input of a plan: one model at one image size. */
export interface PlanTask {
  images: number;
  height: number;
  width: number;
  /** Nodes whose outputs are kept. */
  taps: readonly string[];
  /** Three channels each, in units of pixel/255. */
  mean: readonly number[];
  std: readonly number[];
  precision: PlanPrecision;
}

export interface PlanDescription {
  images: number;
  height: number;
  width: number;
  rows: readonly PlanRow[];
  /** Bytes of all packed weights, with biases. */
  weightBytes: number;
  /** Bytes of the memory that a thread computes in. */
  arenaBytes: number;
  scratchBytes: number;
  /** The kernels of this machine. If there are none: what is missing. */
  kernels: string;
}
