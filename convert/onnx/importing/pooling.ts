/** Poolings of maps. */
import { intAttribute, intsAttribute } from '../file/attributes.js';
import type { OnnxAttribute, OnnxNode } from '../file/onnx-model.js';
import { times } from './arithmetic.js';
import { map } from './convolution.js';
import { dilatedAverage } from './dilated-average.js';
import type { GraphBuilder } from './graph-builder.js';
import { inShape } from './layout.js';
import { NotSupported } from './not-supported.js';
import type { Application, Operator } from './operator.js';
import type { ComputedValue, Value } from './value.js';
import { axisWindows, planeOf } from './windows.js';

/** The positions of the largest pixels, its second output, are not made. */
export const maxPool: Operator = (application) => {
  const { graph, name } = application;
  const { dilation, ...window } = poolWindow(application);
  const isDense = dilation.every((step) => step === 1);
  const attrs = { ...window, ceilMode: isCeiling(application), ...(isDense ? {} : { dilation }) };
  return graph.add(name, { op: 'maxPool2d', attrs }, [map(application)]);
};

export const averagePool: Operator = (application) => {
  const { node, graph, name } = application;
  const { dilation, ...window } = poolWindow(application);
  const countIncludePad = intAttribute(node, 'count_include_pad', 0) === 1;
  const ceilMode = isCeiling(application);
  if (dilation.some((step) => step !== 1)) {
    return dilatedAverage(graph, map(application), { dilation, ...window, ceilMode, countIncludePad }, name);
  }
  return graph.add(name, { op: 'avgPool2d', attrs: { ...window, ceilMode, countIncludePad } }, [map(application)]);
};

/** `(Σ|x|ᵖ)^(1/p)` of each window: from the mean with the padding's zeros. */
export const lpPool: Operator = (application) => {
  const { node, graph, name } = application;
  const { dilation, ...window } = poolWindow(application);
  const p = intAttribute(node, 'p', 2);
  if (isCeiling(application)) throw new NotSupported('its windows may reach beyond the padding');
  const sizes = graph.add(`${name}:sizes`, { op: 'pointwise', attrs: { function: 'abs' } }, [map(application)]);
  const powers = power(graph, sizes, p, `${name}:powers`);
  const attrs = { ...window, ceilMode: false, countIncludePad: true };
  const isDense = dilation.every((step) => step === 1);
  const means = isDense
    ? graph.add(`${name}:means`, { op: 'avgPool2d', attrs }, [powers])
    : dilatedAverage(graph, powers, { ...attrs, dilation }, `${name}:means`);
  const sums = times(graph, means, window.kernel[0] * window.kernel[1], `${name}:sums`);
  return power(graph, sums, 1 / p, name);
};

function power(graph: GraphBuilder, x: ComputedValue, exponent: number, name: string): ComputedValue {
  return graph.add(name, { op: 'pointwise', attrs: { function: 'power', exponent } }, [x]);
}

export const globalAveragePool: Operator = (application) => {
  const { graph, name } = application;
  return graph.add(name, { op: 'adaptiveAvgPool2d', attrs: { output: [1, 1] } }, [map(application)]);
};

export const globalMaxPool: Operator = (application) => {
  const { graph, name } = application;
  return graph.add(name, { op: 'adaptiveMaxPool2d', attrs: { output: [1, 1] } }, [map(application)]);
};

function poolWindow(application: Application) {
  const { node } = application;
  return planeOf(axisWindows(node, map(application).shape.slice(1), intsAttribute(node, 'kernel_shape') ?? []));
}

function isCeiling({ node }: Application): boolean {
  return intAttribute(node, 'ceil_mode', 0) === 1;
}

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
