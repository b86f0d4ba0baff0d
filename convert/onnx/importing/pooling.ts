/** Poolings of maps. */
import { intAttribute, intsAttribute } from '../file/attributes.js';
import { map, windowOf } from './convolution.js';
import { NotSupported } from './not-supported.js';
import type { Application, Operator } from './operator.js';

export const maxPool: Operator = (application) => {
  const { graph, name } = application;
  const { dilation, ...window } = poolWindow(application);
  const isDense = dilation.every((step) => step === 1);
  const attrs = { ...window, ceilMode: ceilMode(application), ...(isDense ? {} : { dilation }) };
  return graph.add(name, { op: 'maxPool2d', attrs }, [map(application)]);
};

export const averagePool: Operator = (application) => {
  const { node, graph, name } = application;
  const { dilation, ...window } = poolWindow(application);
  if (dilation.some((step) => step !== 1)) throw new NotSupported('its window is dilated');
  const countIncludePad = intAttribute(node, 'count_include_pad', 0) === 1;
  const attrs = { ...window, ceilMode: ceilMode(application), countIncludePad };
  return graph.add(name, { op: 'avgPool2d', attrs }, [map(application)]);
};

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
  return windowOf(node, map(application), intsAttribute(node, 'kernel_shape') ?? []);
}

function ceilMode({ node }: Application): boolean {
  return intAttribute(node, 'ceil_mode', 0) === 1;
}
