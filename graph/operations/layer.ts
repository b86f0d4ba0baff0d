/**
 * Layers: the building blocks of backbones. A `Layer` is what `nn.Module` is in PyTorch: it turns a value into a value.
 * It gets a `ModuleScope`, which knows where the layer runs (`layer1.0`) and records its operations.
 */
import type { Operation } from './operation.js';

/** A value between layers: the output of a future node, and what the next layer must know about it. */
export interface Value {
  /** Channels of `[N, C, H, W]`, or features of `[N, C]` and of tokens, `[N, T, C]`. */
  readonly channels: number;
  /** Height and width if they do not depend on the input's size; null if they do, and for tokens; `[1, 1]` for `[N, C]`. */
  readonly spatial: readonly [number, number] | null;
}

/** The shape of an operation's output. Left out: the same channels, and a size that depends on the input's size. */
export interface ValueShape {
  channels?: number;
  spatial?: readonly [number, number] | null;
}

export type Layer = (module: ModuleScope, x: Value) => Value;

/** One module of the network under construction, at its path. */
export interface ModuleScope {
  /** Runs a child module; `name` is its attribute name, or its position in a Sequential. It may run again. */
  run(name: string, layer: Layer, x: Value): Value;

  /** The operation that this module is (`nn.Conv2d`). Its node has the module's name. */
  operation<Name extends string, Attrs extends object | null>(
    operation: Operation<Name, Attrs>,
    attrs: Attrs,
    x: Value,
    shape?: ValueShape,
  ): Value;

  /** An operation that this module's `forward` calls as a function (`x + identity`): `layer1.0:add`. */
  functional<Name extends string, Attrs extends object | null>(
    name: string,
    operation: Operation<Name, Attrs>,
    attrs: Attrs,
    inputs: readonly Value[],
    shape?: ValueShape,
  ): Value;

  /** A tensor of this module that its `forward` uses as a value: `blocks.0.ls1.gamma`. */
  parameter<Name extends string, Attrs extends object | null>(
    name: string,
    operation: Operation<Name, Attrs>,
    attrs: Attrs,
    shape: ValueShape,
  ): Value;
}

/** `nn.Sequential`: children are named by their position. */
export function sequential(...layers: readonly Layer[]): Layer {
  return (module, x) => layers.reduce((value, layer, i) => module.run(String(i), layer, value), x);
}
