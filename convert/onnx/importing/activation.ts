/** Functions that are computed value by value. */
import {
  POINTWISE,
  type PointwiseArguments,
  type PointwiseAttrs,
  type PointwiseFunction,
  pointwiseBy,
  QUICK_GELU_SLOPE,
  SELU_ALPHA,
  SELU_SCALE,
} from '../../../graph/index.js';
import { floatAttribute, stringAttribute } from '../file/onnx-model.js';
import { plus, times } from './arithmetic.js';
import { type Application, computed, constant, type Operator, optionalConstant } from './graph-builder.js';
import { aligned } from './layout.js';
import type { ComputedValue } from './value.js';

export const relu: Operator = (application) =>
  application.graph.add(application.name, { op: 'relu' }, [computed(application, 0)]);

/** Operators that are a function of the graph, with its arguments. */
export const functions: ReadonlyMap<string, Operator> = new Map(
  [...pointwiseBy(({ onnx }) => (onnx === undefined ? [] : [onnx.op]))].map(([op, name]): [string, Operator] => [
    op,
    pointwiseNamed(name, POINTWISE[name].onnx?.defaults),
  ]),
);

/** A function of the graph, whose arguments are attributes. @param defaults of attributes that are left out */
export function pointwiseNamed(name: PointwiseFunction, defaults: PointwiseArguments = {}): Operator {
  return (application) => {
    const given = Object.entries(defaults).map(([key, value]) => [key, floatAttribute(application.node, key, value)]);
    return pointwise(application, { function: name, ...Object.fromEntries(given) });
  };
}

export const gelu: Operator = (application) => {
  const isByTanh = stringAttribute(application.node, 'approximate', 'none') === 'tanh';
  return pointwise(application, { function: isByTanh ? 'gelu_tanh' : 'gelu' });
};

export function pointwise(application: Application, attrs: PointwiseAttrs) {
  return application.graph.add(application.name, { op: 'pointwise', attrs }, [computed(application, 0)]);
}

/** `x·σ(alpha·x)`, of opset 24. */
export const swish: Operator = (application) => {
  const { node, graph, name } = application;
  const alpha = floatAttribute(node, 'alpha', 1);
  if (alpha === 1) return pointwise(application, { function: 'silu' });
  if (Math.abs(alpha - QUICK_GELU_SLOPE) < 1e-6) return pointwise(application, { function: 'quick_gelu' });
  const x = computed(application, 0);
  const scaled = times(graph, x, alpha, `${name}:scaled`);
  const gate = graph.add(`${name}:gate`, { op: 'pointwise', attrs: { function: 'sigmoid' } }, [scaled]);
  return graph.add(name, { op: 'mul' }, [x, gate]);
};

/** `gamma·(x or alpha·(exp(x) − 1))`; ONNX's defaults are the numbers of the graph's function. */
export const selu: Operator = (application) => {
  const { node, graph, name } = application;
  const [alpha, gamma] = [floatAttribute(node, 'alpha', SELU_ALPHA), floatAttribute(node, 'gamma', SELU_SCALE)];
  const isUsual = Math.abs(alpha - SELU_ALPHA) < 1e-6 && Math.abs(gamma - SELU_SCALE) < 1e-6;
  if (isUsual) return pointwise(application, { function: 'selu' });
  const bent = pointwise({ ...application, name: `${name}:elu` }, { function: 'elu', alpha });
  return times(graph, bent, gamma, name);
};

/** `x` above `alpha`, otherwise 0. */
export const thresholdedRelu: Operator = (application) => {
  const { node, graph, name } = application;
  const x = computed(application, 0);
  const above = plus(graph, x, -floatAttribute(node, 'alpha', 1), `${name}:above`);
  const sign = graph.add(`${name}:sign`, { op: 'pointwise', attrs: { function: 'sign' } }, [above]);
  const gate = graph.add(`${name}:gate`, { op: 'relu' }, [sign]);
  return graph.add(name, { op: 'mul' }, [x, gate]);
};

/** From opset 11 on the limits are inputs, before they are attributes. */
export const clip: Operator = (application) => {
  const { node, graph, name } = application;
  const min = optionalConstant(application, 1)?.data[0] ?? floatAttribute(node, 'min', Number.NEGATIVE_INFINITY);
  const max = optionalConstant(application, 2)?.data[0] ?? floatAttribute(node, 'max', Number.POSITIVE_INFINITY);
  const x = computed(application, 0);
  // Limits at the end of float32 stand for none.
  const isOpen = (limit: number) => Math.abs(limit) > 3.4e38;
  if (min === 0 && max === 6) return graph.add(name, { op: 'relu6' }, [x]);
  if (min === 0 && isOpen(max)) return graph.add(name, { op: 'relu' }, [x]);
  const limits = { ...(isOpen(min) ? {} : { min }), ...(isOpen(max) ? {} : { max }) };
  return graph.add(name, { op: 'pointwise', attrs: { function: 'clamp', ...limits } }, [x]);
};

export const prelu: Operator = (application) => {
  const { graph, name } = application;
  const x = computed(application, 0);
  const slope = constant(application, 1);
  if (x.batch !== 0 || x.merged) return byValue(application, x);
  const slopes = slope.data.length;
  // One slope for each channel has the axes of height and width behind it.
  const perChannel = [slopes, ...new Array<number>(x.shape.length - 1).fill(1)];
  const isPerChannel = slope.dims.join() === perChannel.join() || slope.dims.join() === [1, ...perChannel].join();
  if (slopes !== 1 && !isPerChannel) return byValue(application, x);
  const data = Float32Array.from(slope.data);
  return graph.add(name, { op: 'prelu', attrs: { slopes } }, [x], { weight: { shape: [slopes], data } });
};

/** `max(x, 0) + a·min(x, 0)`, for slopes of any shape. */
function byValue({ graph, name, inputs }: Application, x: ComputedValue): ComputedValue {
  const attrs = { function: 'clamp', max: 0 } as const;
  const negative = graph.add(`${name}:negative`, { op: 'pointwise', attrs }, [x]);
  const scaled = graph.add(`${name}:scaled`, { op: 'mul' }, aligned(graph, [negative, inputs[1]!], name));
  return graph.add(name, { op: 'add', attrs: {} }, [graph.add(`${name}:positive`, { op: 'relu' }, [x]), scaled]);
}
