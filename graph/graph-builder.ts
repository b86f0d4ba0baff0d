/**
 * Writes down a network as a layer graph by running it once on a symbolic image, so that a backbone file reads like
 * the PyTorch module it mirrors. A `Layer` is what `nn.Module` is there: something that turns a value into a value;
 * where it runs (`layer1.0`) is told by the `ModuleScope` it gets, which also records the module paths.
 *
 * Not here: the layers themselves (`layers.ts`), and anything about weights or image sizes.
 */
import type { Graph, GraphNode, Op } from './graph.js';

/** What flows between layers: the output of one future node. Opaque but for what a next layer must know of it. */
export interface Value {
  /** Channels of `[N, C, H, W]`, or features of `[N, C]`. */
  readonly channels: number;
  /** Height and width where they do not depend on the input's size; null where they do; `[1, 1]` for `[N, C]`. */
  readonly spatial: readonly [number, number] | null;
}

export type Layer = (module: ModuleScope, x: Value) => Value;

/** What an operation makes of its inputs; left out: the same channels, and a size that depends on the input's. */
export interface ValueShape {
  channels?: number;
  spatial?: readonly [number, number] | null;
}

/** A node before it has its name: the name depends on whether its module runs again. */
interface Step extends Value {
  readonly name: string;
  readonly operation: Op;
  readonly inputs: readonly Value[];
}

/** Node of the input image. */
const INPUT = ':input';

class Recorder {
  readonly steps: Step[] = [];
  /** Module path → the value of its latest run. */
  readonly outputs = new Map<string, Value>();

  record(name: string, operation: Op, inputs: readonly Value[], shape: ValueShape): Value {
    const channels = shape.channels ?? inputs[0]?.channels ?? 0;
    const step: Step = { name, operation, inputs, channels, spatial: shape.spatial ?? null };
    this.steps.push(step);
    return step;
  }
}

/** One module of the network under construction, at its path. */
export class ModuleScope {
  readonly #recorder: Recorder;
  readonly #path: string;

  constructor(recorder: Recorder, path: string) {
    this.#recorder = recorder;
    this.#path = path;
  }

  /** Runs a child module; `name` is its attribute name, or its position in a Sequential. Running it again is fine. */
  run(name: string, layer: Layer, x: Value): Value {
    const path = this.#path === '' ? name : `${this.#path}.${name}`;
    const output = layer(new ModuleScope(this.#recorder, path), x);
    this.#recorder.outputs.set(path, output);
    return output;
  }

  /** The operation that this module *is* (`nn.Conv2d`); its node is named as the module. */
  operation(operation: Op, x: Value, shape: ValueShape = {}): Value {
    return this.#recorder.record(this.#path, operation, [x], shape);
  }

  /** An operation that this module's `forward` calls as a function (`x + identity`): `layer1.0:add`. */
  functional(name: string, operation: Op, inputs: readonly Value[], shape: ValueShape = {}): Value {
    return this.#recorder.record(`${this.#path}:${name}`, operation, inputs, shape);
  }
}

/**
 * The graph of a whole network: takes an RGB image (`[N, 3, H, W]`), gives logits (`[N, classes]`).
 *
 * The last run of a module has the module's name, earlier ones a suffix (`layer1.0.relu:run1`): so a node that is
 * named as a module always gives what a forward hook on that module keeps.
 */
export function traceGraph(network: Layer): Graph {
  const recorder = new Recorder();
  const image = recorder.record(INPUT, { op: 'input' }, [], { channels: 3 });
  const logits = network(new ModuleScope(recorder, ''), image);
  recorder.outputs.set('', logits);

  const names = nameSteps(recorder.steps);
  const nameOf = (value: Value): string => {
    const name = names.get(value);
    if (name === undefined) throw new Error('A layer returned a value that no operation of this network made.');
    return name;
  };
  return {
    nodes: recorder.steps.map((step): GraphNode => {
      return { name: nameOf(step), inputs: step.inputs.map(nameOf), ...step.operation };
    }),
    output: nameOf(logits),
    modules: new Map([...recorder.outputs].map(([path, value]) => [path, nameOf(value)])),
  };
}

function nameSteps(steps: readonly Step[]): Map<Value, string> {
  const runs = new Map<string, Step[]>();
  for (const step of steps) {
    const sameName = runs.get(step.name);
    if (sameName === undefined) runs.set(step.name, [step]);
    else sameName.push(step);
  }
  const names = new Map<Value, string>();
  for (const [name, sameName] of runs) {
    sameName.forEach((step, i) => {
      names.set(step, i === sameName.length - 1 ? name : `${name}:run${i + 1}`);
    });
  }
  return names;
}
