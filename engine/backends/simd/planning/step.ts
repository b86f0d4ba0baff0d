/**
 * The steps of a plan, each the part of a graph that one kernel computes in one pass; what the kernels' planners get of
 * one, and what they give back; and a compiled plan.
 */
import type { MaxPool2dAttrs, PointwiseAttrs, Pool2dAttrs, Reduction } from '../../../../graph/index.js';
import type { PlanPrecision } from '../../../contract/backend.js';
import type { PlanRow } from '../../../contract/engine-description.js';
import { type Clamp, tileSizes } from '../abi.js';
import type { Filter } from './axis.js';
import type { ArenaBuffer, Draft, KernelCall, RowStrides, Value } from './draft.js';
import type { PackedWeights } from './packed-weights.js';
import type { Strided } from './strided.js';
import type { View } from './view.js';

/** Steps on whole buffers, whose rows are positions and whose lanes are channels. */
export type BufferKind =
  | { kind: 'convolution'; filter: Filter }
  /** A batch norm that could not be folded into a convolution. */
  | { kind: 'scale'; norm: { node: string; channels: number; eps: number } }
  | { kind: 'maxPool'; window: MaxPool2dAttrs }
  | { kind: 'averagePool'; window: Pool2dAttrs & { countIncludePad: boolean } }
  | { kind: 'adaptiveAveragePool' | 'adaptiveMaxPool'; output: readonly [number, number] }
  /** With one input: an activation alone. */
  | { kind: 'add' }
  /** `inPlace` inputs lie where they belong already: in the buffer of an earlier concatenation. */
  | { kind: 'concat'; inPlace: number }
  | { kind: 'pointwise'; attrs: PointwiseAttrs };

/** Functions of two values. `prelu` is the first, or below 0 the product. */
export type Combination = 'add' | 'sub' | 'mul' | 'div' | 'maximum' | 'minimum' | 'gate' | 'pow' | 'prelu';

/** Steps on views. Operands have the axes that the comment says; `…` are any, the same in all. */
export type ViewKind =
  /** Operand i to output i; in order, if later ones overwrite earlier ones. `picks`: other entries of some axes. */
  | { kind: 'copy'; picks: readonly ReadonlyMap<number, readonly number[]>[]; inOrder: boolean }
  /** Two operands `[…]`. */
  | { kind: 'combine'; function: Combination }
  /** An operand `[…, reduced…]`, so many axes of which are reduced. */
  | { kind: 'reduce'; function: Reduction; reduced: number }
  /** Operands `[…, group…]`: the values, then weight and bias as far as there are any. */
  | { kind: 'standardise'; grouped: number; eps: number; weight: boolean; bias: boolean }
  | { kind: 'softmaxGroups'; grouped: number }
  /** Two operands `[…, terms…]`. */
  | { kind: 'product'; summed: number }
  /** Queries `[…, L, E]`, keys `[…, S, E]`, values `[…, S, F]`, and if there is one a bias `[…, L, S]`. */
  | { kind: 'attention'; scale: number; softcap: number; causal: boolean }
  /** An operand `[…, channels]`. */
  | { kind: 'neighbours'; size: number; alpha: number; beta: number; k: number };

/** Numbers that follow from the model alone, the same for every image. */
export interface Fixed {
  /** The node that has the tensors, and what tells these numbers from others of the node. */
  node: string;
  packing: string;
  floats: number;
  fill(into: Float32Array, tensor: (name: string) => Float32Array): void;
}

/** A view of an earlier step's value, or of fixed numbers. */
export interface Operand {
  view: View;
  fixed: Fixed | null;
}

interface StepParts {
  /** The node whose output the step computes, or a name of its own. */
  node: string;
  /** `conv2d+add+relu`. */
  operation: string;
  /** Values, by the nodes that made them. */
  inputs: readonly string[];
  /** The value that is added before the clamp. */
  residual: string | null;
  clamp: Clamp;
}

export type BufferStep = BufferKind & StepParts & { operands?: undefined };

export type ViewStep = ViewKind & StepParts & { operands: readonly Operand[]; outputs: readonly View[] };

export type Step = BufferStep | ViewStep;

export type StepOf<K extends Step['kind']> = Extract<Step, { kind: K }>;

export interface Compilation {
  draft: Draft;
  weights: PackedWeights;
  rates: KernelRates;
  images: number;
  precision: PlanPrecision;
  /** The number of threads that share the units of a call. */
  threads: number;
}

/** A step with its operands in place. */
export interface Operands {
  node: string;
  output: Value;
  residual: Value | null;
  clamp: Clamp;
}

/** The image as `packRows` lays it out for one convolution: `[y][image][left + x + right][3]`. */
export interface RowsOfPixels {
  buffer: ArenaBuffer;
  /** `[channels, height, width]` of the image. */
  map: readonly [number, number, number];
  /** From one pixel of a row to the next, and so on. A row begins at the leftmost window. */
  strides: RowStrides;
}

/** The inputs besides the residual: whole activations, the image laid out for the step, or views with outputs. */
export type Reads =
  | { rows: RowsOfPixels }
  | { values: readonly [Value, ...Value[]] }
  | { operands: readonly Strided[]; outputs: readonly Strided[] };

/** The input of a planner: a step, with its inputs and operands. */
export interface Layer {
  step: Step;
  reads: Reads;
  operands: Operands;
}

/** A way to compute a step. */
export interface Way {
  /** The cost for one thread and a usual batch. It is only asked for if several kernels can compute the step. */
  work(): Work;
  /** Adds the calls to the draft. */
  emit(): Emitted;
}

/** A description of the emitted calls, for `PlanRow`. */
export interface Emitted {
  kernel: string;
  macsDone: number;
  weightBytes: number;
  /** Whether the kernel computes one value after another. */
  isSlow?: boolean;
}

/** A way without competing kernels. */
export function onlyWay(emit: () => Emitted): Way[] {
  return [{ work: () => ({ multiplyAdds: 0, transformFloats: 0, weightFloats: 0 }), emit }];
}

/** The description of a kernel without weights. */
export function weightless(kernel: string): Emitted {
  return { kernel, macsDone: 0, weightBytes: 0 };
}

/** The description of a kernel that computes one value after another. */
export function slow(kernel: string, macsDone = 0): Emitted {
  return { kernel, macsDone, weightBytes: 0, isSlow: true };
}

/** `kernel (3 regions)`. */
export function inRegions(kernel: string, regions: number): string {
  return regions === 1 ? kernel : `${kernel} (${regions} regions)`;
}

/** The words `OPERANDS`. @param lanes output channels before those that the call computes */
export function operandWords(
  draft: Draft,
  input: Pick<Value, 'buffer'>,
  packed: { weights: number; bias: number },
  { output, residual, clamp }: Operands,
  lanes = 0,
) {
  const plus = lanes * 4;
  return {
    inputOffset: input.buffer,
    outputOffset: { buffer: output.buffer, plus },
    weightsAt: packed.weights,
    biasAt: packed.bias + plus,
    residualOffset: residual === null ? 0 : { buffer: residual.buffer, plus },
    clampAt: draft.clamp(clamp),
  };
}

export type ViewReads = Extract<Reads, { operands: unknown }>;

/** The only way to compute a kind of step, whose calls `emit` adds to the draft. */
export function viewWays<K extends ViewKind['kind']>(
  kind: K,
  emit: (step: StepOf<K>, reads: ViewReads, compilation: Compilation) => Emitted,
): (layer: Layer, compilation: Compilation) => Way[] {
  const isOfKind = (step: Step): step is StepOf<K> => step.kind === kind;
  return ({ step, reads }, compilation) =>
    isOfKind(step) && 'operands' in reads ? onlyWay(() => emit(step, reads, compilation)) : [];
}

// Seconds of one core are predicted to choose between ways. Rates are fixed: ways differ in bits, so no stopwatch may.

/** Kernels are chosen for this number of images, so an image has the same embedding, to the bit, in every batch. */
export const USUAL_IMAGES = 12;

/** The speed of a core. */
export interface KernelRates {
  /** Multiplications a second on large matrices. */
  multiplyAdds: number;
  /** Floats that a Winograd transform writes a second. */
  transformFloats: number;
}

/** Only the ratio matters. It was measured as 12 to 17 with both builds, with 128 bits as well as with 256. */
export const PLAN_RATES: KernelRates = { multiplyAdds: 45e9, transformFloats: 3e9 };

/** Reading weights from the outer caches takes half as long as a transform takes to write as many. */
const WEIGHTS_PER_TRANSFORMED = 2;

/** Bytes of weights that stay in caches from one pass to the next, if they arrive during multiplications. */
const CACHED_WEIGHTS = 6 << 20;

/** Rows of the smallest tile that runs at full speed. */
const SMALLEST_TILE = 4;

export interface Work {
  /** Multiplications done, including those with padding. */
  multiplyAdds: number;
  transformFloats: number;
  /** See `streamedWeights`. */
  weightFloats: number;
}

export function predictSeconds({ multiplyAdds, transformFloats, weightFloats }: Work, rates: KernelRates): number {
  return (
    multiplyAdds / rates.multiplyAdds +
    (transformFloats + weightFloats / WEIGHTS_PER_TRANSFORMED) / rates.transformFloats
  );
}

/** The number of full-speed rows that cost as much: a tile of fewer than 4 rows costs as much as a tile of 4. */
export function rowsInTiles(rows: number): number {
  return tileSizes(rows).reduce((sum, size) => sum + Math.max(size, SMALLEST_TILE), 0);
}

/** The number of weights that a computation waits for in so many passes over them. */
export function streamedWeights(floats: number, passes: number): number {
  return floats * 4 > CACHED_WEIGHTS ? floats * passes : floats;
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

/** A layer graph for one image size and number of images, as kernel calls. Every run reads it. */
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
