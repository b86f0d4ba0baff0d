/** A layer graph for one image size and number of images, as calls of kernels; what the compile step makes and all run. */
import type { PlanRow } from '../../../contract/plan-description.js';

export type { PlanRow };

export interface KernelCall {
  /** The name that its function is exported under. */
  kernel: string;
  /** Graph node whose output this call computes, or a part of it. */
  node: string;
  /** Address of its parameters. */
  params: number;
  /** Pieces of work that may be computed in any order, by different threads. */
  units: number;
  /** Calls of one step do not depend on each other; a step needs all before it to have ended. Counts from 0, in order. */
  step: number;
}

/** Where a kept output lies when the last call has ended. */
export interface PlanOutput {
  /** In the arena. */
  offset: number;
  /** Without the batch, as PyTorch has it. */
  shape: readonly number[];
  /** `[channels, height, width]` of the activation it is read from; a flattened one keeps its map. */
  map: readonly [number, number, number];
  /** Floats from one row (position of an image) to the next. */
  channelStride: number;
}

export interface Plan {
  images: number;
  height: number;
  width: number;
  /** In order; each may read what those before it wrote. */
  calls: readonly KernelCall[];
  rows: readonly PlanRow[];
  /** Where the pixels go, `[image][y][x][3]`, uint8: offset in the arena. */
  pixels: number;
  /** By node name. */
  outputs: ReadonlyMap<string, PlanOutput>;
  /** Softmax of the graph's output; null where it is not wanted, or has more than one position an image. */
  scores: PlanOutput | null;
  /** Bytes of one arena, without scratch; offset 0 holds nothing. */
  arenaBytes: number;
  /** Bytes of scratch that a thread needs beside the arena. */
  scratchBytes: number;
  /** Frees its tables and parameters; weights stay, for other plans. Nothing may run it any more. */
  dispose(): void;
}
