/** A step of a plan: what one kernel computes in one pass, with what is fused into it. */
import type { Pool2dAttrs } from '../../../../graph/index.js';
import type { Clamp } from '../abi/layout.js';
import type { Filter } from './filter.js';

export type StepKind =
  | { kind: 'convolution'; filter: Filter }
  /** A batch norm that no convolution took. */
  | { kind: 'scale'; norm: { node: string; channels: number; eps: number } }
  | { kind: 'maxPool'; window: Pool2dAttrs }
  | { kind: 'averagePool'; window: Pool2dAttrs & { countIncludePad: boolean } }
  | { kind: 'adaptiveAveragePool'; output: readonly [number, number] }
  /** With one input: an activation alone. */
  | { kind: 'add' }
  | { kind: 'concat' };

export type Step = StepKind & {
  /** The node whose output this is. */
  node: string;
  /** `conv2d+add+relu`. */
  operation: string;
  /** Values, by the nodes that made them. */
  inputs: readonly string[];
  /** Value added before the clamp. */
  residual: string | null;
  clamp: Clamp;
};
