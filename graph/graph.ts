/**
 * The layer graph: a backbone as data. No weights and no sizes in it, so one graph serves every input size.
 *
 * Node names are PyTorch module paths wherever PyTorch has a module for the operation (`layer1.0.conv1`), so that
 * a torch state dict fits without a mapping table. Operations that PyTorch writes as functions (`x + identity`,
 * `torch.flatten`) are named after the module that runs them plus `:` and the operation (`layer1.0:add`, `:flatten`),
 * which no module path can collide with. A module that runs more than once gives its name to its last run; earlier
 * runs are `layer1.0.relu:run1` and so on. The image is `:input`.
 */

/** `[top, bottom, left, right]`, pixels. PyTorch's own layers only make symmetric ones. */
export type Padding = readonly [number, number, number, number];

export type Activation = 'relu' | 'relu6';

export interface Conv2dAttrs {
  inChannels: number;
  outChannels: number;
  kernel: readonly [number, number];
  stride: readonly [number, number];
  padding: Padding;
  dilation: readonly [number, number];
  groups: number;
  bias: boolean;
  /** Set by the fuse pass: applied to the output, after the bias. */
  activation?: Activation;
}

export interface Pool2dAttrs {
  kernel: readonly [number, number];
  stride: readonly [number, number];
  padding: Padding;
  ceilMode: boolean;
}

export type Op =
  | { op: 'input' }
  | { op: 'conv2d'; attrs: Conv2dAttrs }
  | { op: 'batchNorm2d'; attrs: { channels: number; eps: number } }
  | { op: 'relu' }
  | { op: 'relu6' }
  | { op: 'maxPool2d'; attrs: Pool2dAttrs }
  | { op: 'avgPool2d'; attrs: Pool2dAttrs & { countIncludePad: boolean } }
  /** Average pooling to a fixed output size, with PyTorch's bins: `floor(i·n/out)` to `ceil((i+1)·n/out)`. */
  | { op: 'adaptiveAvgPool2d'; attrs: { output: readonly [number, number] } }
  /** Inputs of equal shape; `activation` is set by the fuse pass. */
  | { op: 'add'; attrs: { activation?: Activation } }
  /** Along channels. */
  | { op: 'concat' }
  /** `[N, C, H, W]` → `[N, C·H·W]`, in PyTorch's (channel-major) order. */
  | { op: 'flatten' }
  | { op: 'linear'; attrs: { inFeatures: number; outFeatures: number; bias: boolean; activation?: Activation } }
  /** Dropout at inference, `nn.Identity`. */
  | { op: 'identity' };

export type GraphNode = { name: string; inputs: readonly string[] } & Op;

export interface Graph {
  /** In topological order; the first is the only `input` node. */
  nodes: readonly GraphNode[];
  /** Name of the node that gives the logits, `[N, classes]`; once a cut dropped those: of the last node left. */
  output: string;
  /**
   * Every module path that PyTorch's `get_submodule` accepts → the node whose output that module returns.
   * A module that runs more than once (`layer1.0.relu`) names its last run, as a forward hook would keep; `''` is the
   * whole network. Passes drop the modules whose node is gone.
   */
  modules: ReadonlyMap<string, string>;
}
