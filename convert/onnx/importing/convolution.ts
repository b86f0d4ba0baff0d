/** Convolutions and batch norms of maps. */
import { floatAttribute, intAttribute } from '../file/attributes.js';
import type { Constant } from '../folding/constant.js';
import { NotSupported } from './not-supported.js';
import { type Application, computed, constant, type Operator, optionalConstant, tensorOf } from './operator.js';
import { type ComputedValue, isMap, placeOf } from './value.js';
import { axisWindows, planeOf } from './windows.js';

export const conv: Operator = (application) => {
  const { node, graph, name } = application;
  const x = map(application);
  const weight = constant(application, 1);
  const bias = optionalConstant(application, 2);
  const [outChannels = 0, inGroup = 0, ...kernel] = weight.dims;
  if (kernel.length !== 2) throw new NotSupported(`it slides over ${kernel.length} axes, not over height and width`);
  const groups = intAttribute(node, 'group', 1);
  const window = planeOf(axisWindows(node, x.shape.slice(1), kernel));
  return graph.add(
    name,
    {
      op: 'conv2d',
      attrs: { inChannels: inGroup * groups, outChannels, groups, bias: bias !== null, ...window },
    },
    [x],
    { weight: tensorOf(weight), ...(bias === null ? {} : { bias: tensorOf(bias) }) },
  );
};

export const batchNormalization: Operator = (application) => {
  const { node, graph, name, opset } = application;
  const x = computed(application, 0);
  if (opset >= 14 && intAttribute(node, 'training_mode', 0) === 1) {
    throw new NotSupported('it is in training mode; export model.eval()');
  }
  const [weight, bias, mean, variance] = [1, 2, 3, 4].map((i) => constant(application, i));
  const eps = floatAttribute(node, 'epsilon', 1e-5);
  if (x.batch !== 0 || x.merged) return scaleAndShift(application, x, [weight!, bias!, mean!, variance!], eps);
  return graph.add(name, { op: 'batchNorm2d', attrs: { channels: weight!.data.length, eps } }, [x], {
    weight: tensorOf(weight!),
    bias: tensorOf(bias!),
    running_mean: tensorOf(mean!),
    running_var: tensorOf(variance!),
  });
};

/** A batch norm of values whose batch is somewhere else: a factor and a summand for each of axis 1. */
function scaleAndShift(
  { graph, name }: Application,
  x: ComputedValue,
  [weight, bias, mean, variance]: readonly [Constant, Constant, Constant, Constant],
  eps: number,
): ComputedValue {
  const place = placeOf(1, x);
  const shape = x.shape.map((size, i) => (i === place ? size : 1));
  const scale = Float32Array.from(weight.data, (gain, c) => gain / Math.sqrt(variance.data[c]! + eps));
  const shift = Float32Array.from(bias.data, (value, c) => value - mean.data[c]! * scale[c]!);
  const layout = { batch: x.batch, merged: x.merged };
  const channels = (data: Float32Array): Constant => ({ kind: 'float', dims: [data.length], data });
  const factor = graph.parameter(channels(scale), `${name}:scale`, shape, layout);
  const summand = graph.parameter(channels(shift), `${name}:shift`, shape, layout);
  const scaled = graph.add(`${name}:scaled`, { op: 'mul' }, [x, factor]);
  return graph.add(name, { op: 'add', attrs: {} }, [scaled, summand]);
}

/** The first input, which must have maps: `[N, C, H, W]`. */
export function map(application: Application): ComputedValue {
  const x = computed(application, 0);
  if (isMap(x)) return x;
  throw new NotSupported(`it gets [${application.graph.dims(x).join(', ')}], not maps of channels, height and width`);
}
