/** The interface of a folder of kernels to the registry. */
import type { CallShape } from '../abi/call.js';
import type { Compilation, Layer, Way } from '../planning/emission.js';
import type { Arithmetic } from '../printing/text.js';

export interface KernelFolder {
  /** Its name in `kernels/`. */
  folder: string;
  /** Its kernels, in the order in which the module exports them. */
  calls: readonly CallShape[];
  /** Numbers, besides the words, that its sources need, by name. Negative ones are printed as signed. */
  constants?: Readonly<Record<string, number>>;
  /** The ways to compute a step; empty if the kernels cannot. Left out if no step of a graph uses them. */
  ways?(layer: Layer, compilation: Compilation): readonly Way[];
  /** Loads `print.ts`. Left out if `assembly/<folder>.ts` is written by hand and exports the kernels. */
  print?(): Promise<{ print: PrintKernels }>;
}

/** The sources for tiles of so many rows. */
export type PrintKernels = (tileRows: number, arithmetic: Arithmetic) => readonly PrintedSource[];

export interface PrintedSource {
  /** The file name in `assembly/`, to which the tile is added. */
  file: string;
  text: string;
  /** The kernels that it exports, by the names of their calls, to which the tile is added. */
  exports: readonly string[];
}
