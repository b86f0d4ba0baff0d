/** What the makers of calls share: what is compiled, for whom, and what they give back. */

import type { KernelRates } from './cost.js';
import type { Clamp, Draft } from './draft.js';
import type { PackedWeights } from './packed-weights.js';
import type { Value } from './value.js';

export interface Compilation {
  draft: Draft;
  weights: PackedWeights;
  rates: KernelRates;
  images: number;
  /** Without what trades error for speed. */
  exact: boolean;
  /** How many share the units of a call. */
  threads: number;
}

/** A step with its operands in place. */
export interface Operands {
  node: string;
  output: Value;
  residual: Value | null;
  clamp: Clamp;
}

/** What was emitted, for `PlanRow`. */
export interface Emitted {
  kernel: string;
  macsWritten: number;
  macsDone: number;
  weightBytes: number;
}

/** Without weights. */
export function weightless(kernel: string): Emitted {
  return { kernel, macsWritten: 0, macsDone: 0, weightBytes: 0 };
}

/** `kernel (3 regions)`. */
export function inRegions(kernel: string, regions: number): string {
  return regions === 1 ? kernel : `${kernel} (${regions} regions)`;
}

/**
 * The words that all kernels with weights begin with.
 *
 * @param lanes output channels before those that the call computes
 */
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
