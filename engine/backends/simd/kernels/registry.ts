/**
 * All kernels, in the order of the module's exports. If several can compute a step, the first has the plain way, and a
 * later one replaces it if it costs less.
 */
import type { CallShape } from '../abi.js';
import type { Compilation, Layer, Way } from '../planning/step.js';
import type { PrintKernels } from '../printing/text.js';
import { ATTENTION, attentionWays } from './attention/plan.js';
import { CONVOLUTION, convolutionWays } from './convolution/plan.js';
import { DEPTHWISE, DEPTHWISE_RUNS, depthwiseWays } from './depthwise/plan.js';
import { ADD, COPY_CHANNELS, elementwiseWays } from './elementwise/plan.js';
import { PACK_CHANNELS, PACK_ROWS, SOFTMAX } from './ends/plan.js';
import { FUNCTION, pointwiseWays } from './pointwise/plan.js';
import { AVERAGE_POOL, MAX_POOL, poolingWays } from './pooling/plan.js';
import { PAIR_BYTES, STRASSEN, strassenWays } from './strassen/plan.js';
import * as views from './views/plan.js';
import { winogradWays } from './winograd/plan.js';
import { NOWHERE, WINOGRAD } from './winograd/tiles.js';

/** The kernels of one source, which is written by hand or printed. */
export interface KernelFolder {
  /** Its name in `kernels/`. */
  folder: string;
  /** Its kernels, in the order in which the module exports them. */
  calls: readonly CallShape[];
  /** Numbers, besides the words, that its sources need, by name. Negative ones are printed as signed. */
  constants?: Readonly<Record<string, number>>;
  /** The ways to compute a step; empty if the kernels cannot. Left out if no step of a graph uses them. */
  ways?(layer: Layer, compilation: Compilation): readonly Way[];
  /** The file in `assembly/` that is written by hand and exports the kernels, if it is not called as the folder. */
  source?: string;
  /** Loads `print.ts`. Left out if the source is written by hand. */
  print?(): Promise<{ print: PrintKernels }>;
}

const { winograd4, winograd2, toeplitz2 } = WINOGRAD;

const LINES = [
  kernel('convolution', [CONVOLUTION], { ways: convolutionWays, print: () => import('./convolution/print.js') }),
  kernel('depthwise', [DEPTHWISE, DEPTHWISE_RUNS], {
    ways: depthwiseWays,
    print: () => import('./depthwise/print.js'),
  }),
  kernel('elementwise', [ADD, COPY_CHANNELS], { ways: elementwiseWays }),
  kernel('ends', [PACK_CHANNELS, PACK_ROWS], { source: 'pixels' }),
  kernel('pooling', [AVERAGE_POOL, MAX_POOL], { ways: poolingWays }),
  kernel('ends', [SOFTMAX], { source: 'softmax' }),
  kernel('strassen', [STRASSEN], {
    ways: strassenWays,
    print: () => import('./strassen/print.js'),
    constants: { PAIR_BYTES },
  }),
  kernel('winograd', [winograd4, winograd2, toeplitz2], {
    ways: winogradWays,
    print: () => import('./winograd/print.js'),
    constants: { NOWHERE },
  }),
  kernel('attention', [ATTENTION], { ways: attentionWays, print: () => import('./attention/print.js') }),
  kernel('views', [views.COMBINE], {
    source: 'combine',
    ways: views.combineWays,
    constants: views.COMBINATION_NUMBERS,
  }),
  kernel('views', [views.COPY], { source: 'copy', ways: views.copyWays }),
  kernel('views', [views.NEIGHBOURS], { source: 'neighbours', ways: views.neighboursWays }),
  kernel('pointwise', [FUNCTION], { ways: pointwiseWays, print: () => import('./pointwise/print.js') }),
  kernel('views', [views.PRODUCT], { source: 'product', ways: views.productWays }),
  kernel('views', [views.REDUCE], { source: 'reduce', ways: views.reduceWays, constants: views.REDUCTION_NUMBERS }),
  kernel('views', [views.STANDARDISE, views.SOFTMAX_GROUPS], { source: 'standardise', ways: views.standardiseWays }),
] as const;

export const KERNELS: readonly KernelFolder[] = LINES;

type Shape = (typeof LINES)[number]['calls'][number];
export type KernelName = Shape['name'];
/** The words of a kernel, by their names. */
export type WordOf<K extends KernelName> = Extract<Shape, { name: K }>['words'][number];

/** The words of every kernel, in order. */
export const WORDS = Object.fromEntries(
  LINES.flatMap(({ calls }) => calls.map(({ name, words }) => [name, words])),
) as unknown as { readonly [K in KernelName]: readonly WordOf<K>[] };

function kernel<const C extends KernelFolder['calls']>(
  folder: string,
  calls: C,
  parts: Omit<KernelFolder, 'folder' | 'calls'> = {},
): KernelFolder & { readonly calls: C } {
  return { folder, calls, ...parts };
}
