/** `nn.ReLU`: `max(x, 0)`, `nn.ReLU6`: `min(max(x, 0), 6)`. Other operations may apply one to their output. */
import type { Layer } from './layer.js';
import type { OnnxConstants, OnnxNode } from './onnx-form.js';
import { type Operation, only, type Values } from './operation.js';

export type Activation = 'relu' | 'relu6';

const FORMULAS: Readonly<Record<Activation, (value: number) => number>> = {
  relu: (value) => Math.max(value, 0),
  relu6: (value) => Math.min(Math.max(value, 0), 6),
};

/** Undefined: the values as they are. */
export function activate(values: Values, activation: Activation | undefined): Values {
  if (activation === undefined) return values;
  return { shape: values.shape, data: values.data.map(FORMULAS[activation]) };
}

export const reluOperation = activationOperation('relu');
export const relu6Operation = activationOperation('relu6');

function activationOperation<Name extends Activation>(name: Name): Operation<Name> {
  return {
    op: name,
    outputShape: only,
    reference: ([x]) => activate(x!, name),
    onnx: ({ name: output, inputs: [x], constants }) => [activationNode(x, output, name, constants)],
  };
}

/** `nn.ReLU`. In place or not is the same here: nothing writes over a node's output. */
export const relu: Layer = (module, x) => module.operation(reluOperation, null, x, { spatial: x.spatial });

export const relu6: Layer = (module, x) => module.operation(relu6Operation, null, x, { spatial: x.spatial });

/** The operator, followed by its activation if it has one. */
export function activated(node: OnnxNode, activation: Activation | undefined, constants: OnnxConstants): OnnxNode[] {
  if (activation === undefined) return [node];
  const before = `${node.output}/linear`;
  return [{ ...node, output: before }, activationNode(before, node.output, activation, constants)];
}

function activationNode(input: string, output: string, activation: Activation, constants: OnnxConstants): OnnxNode {
  if (activation === 'relu') return { op: 'Relu', inputs: [input], output };
  return { op: 'Clip', inputs: [input, constants.floats('0.0', [], [0]), constants.floats('6.0', [], [6])], output };
}
