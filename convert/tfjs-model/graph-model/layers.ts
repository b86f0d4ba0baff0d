/** Convolutions, products, norms and poolings of a graph model, also fused with what follows by the converter. */
import { NotSupported } from '../../onnx/importing/value.js';
import { activated, combined, folded, pointwise } from '../writing/combining.js';
import * as maps from '../writing/maps.js';
import type { TfValue } from '../writing/writer.js';
import type { NodeCall, Translation, Translations } from './node-call.js';
import { booleanOf, floatOf, integerOf, integersOf, stringOf, stringsOf } from './node-call.js';

type Convolve = typeof maps.convolution;

function windowOf({ definition }: NodeCall): maps.WindowOptions {
  const format = stringOf(definition, 'data_format', 'NHWC');
  if (format !== 'NHWC') throw new NotSupported(`its data format is ${format}`);
  return {
    strides: sides(integersOf(definition, 'strides')),
    dilations: sides(integersOf(definition, 'dilations')),
    padding: paddingOf(stringOf(definition, 'padding', 'VALID'), integersOf(definition, 'explicit_paddings')),
  };
}

/** The values for height and width, out of those for four axes. */
function sides(values: readonly number[]): [number, number] {
  const [batch = 1, height = 1, width = 1, channels = 1] = values;
  if (batch !== 1 || channels !== 1) throw new NotSupported(`its window steps over [${values.join(', ')}]`);
  return [height, width];
}

function paddingOf(padding: string, explicit: readonly number[]): maps.Padding {
  if (padding === 'SAME') return 'same';
  if (padding === 'VALID') return 'valid';
  const [, , top = 0, bottom = 0, left = 0, right = 0] = explicit;
  if (padding !== 'EXPLICIT' || explicit.length !== 8)
    throw new NotSupported(`its padding is ${padding.slice(0, 100)}`);
  return [top, bottom, left, right];
}

function convolution(convolve: Convolve): Translation {
  return (call) => convolve(call, call.input(0), call.input(1), null, windowOf(call));
}

/** With a bias, and then an activation (tfjs-converter, `fused_ops`). */
function fused(make: (call: NodeCall, bias: TfValue | null) => TfValue): Translation {
  return (call) => {
    const names = stringsOf(call.definition, 'fused_ops');
    const hasBias = names[0] === 'BiasAdd';
    const rest = hasBias ? names.slice(1) : names;
    const made = make(call, hasBias ? call.input(2) : null);
    if (rest.length === 0) return made;
    const [name = '', more] = rest;
    if (more !== undefined) throw new NotSupported(`it is fused with ${names.join(', ').slice(0, 100)}`);
    if (name === 'Prelu') return prelu(call, made, call.input(hasBias ? 3 : 2));
    if (name === 'LeakyRelu') return leaky(call, made, floatOf(call.definition, 'leakyrelu_alpha', 0.2));
    return activated(call, FUSED_NAMES[name] ?? name, made);
  };
}

const FUSED_NAMES: Readonly<Record<string, string>> = {
  Relu: 'relu',
  Relu6: 'relu6',
  Elu: 'elu',
  Sigmoid: 'sigmoid',
  Tanh: 'tanh',
};

function fusedConvolution(convolve: Convolve): Translation {
  return fused((call, bias) => convolve(call, call.input(0), call.input(1), bias, windowOf(call)));
}

function matrixOf(call: NodeCall): TfValue {
  const { definition } = call;
  if (booleanOf(definition, 'transpose_a', false)) throw new NotSupported('it turns the batch around');
  const matrix = call.input(1);
  if (!booleanOf(definition, 'transpose_b', false)) return matrix;
  return {
    ...matrix,
    name: call.node('Transpose', [matrix.name], { perm: [1, 0] }),
    sizes: matrix.sizes?.toReversed() ?? null,
  };
}

function matMul(call: NodeCall, bias: TfValue | null): TfValue {
  const matrix = matrixOf(call);
  const x = call.input(0);
  if (!matrix.isConstant || x.isConstant) return combined(call, 'MatMul', x, matrix);
  return maps.dense(call, x, matrix, bias);
}

function batchMatMul(call: NodeCall): TfValue {
  const [x, y] = [call.input(0), call.input(1)];
  const turned = (value: TfValue, attribute: string) => {
    const name = call.plain(value);
    if (!booleanOf(call.definition, attribute, false)) return name;
    const perm = [...Array(value.rank).keys()].map((axis) =>
      axis < value.rank - 2 ? axis : 2 * value.rank - 3 - axis,
    );
    return call.node('Transpose', [name], { perm });
  };
  const name = call.node('MatMul', [turned(x, 'adj_x'), turned(y, 'adj_y')]);
  return { name, rank: Math.max(x.rank, y.rank), isMap: false, sizes: null, isConstant: x.isConstant && y.isConstant };
}

function deconvolution(call: NodeCall): TfValue {
  return maps.transposedConvolution(call, call.input(2), call.input(1), null, windowOf(call));
}

function pooling(op: 'MaxPool' | 'AveragePool'): Translation {
  return (call) => maps.pooling(call, op, call.input(0), sides(integersOf(call.definition, 'ksize')), windowOf(call));
}

function batchNorm(call: NodeCall): TfValue {
  const { definition } = call;
  if (booleanOf(definition, 'is_training', false)) throw new NotSupported('it is in training mode');
  const [x, gamma, beta, mean, variance] = call.inputs(0, 5);
  const epsilon = floatOf(definition, 'epsilon', 1e-4);
  return maps.batchNorm(call, x!, { gamma: gamma!, beta: beta!, mean: mean!, variance: variance!, epsilon });
}

function biasAdd(call: NodeCall): TfValue {
  const format = stringOf(call.definition, 'data_format', 'NHWC');
  if (format !== 'NHWC') throw new NotSupported(`its data format is ${format}`);
  return combined(call, 'Add', call.input(0), call.input(1));
}

function prelu(call: NodeCall, x: TfValue, slopes: TfValue): TfValue {
  const beside = x.isMap ? call.besideMap(slopes) : slopes.name;
  return { ...x, name: call.node('PRelu', [x.name, beside]), flattened: undefined };
}

function leaky(call: NodeCall, x: TfValue, alpha: number): TfValue {
  return pointwise(call, 'LeakyRelu', x, { alpha: { float: alpha } });
}

/** TensorFlow's window has `radius` channels on both sides, and alpha is not divided by their number. */
function localResponseNorm(call: NodeCall): TfValue {
  const { definition } = call;
  const size = 2 * integerOf(definition, 'depth_radius', 5) + 1;
  const alpha = floatOf(definition, 'alpha', 1) * size;
  const attributes = {
    size,
    alpha: { float: alpha },
    beta: { float: floatOf(definition, 'beta', 0.5) },
    bias: { float: floatOf(definition, 'bias', 1) },
  };
  const x = call.input(0);
  return { ...x, name: call.node('LRN', [call.map(x)], attributes), isMap: true };
}

function resize(mode: 'nearest' | 'linear'): Translation {
  return (call) => {
    const { definition } = call;
    const isAligned = booleanOf(definition, 'align_corners', false);
    const isCentred = booleanOf(definition, 'half_pixel_centers', false);
    const coordinates = isAligned ? 'align_corners' : isCentred ? 'half_pixel' : 'asymmetric';
    const rounding = mode === 'nearest' && isAligned ? 'round_prefer_ceil' : 'floor';
    return maps.resized(call, call.input(0), { size: call.numbers(1) }, { mode, coordinates, rounding });
  };
}

export const layers: Translations = {
  AddN: (call) => folded(call, 'Add', call.inputs()),
  AvgPool: pooling('AveragePool'),
  BatchMatMul: batchMatMul,
  BatchMatMulV2: batchMatMul,
  BiasAdd: biasAdd,
  Conv2D: convolution(maps.convolution),
  Conv2DBackpropInput: deconvolution,
  DepthwiseConv2dNative: convolution(maps.depthwise),
  FusedBatchNorm: batchNorm,
  FusedBatchNormV2: batchNorm,
  FusedBatchNormV3: batchNorm,
  FusedDepthwiseConv2dNative: fusedConvolution(maps.depthwise),
  LRN: localResponseNorm,
  LeakyRelu: (call) => leaky(call, call.input(0), floatOf(call.definition, 'alpha', 0.2)),
  MatMul: (call) => matMul(call, null),
  MaxPool: pooling('MaxPool'),
  Prelu: (call) => prelu(call, call.input(0), call.input(1)),
  ResizeBilinear: resize('linear'),
  ResizeNearestNeighbor: resize('nearest'),
  _FusedConv2D: fusedConvolution(maps.convolution),
  _FusedMatMul: fused(matMul),
};
