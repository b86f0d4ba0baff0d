/** Poolings of maps. */
import { intAttribute, intsAttribute } from '../file/attributes.js';
import { times } from './arithmetic.js';
import { map } from './convolution.js';
import { dilatedAverage } from './dilated-average.js';
import type { GraphBuilder } from './graph-builder.js';
import { NotSupported } from './not-supported.js';
import type { Application, Operator } from './operator.js';
import type { ComputedValue } from './value.js';
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
