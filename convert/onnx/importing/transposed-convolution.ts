/** Transposed convolutions of maps. */
import { intAttribute, intsAttribute, stringAttribute } from '../file/attributes.js';
import type { OnnxNode } from '../file/onnx-model.js';
import { map } from './convolution.js';
import { NotSupported } from './not-supported.js';
import { constant, type Operator, optionalConstant, tensorOf } from './operator.js';
import { type AxisWindow, axisWindows, planeOf, reach, shared } from './windows.js';

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
