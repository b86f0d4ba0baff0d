/** The steps of a plan, each the part of a graph that one kernel computes in one pass; and a compiled plan. */
import type { MaxPool2dAttrs, PointwiseAttrs, Pool2dAttrs, Reduction } from '../../../../graph/index.js';
import type { PlanRow } from '../../../contract/engine-description.js';
import type { Clamp } from '../abi/layout.js';
import type { Filter } from './axis.js';
import type { KernelCall } from './draft.js';
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
export type Combination = 'add' | 'sub' | 'mul' | 'div' | 'maximum' | 'minimum' | 'pow' | 'prelu';

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
