/**
 * A layer graph for one image size and number of images, as kernel calls. Compiling makes it once; every run reads it.
 */
import type { PlanRow } from '../../../contract/plan-description.js';

export type { PlanRow };

export interface KernelCall {
  /** The name of the exported function. */
  kernel: string;
  /** The graph node whose output this call computes, completely or in part. */
  node: string;
  /** The address of its parameters. */
  params: number;
  /** Pieces of work that may be computed in any order, by different threads. */
  units: number;
  /**
   * The step, counted from 0. Calls of one step do not depend on each other; a step needs all steps before it to have
   * ended.
   */
  step: number;
}

/** Where a wanted output lies after the last call. */
export interface PlanOutput {
  /** In the arena, of its first entry. */
  offset: number;
  /** Without the batch, as PyTorch has it. */
  shape: readonly number[];
  /** Its axes, row-major, in as many factors as it takes: sizes, and bytes from one entry to the next. */
  axes: readonly { size: number; step: number }[];
  /** Bytes from one image to the next. */
  imageStep: number;
}

export interface Plan {
  images: number;
  height: number;
  width: number;
  /** In order. Each may read the outputs of the calls before it. */
  calls: readonly KernelCall[];
  rows: readonly PlanRow[];
  /** Where the pixels go, `[image][y][x][3]`, uint8: offset in the arena. */
  pixels: number;
  /** By node name. */
  outputs: ReadonlyMap<string, PlanOutput>;
  /** Softmax of the graph's output; null if it is not wanted, or if the output has more than one position an image. */
  scores: PlanOutput | null;
  /** Bytes of one arena, without scratch; offset 0 holds nothing. */
  arenaBytes: number;
  /** Bytes of scratch that a thread needs beside the arena. */
  scratchBytes: number;
  /** Frees its tables and parameters. Weights stay, for other plans. The plan must not run any more. */
  dispose(): void;
}
