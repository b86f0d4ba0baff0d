/** Convolutions and batch norms of maps. */
import { floatAttribute, intAttribute, intsAttribute, stringAttribute } from '../file/attributes.js';
import type { OnnxNode } from '../file/onnx-model.js';
import type { Constant } from '../folding/constant.js';
import { NotSupported } from './not-supported.js';
import { type Application, computed, constant, type Operator, optionalConstant, tensorOf } from './operator.js';
import { type ComputedValue, isMap, placeOf } from './value.js';
import { type AxisWindow, axisWindows, planeOf, reach, shared } from './windows.js';

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

/** A window whose padding is cut off the output. */
interface TransposedWindow extends AxisWindow {
  /** Pixels that are added behind the output. */
  outputPadding: number;
}

export const convTranspose: Operator = (application) => {
  const { node, graph, name } = application;
  const x = map(application);
  const weight = constant(application, 1);
  const bias = optionalConstant(application, 2);
  const [inChannels = 0, outGroup = 0, ...kernel] = weight.dims;
  if (kernel.length !== 2) throw new NotSupported(`it slides over ${kernel.length} axes, not over height and width`);
  const groups = intAttribute(node, 'group', 1);
  const windows = transposedWindows(node, x.shape.slice(1), kernel);
  const [vertical, horizontal] = windows as [TransposedWindow, TransposedWindow];
  const attrs = {
    inChannels,
    outChannels: outGroup * groups,
    groups,
    bias: bias !== null,
    outputPadding: [vertical.outputPadding, horizontal.outputPadding] as const,
    ...planeOf(windows),
  };
  const tensors = { weight: tensorOf(weight), ...(bias === null ? {} : { bias: tensorOf(bias) }) };
  return graph.add(name, { op: 'convTranspose2d', attrs }, [x], tensors);
};

/** What follows from a size that the output must have is computed. @throws NotSupported */
function transposedWindows(node: OnnxNode, sizes: readonly number[], kernel: readonly number[]): TransposedWindow[] {
  const added = intsAttribute(node, 'output_padding') ?? [];
  const mode = stringAttribute(node, 'auto_pad', 'NOTSET');
  const asked = intsAttribute(node, 'output_shape')?.slice(-sizes.length) ?? null;
  return axisWindows(node, sizes, kernel).map((window, axis) => {
    const outputPadding = added[axis] ?? 0;
    const isSame = mode === 'SAME_UPPER' || mode === 'SAME_LOWER';
    const output = asked?.[axis] ?? (isSame ? sizes[axis]! * window.stride : null);
    if (output === null) return { ...window, outputPadding };
    const surplus = (sizes[axis]! - 1) * window.stride + outputPadding + reach(window) - output;
    const padding = shared(Math.max(0, surplus), mode !== 'SAME_UPPER');
    return { ...window, ...padding, outputPadding: outputPadding + Math.max(0, -surplus) };
  });
}
