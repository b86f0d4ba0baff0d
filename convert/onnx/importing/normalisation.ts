/** Norms, softmax and reductions of axes. */
import { attributeOf, floatAttribute, intAttribute } from '../file/onnx-model.js';
import type { Constant } from '../folding/constant.js';
import { axesOf } from '../folding/fold.js';
import { expand } from '../folding/moving.js';
import { plus } from './arithmetic.js';
import { map } from './convolution.js';
import {
  type Application,
  computed,
  constant,
  type GraphBuilder,
  type Operator,
  optionalConstant,
  tensorOf,
} from './graph-builder.js';
import { aligned, inShape, withoutAxes } from './layout.js';
import { type ComputedValue, graphAxis, isMap, NotSupported, placeOf, positiveAxis, rankOf } from './value.js';

/** ONNX's window has `⌊(n − 1)/2⌋` channels before and `⌈(n − 1)/2⌉` after; the graph's is the other way round. */
export const localResponseNormalization: Operator = (application) => {
  const { node, graph, name } = application;
  const size = intAttribute(node, 'size', 1);
  if (size < 1 || size % 2 === 0) throw new NotSupported(`its window has ${size} channels, an odd number is needed`);
  const attrs = {
    size,
    alpha: floatAttribute(node, 'alpha', 1e-4),
    beta: floatAttribute(node, 'beta', 0.75),
    k: floatAttribute(node, 'bias', 1),
  };
  return graph.add(name, { op: 'localResponseNorm', attrs }, [map(application)]);
};

export const layerNormalization: Operator = (application) => {
  const { node, graph, name } = application;
  const x = computed(application, 0);
  const first = positiveAxis(intAttribute(node, 'axis', -1), rankOf(x));
  for (let axis = first; axis < rankOf(x); axis++) placeOf(axis, x);
  const shape = x.shape.slice(placeOf(first, x));
  const weight = optionalConstant(application, 1);
  const bias = optionalConstant(application, 2);
  const eps = floatAttribute(node, 'epsilon', 1e-5);
  const [gain, offset] = [weight, bias].map((each) => each && repeatedTo(each, shape));
  const isOwn = gain !== undefined && offset !== undefined;
  const attrs = { shape, eps, weight: isOwn && gain !== null, bias: isOwn && offset !== null };
  if (!isOwn) return scaledAndShifted(application, graph.add(`${name}:normal`, { op: 'layerNorm', attrs }, [x]));
  return graph.add(name, { op: 'layerNorm', attrs }, [x], {
    ...(gain === null ? {} : { weight: tensorOf(gain) }),
    ...(offset === null ? {} : { bias: tensorOf(offset) }),
  });
};

/** A scale or bias with a value for each normalised one; undefined for one that differs along other axes. */
function repeatedTo(constant: Constant, shape: readonly number[]): Constant | undefined {
  const { dims } = constant;
  const outer = Math.max(0, dims.length - shape.length);
  if (dims.slice(0, outer).some((size) => size !== 1)) return undefined;
  return expand({ ...constant, dims: dims.slice(outer) }, shape);
}

/** The second and third inputs as factor and summand of any shape that fits. */
function scaledAndShifted({ graph, name, inputs }: Application, normal: ComputedValue): ComputedValue {
  const [, weight, bias] = inputs;
  const both = weight != null && bias != null;
  const scaled =
    weight == null
      ? normal
      : graph.add(both ? `${name}:scaled` : name, { op: 'mul' }, aligned(graph, [normal, weight], name));
  return bias == null ? scaled : graph.add(name, { op: 'add', attrs: {} }, aligned(graph, [scaled, bias], name));
}

export const instanceNormalization: Operator = (application) => {
  const channels = constant(application, 1).data.length;
  return groupNorm(application, channels, channels);
};

/** Before opset 21 scale and bias have a value a group. */
export const groupNormalization: Operator = (application) => {
  const groups = intAttribute(application.node, 'num_groups', 1);
  return groupNorm(application, groups, computed(application, 0).shape[0] ?? 0);
};

function groupNorm(application: Application, groups: number, channels: number): ComputedValue {
  const { node, graph, name } = application;
  const x = computed(application, 0);
  if (x.batch !== 0 || x.merged) throw new NotSupported('its channels are not the axis after the batch');
  const [weight, bias] = [1, 2].map((i) => perChannel(tensorOf(constant(application, i)).data, channels));
  const attrs = { groups, channels, eps: floatAttribute(node, 'epsilon', 1e-5), affine: true };
  return graph.add(name, { op: 'groupNorm', attrs }, [x], {
    weight: { shape: [channels], data: weight! },
    bias: { shape: [channels], data: bias! },
  });
}

/** A value for each group is one for each of its channels. */
function perChannel(values: Float32Array, channels: number): Float32Array {
  const each = channels / values.length;
  if (!Number.isInteger(each)) throw new NotSupported(`it has ${values.length} scales for ${channels} channels`);
  return Float32Array.from({ length: channels }, (_, c) => values[Math.floor(c / each)]!);
}

export const softmax: Operator = (application) => {
  const { node, graph, name, opset } = application;
  const x = computed(application, 0);
  const axis = positiveAxis(intAttribute(node, 'axis', opset >= 13 ? -1 : 1), rankOf(x));
  const place = placeOf(axis, x);
  // Before opset 13 all axes from this one on are taken together.
  if (opset >= 13 || place === x.shape.length - 1) {
    return graph.add(name, { op: 'softmax', attrs: { axis: graphAxis(axis, x) } }, [x]);
  }
  const layout = { batch: x.batch, merged: x.merged };
  const together = [...x.shape.slice(0, place), x.shape.slice(place).reduce((a, b) => a * b, 1)];
  const flat = inShape(graph, x, together, layout, `${name}:flat`);
  const probabilities = graph.add(`${name}:softmax`, { op: 'softmax', attrs: { axis: together.length } }, [flat]);
  return inShape(graph, probabilities, x.shape, layout, name);
};

export const logSoftmax: Operator = (application) => {
  const { graph, name } = application;
  const probabilities = softmax({ ...application, name: `${name}:softmax` }) as ComputedValue;
  return graph.add(name, { op: 'pointwise', attrs: { function: 'log' } }, [probabilities]);
};

/** `x / √(mean of x² + ε) · scale` over the last axes, of opset 23. */
export const rmsNormalization: Operator = (application) => {
  const { node, graph, name } = application;
  const x = computed(application, 0);
  const first = positiveAxis(intAttribute(node, 'axis', -1), rankOf(x));
  const axes = Array.from({ length: rankOf(x) - first }, (_, i) => graphAxis(first + i, x));
  const squares = graph.add(`${name}:squares`, { op: 'mul' }, [x, x]);
  const attrs = { function: 'mean', axes, keepDims: true } as const;
  const mean = graph.add(`${name}:mean`, { op: 'reduce', attrs }, [squares]);
  const inverse = inverseRoot(graph, mean, floatAttribute(node, 'epsilon', 1e-5), name);
  const normal = graph.add(`${name}:normal`, { op: 'mul' }, [x, inverse]);
  const scale = { kind: 'constant', name: null, constant: constant(application, 1) } as const;
  return graph.add(name, { op: 'mul' }, aligned(graph, [normal, scale], name));
};

/** `(x − μ)/σ` over some axes, which must not have the batch. */
export const meanVarianceNormalization: Operator = (application) => {
  const { node, graph, name } = application;
  const x = computed(application, 0);
  const axes = (attributeOf(node, 'axes', 'ints') ?? [0, 2, 3]).map((axis) => graphAxis(axis, x));
  const attrs = { function: 'mean', axes, keepDims: true } as const;
  const mean = graph.add(`${name}:mean`, { op: 'reduce', attrs }, [x]);
  const centred = graph.add(`${name}:centred`, { op: 'sub' }, [x, mean]);
  const squares = graph.add(`${name}:squares`, { op: 'mul' }, [centred, centred]);
  const variance = graph.add(`${name}:variance`, { op: 'reduce', attrs }, [squares]);
  return graph.add(name, { op: 'mul' }, [centred, inverseRoot(graph, variance, DEVIATION_EPS, name)]);
};

/** Where all values are the same, they become 0. */
const DEVIATION_EPS = 1e-9;

/** `1/√(x + eps)`. */
function inverseRoot(graph: GraphBuilder, x: ComputedValue, eps: number, name: string): ComputedValue {
  const positive = plus(graph, x, eps, `${name}:positive`);
  return graph.add(`${name}:inverse`, { op: 'pointwise', attrs: { function: 'rsqrt' } }, [positive]);
}

/** `x / Σ|x|` or `x / √Σx²` along one axis. */
export const lpNormalization: Operator = (application) => {
  const { node, graph, name } = application;
  const x = computed(application, 0);
  const axis = graphAxis(intAttribute(node, 'axis', -1), x);
  const p = intAttribute(node, 'p', 2);
  if (p === 2) return graph.add(name, { op: 'normalize', attrs: { axis, eps: NORM_EPS } }, [x]);
  if (p !== 1) throw new NotSupported(`its norm has the power ${p}`);
  const attrs = { function: 'l1', axes: [axis], keepDims: true } as const;
  const sums = plus(graph, graph.add(`${name}:sums`, { op: 'reduce', attrs }, [x]), NORM_EPS, `${name}:positive`);
  return graph.add(name, { op: 'div' }, [x, sums]);
};

/** Values that are all 0 stay so. */
const NORM_EPS = 1e-12;

type Reduction = 'mean' | 'sum' | 'max' | 'min' | 'prod' | 'l1' | 'l2';

export function reduce(reduction: Reduction): Operator {
  return (application) => {
    const { graph, name } = application;
    const x = computed(application, 0);
    const { asked, keepDims } = reduced(application, x);
    // The mean over height and width is a global pooling, which engines are made for.
    if (reduction === 'mean' && isMap(x) && [...asked].sort().join() === '2,3') {
      const attrs = { output: [1, 1] } as const;
      const pooled = graph.add(keepDims ? name : `${name}:pooled`, { op: 'adaptiveAvgPool2d', attrs }, [x]);
      return keepDims ? pooled : graph.add(name, { op: 'flatten' }, [pooled]);
    }
    return along(graph, x, reduction, asked, keepDims, name);
  };
}

/** `Σx²`. */
export const reduceSumSquare: Operator = (application) => {
  const { graph, name } = application;
  const x = computed(application, 0);
  const { asked, keepDims } = reduced(application, x);
  const squares = graph.add(`${name}:squares`, { op: 'mul' }, [x, x]);
  return along(graph, squares, 'sum', asked, keepDims, name);
};

/** `log Σx`. */
export const reduceLogSum: Operator = (application) => {
  const { graph, name } = application;
  const x = computed(application, 0);
  const { asked, keepDims } = reduced(application, x);
  const sums = along(graph, x, 'sum', asked, keepDims, `${name}:sums`);
  return graph.add(name, { op: 'pointwise', attrs: { function: 'log' } }, [sums]);
};

/** `m + log Σ exp(x − m)`, where `m` is the largest value, so that nothing overflows. */
export const reduceLogSumExp: Operator = (application) => {
  const { graph, name } = application;
  const x = computed(application, 0);
  const { asked, keepDims } = reduced(application, x);
  const largest = along(graph, x, 'max', asked, true, `${name}:largest`);
  const below = graph.add(`${name}:below`, { op: 'sub' }, [x, largest]);
  const powers = graph.add(`${name}:powers`, { op: 'pointwise', attrs: { function: 'exp' } }, [below]);
  const sums = along(graph, powers, 'sum', asked, keepDims, `${name}:sums`);
  const logarithms = graph.add(`${name}:log`, { op: 'pointwise', attrs: { function: 'log' } }, [sums]);
  const kept = keepDims ? largest : along(graph, x, 'max', asked, false, `${name}:dropped`);
  return graph.add(name, { op: 'add', attrs: {} }, [logarithms, kept]);
};

function reduced(application: Application, x: ComputedValue): { asked: number[]; keepDims: boolean } {
  const { node } = application;
  const asked = axesOf(node, optionalConstant(application, 1))?.map((axis) => positiveAxis(axis, rankOf(x)));
  if (asked === undefined) throw new NotSupported('it reduces all axes, that of the batch among them');
  return { asked, keepDims: intAttribute(node, 'keepdims', 1) === 1 };
}

/** @param asked axes of ONNX */
function along(
  graph: GraphBuilder,
  x: ComputedValue,
  reduction: Reduction,
  asked: readonly number[],
  keepDims: boolean,
  name: string,
): ComputedValue {
  const axes = asked.map((axis) => graphAxis(axis, x)).sort((a, b) => a - b);
  const layout = keepDims ? x : withoutAxes(x, asked);
  return graph.add(name, { op: 'reduce', attrs: { function: reduction, axes, keepDims } }, [x], {}, layout);
}
