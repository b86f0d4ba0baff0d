/** Single operations of the layer graph with PyTorch's float64 results: fixtures/engine/executor/ops.json. */
import type { GraphNode, Op } from '../../graph/graph.js';
import { nodeParameters } from '../../graph/meaning.js';
import { sizeOf } from '../../graph/operations/operation.js';
import type { Tensor } from '../../weights/index.js';
import { readFixture } from './places.js';
import { uniform } from './pseudo-random.js';
import type { Sample } from './relative-error.js';

export interface OpCase extends Sample {
  name: string;
  operation: Exclude<Op, { op: 'input' }>;
  /** Shapes, with the batch. */
  inputs: number[][];
  /** The least and the largest value of the inputs, if not -1 and 1. */
  limits?: [number, number];
}

export function opCases(): OpCase[] {
  return readFixture('engine', 'executor', 'ops.json');
}

/** A node whose inputs are called `input0`, `input1`, …. */
export function opNode({ name, operation, inputs }: OpCase): Exclude<GraphNode, { op: 'input' }> {
  return { name, inputs: inputs.map((_, i) => `input${i}`), ...operation };
}

export function opInput({ name, inputs, limits = [-1, 1] }: OpCase, index: number): Tensor {
  const shape = inputs[index]!;
  return { shape, data: uniform(`${name}/input${index}`, sizeOf(shape), ...limits) };
}

export function opWeight(opCase: OpCase, part: string): Tensor {
  const shape = nodeParameters(opNode(opCase)).get(part);
  if (shape === undefined) throw new Error(`${opCase.name} needs no tensor ${part}`);
  const [low, high] = part === 'running_var' ? [0.5, 1.5] : [-1, 1];
  return { shape, data: uniform(`${opCase.name}/${part}`, sizeOf(shape), low, high) };
}
