/** Runs layers once on a symbolic image, so a backbone file reads like the PyTorch module that it mirrors. */
import type { Graph, GraphNode } from './graph.js';
import { isOperation } from './meaning.js';
import { type Layer, ModuleScope, Recorder, type Step, type Value } from './operations/layer.js';

const INPUT = ':input';
/** Channels of an image that says nothing else. */
const RGB = 3;

/**
 * The graph of a whole network: takes an image (`[N, channels, H, W]`), gives logits (`[N, classes]`). The last run of
 * a module has its name, earlier ones a suffix (`layer1.0.relu:run1`), so a node gives what a forward hook keeps.
 * @param size `[height, width]`, the only size that the network takes; left out: any
 */
export function traceGraph(network: Layer, channels = RGB, size?: readonly [number, number]): Graph {
  const recorder = new Recorder();
  const image = recorder.record({ name: INPUT, op: 'input', attrs: null, inputs: [] }, { channels });
  const logits = network(new ModuleScope(recorder, ''), image);
  recorder.outputs.set('', logits);

  const names = nameSteps(recorder.steps);
  const nameOf = (value: Value): string => {
    const name = names.get(value);
    if (name === undefined) throw new Error('A layer returned a value that no operation of this network made.');
    return name;
  };
  return {
    nodes: recorder.steps.map((step) => graphNode(step, nameOf, size)),
    output: nameOf(logits),
    modules: new Map([...recorder.outputs].map(([path, value]) => [path, nameOf(value)])),
  };
}

function graphNode(step: Step, nameOf: (value: Value) => string, size?: readonly [number, number]): GraphNode {
  const { op, attrs, channels } = step;
  if (op === 'input') {
    return { name: nameOf(step), inputs: [], op, ...(channels === RGB ? {} : { channels }), ...(size && { size }) };
  }
  const node = { name: nameOf(step), inputs: step.inputs.map(nameOf), op, ...(attrs === null ? {} : { attrs }) };
  if (!isGraphNode(node)) throw new Error(`The operation ${op} has no line in graph/operations/registry.ts.`);
  return node;
}

/** Layers are typed by their operation, so the attributes are right if the operation is a registered one. */
function isGraphNode(node: { op: string }): node is GraphNode {
  return isOperation(node.op);
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
