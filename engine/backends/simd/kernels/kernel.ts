/** What a folder of kernels gives to the registry. */
import type { CallShape } from '../abi/call.js';
import type { Compilation, Layer, Way } from '../planning/emission.js';
import type { Arithmetic } from '../printing/text.js';

export interface KernelFolder {
  /** Its name in `kernels/`. */
  folder: string;
  /** Its kernels, in the order in which the module exports them. */
  calls: readonly CallShape[];
  /** Numbers that its sources need beside the words, by name: sizes, and signed ones where they are negative. */
  constants?: Readonly<Record<string, number>>;
  /** How they compute a step: none where they cannot. Left out where no step of a graph becomes one of them. */
  ways?(layer: Layer, compilation: Compilation): readonly Way[];
  /** Loads `print.ts`. Left out where `assembly/<folder>.ts` is written by hand and exports the kernels. */
  print?(): Promise<{ print: PrintKernels }>;
}

/** The sources for tiles of so many rows. */
export type PrintKernels = (tileRows: number, arithmetic: Arithmetic) => readonly PrintedSource[];

export interface PrintedSource {
  /** File name in `assembly/`, to which the tile is added. */
  file: string;
  text: string;
  /** Kernels that it exports, by the names of their calls, to which the tile is added. */
  exports: readonly string[];
}
