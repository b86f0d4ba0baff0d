/** Norms and softmax. */
import { floatAttribute, intAttribute } from '../file/attributes.js';
import { map } from './convolution.js';
import { inShape } from './layout.js';
import { NotSupported } from './not-supported.js';
import { type Application, computed, constant, type Operator, optionalConstant, tensorOf } from './operator.js';
import { type ComputedValue, graphAxis, placeOf, positiveAxis, rankOf } from './value.js';

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
  const attrs = {
    shape,
    eps: floatAttribute(node, 'epsilon', 1e-5),
    weight: weight !== null,
    bias: bias !== null,
  };
  return graph.add(name, { op: 'layerNorm', attrs }, [x], {
    ...(weight === null ? {} : { weight: tensorOf(weight, shape) }),
    ...(bias === null ? {} : { bias: tensorOf(bias, shape) }),
  });
};

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
