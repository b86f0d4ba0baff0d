/** A step of a plan: the part of a graph that one kernel computes in one pass. */
import type { Pool2dAttrs } from '../../../../graph/index.js';
import type { Clamp } from '../abi/layout.js';
import type { Filter } from './filter.js';

export type StepKind =
  | { kind: 'convolution'; filter: Filter }
  /** A batch norm that could not be folded into a convolution. */
  | { kind: 'scale'; norm: { node: string; channels: number; eps: number } }
  | { kind: 'maxPool'; window: Pool2dAttrs }
  | { kind: 'averagePool'; window: Pool2dAttrs & { countIncludePad: boolean } }
  | { kind: 'adaptiveAveragePool'; output: readonly [number, number] }
  /** With one input: an activation alone. */
  | { kind: 'add' }
  | { kind: 'concat' };

export type Step = StepKind & {
  /** The node whose output the step computes. */
  node: string;
  /** `conv2d+add+relu`. */
  operation: string;
  /** Values, by the nodes that made them. */
  inputs: readonly string[];
  /** The value that is added before the clamp. */
  residual: string | null;
  clamp: Clamp;
};
