/** What a file of this folder says about its operators: how each becomes nodes of the graph. */

import type { Tensor } from '../../../weights/index.js';
import type { OnnxNode } from '../file/onnx-model.js';
import type { Constant } from '../folding/constant.js';
import type { GraphBuilder } from './graph-builder.js';
import { floatsOf } from './graph-builder.js';
import { NotSupported } from './not-supported.js';
import type { ComputedValue, Value } from './value.js';

export interface Application {
  node: OnnxNode;
  /** Null for an input that is left out. */
  inputs: readonly (Value | null)[];
  /** What the first output is called, which is the name of the last node. */
  name: string;
  graph: GraphBuilder;
  /** Version of ONNX's own operators. */
  opset: number;
  /** Whether nothing but this operator reads a value. */
  isOnlyReader(input: number): boolean;
  /** Whether nothing but operators of this name read the first output. */
  isReadBy(op: string): boolean;
}

/**
 * The output, or all of them.
 *
 * @throws NotSupported for what the graph cannot have
 */
export type Operator = (application: Application) => Value | Value[];

/** A value that the network computes. */
export function computed({ inputs }: Application, i: number): ComputedValue {
  const input = inputs[i];
  if (input == null) throw new NotSupported(`its input ${i + 1} is missing`);
  if (input.kind !== 'computed') throw new NotSupported(`its input ${i + 1} is a constant`);
  return input;
}

/** A constant; null if it is left out. */
export function optionalConstant({ inputs }: Application, i: number): Constant | null {
  const input = inputs[i];
  if (input == null) return null;
  if (input.kind !== 'constant')
    throw new NotSupported(`its input ${i + 1} is computed by the network, not a constant`);
  return input.constant;
}

export function constant(application: Application, i: number): Constant {
  const found = optionalConstant(application, i);
  if (found === null) throw new NotSupported(`its input ${i + 1} is missing`);
  return found;
}

/** A constant of whole numbers, as numbers. */
export function numbers(application: Application, i: number): number[] {
  return [...constant(application, i).data];
}

export function tensorOf(constant: Constant, shape: readonly number[] = constant.dims): Tensor {
  return { shape: [...shape], data: floatsOf(constant) };
}
