/**
 * All kernels, a line for each folder, in the order of the module's exports. If several folders can compute a step,
 * the first has the plain way, and a later one replaces it if it costs less.
 */
import { ATTENTION, attentionWays } from './attention/plan.js';
import { COMBINATION_NUMBERS, COMBINE, combineWays } from './combine/plan.js';
import { CONVOLUTION, convolutionWays } from './convolution/plan.js';
import { COPY, copyWays } from './copy/plan.js';
import { DEPTHWISE, DEPTHWISE_RUNS, depthwiseWays } from './depthwise/plan.js';
import { ADD, COPY_CHANNELS, elementwiseWays } from './elementwise/plan.js';
import type { KernelFolder } from './kernel.js';
import { NEIGHBOURS, neighboursWays } from './neighbours/plan.js';
import { PACK_CHANNELS, PACK_ROWS } from './pixels/plan.js';
import { FUNCTION, pointwiseWays } from './pointwise/plan.js';
import { AVERAGE_POOL, MAX_POOL, poolingWays } from './pooling/plan.js';
import { PRODUCT, productWays } from './product/plan.js';
import { REDUCE, REDUCTION_NUMBERS, reduceWays } from './reduce/plan.js';
import { SOFTMAX } from './softmax/plan.js';
import { SOFTMAX_GROUPS, STANDARDISE, standardiseWays } from './standardise/plan.js';
import { PAIR_BYTES, STRASSEN, strassenWays } from './strassen/plan.js';
import { winogradWays } from './winograd/plan.js';
import { NOWHERE, WINOGRAD } from './winograd/tiles.js';

const { winograd4, winograd2, toeplitz2 } = WINOGRAD;

const LINES = [
  kernel('convolution', [CONVOLUTION], { ways: convolutionWays, print: () => import('./convolution/print.js') }),
  kernel('depthwise', [DEPTHWISE, DEPTHWISE_RUNS], {
    ways: depthwiseWays,
    print: () => import('./depthwise/print.js'),
  }),
  kernel('elementwise', [ADD, COPY_CHANNELS], { ways: elementwiseWays }),
  kernel('pixels', [PACK_CHANNELS, PACK_ROWS]),
  kernel('pooling', [AVERAGE_POOL, MAX_POOL], { ways: poolingWays }),
  kernel('softmax', [SOFTMAX]),
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
  kernel('combine', [COMBINE], { ways: combineWays, constants: COMBINATION_NUMBERS }),
  kernel('copy', [COPY], { ways: copyWays }),
  kernel('neighbours', [NEIGHBOURS], { ways: neighboursWays }),
  kernel('pointwise', [FUNCTION], { ways: pointwiseWays, print: () => import('./pointwise/print.js') }),
  kernel('product', [PRODUCT], { ways: productWays }),
  kernel('reduce', [REDUCE], { ways: reduceWays, constants: REDUCTION_NUMBERS }),
  kernel('standardise', [STANDARDISE, SOFTMAX_GROUPS], { ways: standardiseWays }),
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
