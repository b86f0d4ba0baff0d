import { type ResizeAttrs, resizedLength, resizeWeights } from '../../../graph/index.js';
import type { OnnxNode } from '../file/onnx-model.js';
import { attributeOf, floatAttribute, intAttribute, stringAttribute } from '../file/onnx-model.js';
import { emptyConstant } from '../folding/constant.js';
import { map } from './convolution.js';
import { type Application, constant, type GraphBuilder, type Operator, optionalConstant } from './graph-builder.js';
import { pass } from './moving.js';
import { type ComputedValue, NotSupported } from './value.js';

const MODES: readonly string[] = ['nearest', 'linear', 'cubic'] satisfies ResizeMode[];
const COORDINATES: readonly string[] = [
  'half_pixel',
  'half_pixel_symmetric',
  'pytorch_half_pixel',
  'pytorch_nearest',
  'align_corners',
  'asymmetric',
  'tf_crop_and_resize',
] satisfies ResizeCoordinates[];
const ROUNDINGS: readonly string[] = [
  'floor',
  'ceil',
  'round_prefer_floor',
  'round_prefer_ceil',
] satisfies ResizeRounding[];

type ResizeMode = ResizeAttrs['mode'];
type ResizeCoordinates = ResizeAttrs['coordinates'];
type ResizeRounding = NonNullable<ResizeAttrs['rounding']>;

/** `Resize`, and `Upsample` before opset 10. */
export const resize: Operator = (application) => {
  const { node, graph, name, opset } = application;
  const x = map(application);
  // What opset 11 made a choice was fixed before.
  const isOld = opset < 11 || node.op === 'Upsample';
  const mode = stringAttribute(node, 'mode', 'nearest');
  const coordinates = isOld ? 'asymmetric' : stringAttribute(node, 'coordinate_transformation_mode', 'half_pixel');
  const rounding = isOld ? 'floor' : stringAttribute(node, 'nearest_mode', 'round_prefer_floor');
  if (!isMode(mode) || !isCoordinates(coordinates) || !isRounding(rounding)) {
    throw new NotSupported(`its mode is ${mode}, ${coordinates}, ${rounding}`);
  }
  const isCrop = coordinates === 'tf_crop_and_resize';
  const target = targetOf(application, isOld, graph.dims(x));
  // A scale that adds less than a pixel changes nothing, in onnxruntime and in PyTorch.
  if (([0, 1] as const).every((axis) => resizedLength(x.shape[axis + 1]!, axis, target) === x.shape[axis + 1])) {
    if (isCrop) throw new NotSupported('it takes a region in the size of the whole map, which onnxruntime does not do');
    return pass(application);
  }
  // onnxruntime counts the pixels that there are, ONNX's own definition also the part of one.
  const isWhole = 'size' in target || target.scale.every((scale, i) => Number.isInteger(scale * x.shape[i + 1]!));
  if (coordinates === 'align_corners' && mode !== 'nearest' && !isWhole) {
    throw new NotSupported('its scale gives a part of a pixel, of which runtimes make different values');
  }
  const isCubic = mode === 'cubic';
  const isSmooth = mode !== 'nearest' && intAttribute(node, 'antialias', 0) === 1;
  // Between two pixels it makes no difference.
  const isExcluding = (isCubic || isSmooth) && intAttribute(node, 'exclude_outside', 0) === 1;
  const attrs = {
    ...target,
    mode,
    coordinates,
    ...(mode === 'nearest' ? { rounding } : {}),
    ...(isCubic ? { cubic: floatAttribute(node, 'cubic_coeff_a', -0.75) } : {}),
    ...(isExcluding ? { excludeOutside: true } : {}),
    ...(isSmooth ? { antialias: true } : {}),
    ...(isCrop ? { region: regionOf(application) } : {}),
  };
  if (isOld && mode === 'nearest' && 'scale' in target) return nearestOfOld(graph, x, target.scale, name);
  const outside = isCrop ? floatAttribute(node, 'extrapolation_value', 0) : 0;
  if (outside !== 0) return withOutside(graph, x, attrs, outside, name);
  return graph.add(name, { op: 'resize', attrs }, [x]);
};

/** Before opset 11, onnxruntime takes the pixel before, or where it shrinks the one behind; PyTorch the one before. */
function nearestOfOld(graph: GraphBuilder, x: ComputedValue, scale: readonly [number, number], name: string) {
  const attrs = { mode: 'nearest', coordinates: 'asymmetric' } as const;
  const roundings = scale.map((factor) => (factor < 1 ? 'ceil' : 'floor'));
  const [rows, columns] = roundings as ['ceil' | 'floor', 'ceil' | 'floor'];
  if (rows === columns) return graph.add(name, { op: 'resize', attrs: { ...attrs, scale, rounding: rows } }, [x]);
  const tall = { ...attrs, scale: [scale[0], 1], rounding: rows } as const;
  const wide = { ...attrs, scale: [1, scale[1]], rounding: columns } as const;
  const resized = graph.add(`${name}:rows`, { op: 'resize', attrs: tall }, [x]);
  return graph.add(name, { op: 'resize', attrs: wide }, [resized]);
}

function isMode(mode: string): mode is ResizeMode {
  return MODES.includes(mode);
}

function isCoordinates(coordinates: string): coordinates is ResizeCoordinates {
  return COORDINATES.includes(coordinates);
}

function isRounding(rounding: string): rounding is ResizeRounding {
  return ROUNDINGS.includes(rounding);
}

type Target = { size: [number, number] } | { scale: [number, number] };

/** From opset 18 on for some axes, before for all. */
function targetOf(application: Application, isOld: boolean, dims: readonly number[]): Target {
  const { node, inputs } = application;
  const axes = axesOf(application);
  const sizes = isOld || inputs.length < 4 ? null : optionalConstant(application, 3);
  if (sizes !== null && sizes.data.length > 0) {
    const asked = kept(node, [...sizes.data], axes, dims);
    const all = dims.map((size, axis) => onAxis(asked, axes, axis, size));
    if (all[0] !== dims[0] || all[1] !== dims[1]) throw new NotSupported('it resizes the batch or the channels');
    return { size: [all[2]!, all[3]!] };
  }
  const input = optionalConstant(application, isOld ? 1 : 2);
  const scales = input === null ? (attributeOf(node, 'scales', 'floats') ?? []) : [...input.data];
  if (scales.length !== axes.length) throw new NotSupported('it does not say to which size');
  if (onAxis(scales, axes, 0, 1) !== 1 || onAxis(scales, axes, 1, 1) !== 1) {
    throw new NotSupported('it resizes the batch or the channels');
  }
  return { scale: [onAxis(scales, axes, 2, 1), onAxis(scales, axes, 3, 1)] };
}

/** Which axis each number is for. */
function axesOf({ node }: Application): number[] {
  return (attributeOf(node, 'axes', 'ints') ?? [0, 1, 2, 3]).map((axis) => (axis < 0 ? axis + 4 : axis));
}

function onAxis(values: readonly number[], axes: readonly number[], axis: number, otherwise: number): number {
  return values[axes.indexOf(axis)] ?? otherwise;
}

/** Sizes that keep the ratio of height and width: all axes grow as the one that grows least or most. */
function kept(node: OnnxNode, sizes: readonly number[], axes: readonly number[], dims: readonly number[]): number[] {
  const policy = stringAttribute(node, 'keep_aspect_ratio_policy', 'stretch');
  if (policy === 'stretch') return [...sizes];
  if (policy !== 'not_larger' && policy !== 'not_smaller')
    throw new NotSupported(`its policy is ${policy.slice(0, 100)}`);
  const factors = sizes.map((size, i) => size / dims[axes[i]!]!);
  const factor = policy === 'not_larger' ? Math.min(...factors) : Math.max(...factors);
  return axes.map((axis) => Math.round(factor * dims[axis]!));
}

/** The part that `tf_crop_and_resize` takes: the beginnings of all axes, then their ends. */
function regionOf(application: Application): [[number, number], [number, number]] {
  const axes = axesOf(application);
  const given = [...constant(application, 1).data];
  const along = (axis: number): [number, number] => [
    onAxis(given, axes, axis, 0),
    onAxis(given.slice(axes.length), axes, axis, 1),
  ];
  if ([0, 1].some((axis) => along(axis).join() !== '0,1')) {
    throw new NotSupported('it takes a part of the batch or the channels');
  }
  return [along(2), along(3)];
}

/** What lies outside the map has a value of its own: that is added where the graph has 0. */
function withOutside(graph: GraphBuilder, x: ComputedValue, attrs: ResizeAttrs, value: number, name: string) {
  const resized = graph.add(`${name}:inside`, { op: 'resize', attrs }, [x]);
  const [, height = 1, width = 1] = x.shape;
  const dims = resized.shape.with(0, 1);
  const { data } = emptyConstant('float', dims);
  const inside = ([0, 1] as const).map((axis) =>
    resizeWeights([height, width][axis]!, axis, attrs).map(({ weights }) => weights.some((weight) => weight !== 0)),
  ) as [boolean[], boolean[]];
  const columns = dims[2]!;
  data.forEach((_, i) => {
    const isInside = inside[0][Math.floor(i / columns)]! && inside[1][i % columns]!;
    data[i] = isInside ? 0 : value;
  });
  const outside = graph.parameter({ kind: 'float', dims, data }, `${name}:outside`, dims, { batch: 0, merged: false });
  return graph.add(name, { op: 'add', attrs: {} }, [resized, outside]);
}
