/** A `Layer` is what `nn.Module` is in PyTorch. Its `ModuleScope` knows where it runs, and records its operations. */
import type { Operation } from './operation.js';

/** A value between layers: the output of a future node, and what the next layer must know about it. */
export interface Value {
  /** Channels of `[N, C, H, W]`, or features of `[N, C]` and of tokens, `[N, T, C]`. */
  readonly channels: number;
  /** Height and width where the input's size does not matter, `[1, 1]` for `[N, C]`; null otherwise, and for tokens. */
  readonly spatial: readonly [number, number] | null;
}

/** The shape of an operation's output. Left out: the same channels, and a size that depends on the input's size. */
export interface ValueShape {
  channels?: number;
  spatial?: readonly [number, number] | null;
}

export type Layer = (module: ModuleScope, x: Value) => Value;

/** A node before it has its name: the name depends on whether its module runs again. */
export interface Step extends Value {
  readonly name: string;
  readonly op: string;
  readonly attrs: object | null;
  readonly inputs: readonly Value[];
}

/** What a network does when it is run once on a symbolic image. */
export class Recorder {
  readonly steps: Step[] = [];
  /** Module path → the value of its latest run. */
  readonly outputs = new Map<string, Value>();

  record(step: Omit<Step, keyof Value>, shape: ValueShape): Value {
    const channels = shape.channels ?? step.inputs[0]?.channels ?? 0;
    const recorded = { ...step, channels, spatial: shape.spatial ?? null };
    this.steps.push(recorded);
    return recorded;
  }
}

type Of<Attrs extends object | null> = Operation<string, Attrs>;

/** One module of the network under construction, at its path. */
export class ModuleScope {
  readonly #recorder: Recorder;
  readonly #path: string;

  constructor(recorder: Recorder, path: string) {
    this.#recorder = recorder;
    this.#path = path;
  }

  /** Runs a child module; `name` is its attribute name, or its position in a Sequential. It may run again. */
  run(name: string, layer: Layer, x: Value): Value {
    const output = layer(new ModuleScope(this.#recorder, this.#inside(name)), x);
    this.#recorder.outputs.set(this.#inside(name), output);
    return output;
  }

  /** The operation that this module is (`nn.Conv2d`). Its node has the module's name. */
  operation<Attrs extends object | null>({ op }: Of<Attrs>, attrs: Attrs, x: Value, shape: ValueShape = {}): Value {
    return this.#recorder.record({ name: this.#path, op, attrs, inputs: [x] }, shape);
  }

  /** An operation that this module's `forward` calls as a function (`x + identity`): `layer1.0:add`. */
  functional<Attrs extends object | null>(
    name: string,
    { op }: Of<Attrs>,
    attrs: Attrs,
    inputs: readonly Value[],
    shape: ValueShape = {},
  ): Value {
    return this.#recorder.record({ name: `${this.#path}:${name}`, op, attrs, inputs }, shape);
  }

  /** A tensor of this module that its `forward` uses as a value: `blocks.0.ls1.gamma`. */
  parameter<Attrs extends object | null>(name: string, { op }: Of<Attrs>, attrs: Attrs, shape: ValueShape): Value {
    return this.#recorder.record({ name: this.#inside(name), op, attrs, inputs: [] }, shape);
  }

  #inside(name: string): string {
    return this.#path === '' ? name : `${this.#path}.${name}`;
  }
}

/** `nn.Sequential`: children are named by their position. */
export function sequential(...layers: readonly Layer[]): Layer {
  return (module, x) => layers.reduce((value, layer, i) => module.run(String(i), layer, value), x);
}
