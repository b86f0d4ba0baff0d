/**
 * `functional.interpolate` of maps, and ONNX's Resize of height and width (onnx.ai/onnx/operators/onnx__Resize.html),
 * each axis by a matrix (`resizeWeights`). The nearest pixel is found in float32, step by step as onnxruntime does: of
 * a quotient that is nearly whole or nearly a half, the last bit decides. PyTorch's `nearest` is `pytorch_nearest`:
 * `asymmetric` rounded down with the factor turned over first; its `nearest-exact` is `half_pixel` rounded, `bilinear`
 * and `bicubic` are `half_pixel` or `align_corners`.
 */

import { NoOnnxForm, type OnnxNode, OnnxParts, type OnnxPlace } from './onnx-form.js';
import { Misfit, type Operation, planar, type Values, WindowMisfit } from './operation.js';
import { permuted } from './permute.js';

export const RESIZE_MODES = ['nearest', 'linear', 'cubic'] as const;
export type ResizeMode = (typeof RESIZE_MODES)[number];

/** Where pixel `i` of the output lies in the input. `tf_crop_and_resize` takes a region; what lies outside is 0. */
export const RESIZE_COORDINATES = [
  ...(['half_pixel', 'half_pixel_symmetric', 'pytorch_half_pixel', 'pytorch_nearest'] as const),
  ...(['align_corners', 'asymmetric', 'tf_crop_and_resize'] as const),
] as const;
export type ResizeCoordinates = (typeof RESIZE_COORDINATES)[number];

/** To whole pixels, for `nearest`. */
export const RESIZE_ROUNDINGS = ['floor', 'ceil', 'round_prefer_floor', 'round_prefer_ceil'] as const;
export type ResizeRounding = (typeof RESIZE_ROUNDINGS)[number];

export interface ResizeAttrs {
  /** `[height, width]` of the output. Either this or `scale` is given. */
  size?: readonly [number, number];
  /** By how much height and width grow; sizes are rounded down. */
  scale?: readonly [number, number];
  mode: ResizeMode;
  coordinates: ResizeCoordinates;
  /** Default: `round_prefer_floor`. */
  rounding?: ResizeRounding;
  /** The coefficient of the cubic filter; default: -0.75. */
  cubic?: number;
  /** Whether pixels outside get no weight. Otherwise, the edge is repeated. */
  excludeOutside?: boolean;
  /** Whether the filter is as wide as a pixel of the output where the image gets smaller, as Pillow's are. */
  antialias?: boolean;
  /** For `tf_crop_and_resize`: `[start, end]` of height and width, where 0 is the first pixel and 1 the last. */
  region?: readonly (readonly [number, number])[];
}

export const operation: Operation<'resize', ResizeAttrs> = {
  op: 'resize',
  outputShape(inputs, attrs) {
    const [channels, height, width] = planar(inputs);
    if ((attrs.size === undefined) === (attrs.scale === undefined)) {
      throw new Misfit('it needs either a size or a scale');
    }
    const sizes = [resizedLength(height, 0, attrs), resizedLength(width, 1, attrs)];
    if (Math.min(...sizes) < 1) throw new WindowMisfit(`${height}×${width} and would make it ${sizes.join('×')}`);
    return [channels, ...sizes];
  },
  reference([x], attrs) {
    const rows = resizeRows(x!, 0, attrs);
    const columns = resizeRows(permuted(rows, [0, 1, 3, 2]), 1, attrs);
    return permuted(columns, [0, 1, 3, 2]);
  },
  onnx: written,
};

/** Pixels of one axis of the output; axis 0 is the height. */
export function resizedLength(
  length: number,
  axis: 0 | 1,
  { size, scale = [1, 1] }: Pick<ResizeAttrs, 'size' | 'scale'>,
): number {
  return size === undefined ? Math.floor(f32(length * f32(scale[axis]))) : size[axis];
}

/** Which pixels of one axis make a pixel of the output, and with which weights, which sum to 1. */
export interface WeightedPixels {
  from: number[];
  weights: number[];
}

/** For each pixel of one axis of the output; axis 0 is the height. */
export function resizeWeights(length: number, axis: 0 | 1, attrs: ResizeAttrs): WeightedPixels[] {
  const output = resizedLength(length, axis, attrs);
  const scale = attrs.scale?.[axis] ?? output / length;
  const resized = { length, output, scale, region: attrs.region?.[axis] ?? WHOLE, isSized: attrs.scale === undefined };
  const at = attrs.mode === 'nearest' ? nearestAt : weightsAt;
  return Array.from({ length: output }, (_, i) => at(i, resized, attrs));
}

const f32 = Math.fround;
/** Values between two pixels follow from exact positions. */
const exact = (x: number): number => x;

const WHOLE = [0, 1] as const;

interface ResizedAxis {
  length: number;
  output: number;
  scale: number;
  region: readonly [number, number];
  /** Whether the size was asked for, not the scale. */
  isSized: boolean;
}

/** @param r rounds what each step gives */
function position(
  i: number,
  { length, output, scale, region, isSized }: ResizedAxis,
  coordinates: ResizeCoordinates,
  r: (x: number) => number,
): number {
  const halfPixel = () => r(r((i + 0.5) / r(scale)) - 0.5);
  switch (coordinates) {
    case 'half_pixel':
      return halfPixel();
    case 'half_pixel_symmetric': {
      // What the output is too short for its scale is taken from both ends.
      const filled = r(output / r(r(scale) * length));
      return r((length / 2) * (1 - filled) + (i + 0.5) / r(scale) - 0.5);
    }
    case 'tf_crop_and_resize': {
      const [start, end] = [r(region[0]), r(region[1])];
      if (output === 1) return r(0.5 * r(start + end) * (length - 1));
      return r(r(start * (length - 1)) + r(r(r(i * r(end - start)) * (length - 1)) / (output - 1)));
    }
    case 'pytorch_half_pixel':
      return output > 1 ? halfPixel() : 0;
    case 'align_corners':
      return output > 1 ? r(r(i * (length - 1)) / (output - 1)) : 0;
    case 'asymmetric':
      return r(i / r(scale));
    case 'pytorch_nearest':
      return r(i * r(isSized ? length / output : 1 / scale));
  }
}

function nearestAt(i: number, axis: ResizedAxis, { coordinates, rounding }: ResizeAttrs): WeightedPixels {
  const last = axis.length - 1;
  const at = position(i, axis, coordinates, f32);
  if (coordinates === 'tf_crop_and_resize' && (at < 0 || at > last)) return OUTSIDE;
  const pixel = ROUNDINGS[rounding ?? 'round_prefer_floor'](at);
  return { from: [Math.min(Math.max(pixel, 0), last)], weights: [1] };
}

/** Two pixels, so that no engine takes it for a pixel that is chosen. */
const OUTSIDE: WeightedPixels = { from: [0, 0], weights: [0, 0] };

function weightsAt(i: number, axis: ResizedAxis, attrs: ResizeAttrs): WeightedPixels {
  const { length, scale } = axis;
  const { mode, coordinates, cubic = -0.75, excludeOutside = false } = attrs;
  const at = position(i, axis, coordinates, exact);
  const isOutside = at < -HARDLY || at > length - 1 + HARDLY;
  if (coordinates === 'tf_crop_and_resize' && isOutside) return OUTSIDE;
  const inside = (pixel: number) => Math.min(Math.max(pixel, 0), length - 1);
  // How much smaller the image gets: the filter is that much wider.
  const narrow = attrs.antialias ? Math.min(1, scale) : 1;
  const reach = (mode === 'linear' ? 1 : 2) / narrow;
  const first = Math.floor(at - reach) + 1;
  const pixels = Array.from({ length: Math.floor(at + reach) - first + 1 }, (_, i) => first + i);
  const filter = (distance: number) => {
    const x = distance * narrow;
    return mode === 'linear' ? Math.max(0, 1 - Math.abs(x)) : cubicFilter(x, cubic);
  };
  const weights = pixels.map((pixel) => (excludeOutside && pixel !== inside(pixel) ? 0 : filter(at - pixel)));
  const total = weights.reduce((a, b) => a + b, 0);
  return { from: pixels.map(inside), weights: weights.map((weight) => weight / total) };
}

/** `at` comes from a quotient, so it may miss a whole number by a rounding error. */
const HARDLY = 1e-9;

const ROUNDINGS: Readonly<Record<ResizeRounding, (at: number) => number>> = {
  floor: Math.floor,
  ceil: Math.ceil,
  round_prefer_floor: (at) => Math.ceil(at - 0.5 - HALF),
  round_prefer_ceil: (at) => Math.floor(at + 0.5 + HALF),
};

/** So near to a half, onnxruntime takes a position for one. */
const HALF = 1e-6;

/** Keys' cubic convolution (IEEE Transactions on Acoustics, Speech, and Signal Processing 29, 1981). */
function cubicFilter(x: number, a: number): number {
  const z = Math.abs(x);
  if (z < 1) return ((a + 2) * z - (a + 3)) * z * z + 1;
  return z < 2 ? ((z - 5) * z + 8) * a * z - 4 * a : 0;
}

/** Resizes the last axis but one. */
function resizeRows({ shape, data }: Values, axis: 0 | 1, attrs: ResizeAttrs): Values {
  const [images, channels, height, width] = shape as readonly [number, number, number, number];
  const rows = resizeWeights(height, axis, attrs);
  const output = new Float64Array(images * channels * rows.length * width);
  let to = 0;
  for (let plane = 0; plane < images * channels; plane++) {
    for (const { from, weights } of rows) {
      for (let x = 0; x < width; x++) {
        for (const [i, row] of from.entries()) output[to]! += weights[i]! * data[(plane * height + row) * width + x]!;
        to++;
      }
    }
  }
  return { shape: [images, channels, rows.length, width], data: output };
}

/** A target size is joined to the batch and the channels that the model meets. */
function written(place: OnnxPlace, attrs: ResizeAttrs): OnnxNode[] {
  if (attrs.antialias || NEWER.includes(attrs.coordinates)) return byMatrices(place, attrs);
  const { constants } = place;
  const [input] = place.inputs;
  const { size, scale = [1, 1], mode, coordinates, rounding, cubic, excludeOutside } = attrs;
  const attributes = {
    mode: { string: mode },
    coordinate_transformation_mode: { string: coordinates },
    nearest_mode: { string: rounding ?? 'round_prefer_floor' },
    cubic_coeff_a: { float: cubic ?? -0.75 },
    exclude_outside: excludeOutside ? 1 : 0,
  };
  const parts = new OnnxParts(place);
  // An operand that is left out has no name. The second is the part to resize, which no mode here has.
  const none = '';
  if (size === undefined) {
    const scales = constants.floats(`scales ${scale.join(' ')}`, [4], [1, 1, ...scale]);
    return parts.end('Resize', [input, none, scales], attributes);
  }
  const planes = parts.add('planes', 'Shape', [input], { start: 0, end: 2 });
  const whole = parts.add('size', 'Concat', [planes, constants.vector(size)], { axis: 0 });
  return parts.end('Resize', [input, none, none, whole], attributes);
}

/** Coordinates that opset 17 does not have, or whose region it wants as an operand that runtimes treat differently. */
const NEWER: readonly string[] = [
  'half_pixel_symmetric',
  'pytorch_nearest',
  'tf_crop_and_resize',
] satisfies ResizeAttrs['coordinates'][];

/** What resizing does to an axis is a product with a matrix. */
function byMatrices({ name: output, inputs: [input], constants, shapeOf }: OnnxPlace, attrs: ResizeAttrs): OnnxNode[] {
  const [, height = null, width = null] = shapeOf(input);
  if (height === null || width === null) {
    const how = attrs.antialias ? 'an antialiased resize' : `a resize of ${attrs.coordinates}`;
    throw new NoOnnxForm(
      `${how} of images of any size cannot be written as ONNX`,
      'Convert with a fixed image size (--size).',
    );
  }
  const down = constants.floats(`${output}/rows`, ...weightMatrix(height, 0, attrs));
  const [shape, columns] = weightMatrix(width, 1, attrs);
  const across = constants.floats(`${output}/columns`, shape.toReversed(), transposed(columns, shape));
  return [
    { op: 'MatMul', inputs: [down, input], output: `${output}/resized rows` },
    { op: 'MatMul', inputs: [`${output}/resized rows`, across], output },
  ];
}

/** `[pixels of the output, pixels of the input]`: the weight of each pixel of the input along one axis. */
function weightMatrix(size: number, axis: 0 | 1, attrs: ResizeAttrs): [shape: number[], values: Float32Array] {
  const pixels = resizeWeights(size, axis, attrs);
  const values = new Float64Array(pixels.length * size);
  for (const [row, { from, weights }] of pixels.entries()) {
    for (const [i, pixel] of from.entries()) values[row * size + pixel]! += weights[i]!;
  }
  return [[pixels.length, size], Float32Array.from(values)];
}

function transposed(values: Float32Array, [rows = 0, columns = 0]: readonly number[]): Float32Array {
  return values.map((_, i) => values[(i % rows) * columns + Math.floor(i / rows)]!);
}
