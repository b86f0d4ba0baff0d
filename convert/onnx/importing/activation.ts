/** Functions that are computed value by value. */
import {
  type PointwiseAttrs,
  type PointwiseFunction,
  QUICK_GELU_SLOPE,
  SELU_ALPHA,
  SELU_SCALE,
} from '../../../graph/index.js';
import { floatAttribute, stringAttribute } from '../file/attributes.js';
import type { OnnxNode } from '../file/onnx-model.js';
import { aligned } from './alignment.js';
import { plus, times } from './arithmetic.js';
import { type Application, computed, constant, type Operator, optionalConstant } from './operator.js';
import type { ComputedValue } from './value.js';

export const relu: Operator = (application) =>
  application.graph.add(application.name, { op: 'relu' }, [computed(application, 0)]);

/** Operators that are one function of the graph, with its arguments. */
const FUNCTIONS: Readonly<Record<string, (node: OnnxNode) => PointwiseAttrs>> = {
  Sigmoid: () => ({ function: 'sigmoid' }),
  Tanh: () => ({ function: 'tanh' }),
  LeakyRelu: (node) => ({ function: 'leaky_relu', alpha: floatAttribute(node, 'alpha', 0.01) }),
  Elu: (node) => ({ function: 'elu', alpha: floatAttribute(node, 'alpha', 1) }),
  Celu: (node) => ({ function: 'celu', alpha: floatAttribute(node, 'alpha', 1) }),
  HardSwish: () => ({ function: 'hardswish' }),
  HardSigmoid: (node) => ({
    function: 'hardsigmoid',
    alpha: floatAttribute(node, 'alpha', 0.2),
    beta: floatAttribute(node, 'beta', 0.5),
  }),
  Gelu: (node) => ({ function: stringAttribute(node, 'approximate', 'none') === 'tanh' ? 'gelu_tanh' : 'gelu' }),
  Softplus: () => ({ function: 'softplus' }),
  Softsign: () => ({ function: 'softsign' }),
  Mish: () => ({ function: 'mish' }),
  Erf: () => ({ function: 'erf' }),
  Exp: () => ({ function: 'exp' }),
  Log: () => ({ function: 'log' }),
  Sqrt: () => ({ function: 'sqrt' }),
  Reciprocal: () => ({ function: 'reciprocal' }),
  Abs: () => ({ function: 'abs' }),
  Neg: () => ({ function: 'neg' }),
  Sign: () => ({ function: 'sign' }),
  Floor: () => ({ function: 'floor' }),
  Ceil: () => ({ function: 'ceil' }),
  Round: () => ({ function: 'round' }),
  Sin: () => ({ function: 'sin' }),
  Cos: () => ({ function: 'cos' }),
};

export const functions: ReadonlyMap<string, Operator> = new Map(
  Object.entries(FUNCTIONS).map(([op, attrsOf]): [string, Operator] => [
    op,
    (application) => pointwise(application, attrsOf(application.node)),
  ]),
);

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

/** The graph's function of one input by its name. */
export function pointwiseNamed(name: PointwiseFunction): Operator {
  return (application) => pointwise(application, { function: name });
}

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
