/** Convolutions and poolings over one axis, `[N, C, L]`: as over a map of height 1. */
import type { OnnxAttribute, OnnxNode } from '../file/onnx-model.js';
import { inShape } from './layout.js';
import { NotSupported } from './not-supported.js';
import type { Application, Operator } from './operator.js';
import type { ComputedValue, Value } from './value.js';

/** Attributes with a number for each axis, and what the new axis has. */
const PER_AXIS: Readonly<Record<string, number>> = { kernel_shape: 1, strides: 1, dilations: 1, output_padding: 0 };

export function overOneAxis(operator: Operator): Operator {
  return (application) => {
    const [x, ...parameters] = application.inputs;
    const isLine = x?.kind === 'computed' && x.batch === 0 && !x.merged && x.shape.length === 2;
    if (!isLine) return operator(application);
    const { graph, name, node } = application;
    const layout = { batch: 0, merged: false } as const;
    const plane = inShape(graph, x, [x.shape[0]!, 1, x.shape[1]!], layout, `${name}:plane`);
    const inPlane: Application = {
      ...application,
      node: withHeight(node),
      inputs: [plane, ...parameters.map(filterWithHeight)],
      name: `${name}:of plane`,
    };
    const made = operator(inPlane) as ComputedValue;
    return inShape(graph, made, [made.shape[0]!, made.shape[2]!], layout, name);
  };
}

function withHeight(node: OnnxNode): OnnxNode {
  const attributes = [...node.attributes].map(([name, attribute]): [string, OnnxAttribute] => {
    if (attribute.type !== 'ints') return [name, attribute];
    if (name === 'pads') {
      const [before = 0, after = 0, ...more] = attribute.value;
      if (more.length > 0) throw new NotSupported(`its pads are [${attribute.value.join(', ')}] for 1 axis`);
      return [name, { type: 'ints', value: [0, before, 0, after] }];
    }
    if (name === 'output_shape') return [name, { type: 'ints', value: [1, attribute.value.at(-1) ?? 1] }];
    const first = PER_AXIS[name];
    return [name, first === undefined ? attribute : { type: 'ints', value: [first, ...attribute.value] }];
  });
  return { ...node, attributes: new Map(attributes) };
}

/** `[outputs, inputs, length]` of a filter; a bias stays as it is. */
function filterWithHeight(value: Value | null): Value | null {
  if (value?.kind !== 'constant' || value.constant.dims.length !== 3) return value;
  const { constant } = value;
  return { ...value, constant: { ...constant, dims: constant.dims.toSpliced(2, 0, 1) } };
}
