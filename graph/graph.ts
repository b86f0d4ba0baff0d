/**
 * The layer graph: a network as data. It has no weights and no sizes, so one graph serves every input size.
 *
 * Node names are PyTorch module paths wherever PyTorch has a module for the operation (`layer1.0.conv1`). Functions
 * (`x + identity`, `torch.flatten`) are named after the module that runs them plus `:` and the operation
 * (`layer1.0:add`). A module that runs more than once names its last run; earlier ones are `layer1.0.relu:run1` and so
 * on. The image is `:input`. A tensor used as a value is the operation `parameter`, under its name in the state dict:
 * `cls_token`, `blocks.0.ls1.gamma`.
 */
import type { Operation } from './operations/operation.js';
import type * as registry from './operations/registry.js';

type Registered = (typeof registry)[keyof typeof registry];

/** How a node holds an operation: its name and its attributes, if it has any. */
type OpOf<O> =
  O extends Operation<infer Name, infer Attrs>
    ? [Attrs] extends [null]
      ? { op: Name }
      : { op: Name; attrs: Attrs }
    : never;

export interface InputOp {
  op: 'input';
  /** Default: 3. */
  channels?: number | undefined;
  /** `[height, width]`, the only size that the network takes. Left out: any size that its operations take. */
  size?: readonly [number, number] | undefined;
}

/** One of the operations in `operations/registry.ts`, or the image. */
export type Op = InputOp | OpOf<Registered>;

export type GraphNode = { name: string; inputs: readonly string[] } & Op;

export type ComputedNode = Exclude<GraphNode, { op: 'input' }>;

export interface Graph {
  /** In topological order; the first is the only `input` node. */
  nodes: readonly GraphNode[];
  /** Name of the node that gives the logits, `[N, classes]`. After a cut has dropped the logits: the last node left. */
  output: string;
  /**
   * What PyTorch's `get_submodule` accepts → the node of the module's output, as a forward hook keeps it: of the last
   * run. `''` is the whole network. Passes drop the modules whose node is gone.
   */
  modules: ReadonlyMap<string, string>;
}
