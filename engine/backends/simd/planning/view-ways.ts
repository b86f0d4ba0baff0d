/** The ways of kernels that take views: operands and outputs with offsets of their own along every axis. */
import { type Compilation, type Emitted, type Layer, onlyWay, type Reads, type Way } from './emission.js';
import type { Step, StepOf, ViewKind } from './step.js';

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
