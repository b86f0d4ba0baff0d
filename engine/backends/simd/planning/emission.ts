/** The types that the kernels' planners share: what they get, and what they give back. */
import type { PlanPrecision } from '../../../contract/backend.js';
import type { Clamp } from '../abi/layout.js';
import type { KernelRates, Work } from './cost.js';
import type { ArenaBuffer, Draft, RowStrides, Value } from './draft.js';
import type { PackedWeights } from './packed-weights.js';
import type { Step, StepOf, ViewKind } from './step.js';
import type { Strided } from './strided.js';

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
