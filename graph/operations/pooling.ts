/** `nn.MaxPool2d` (padding is never the largest), `nn.AvgPool2d` (with the padding's zeros or without). */
import type { Layer } from './layer.js';
import { NoOnnxForm, operator } from './onnx-form.js';
import { type Operation, planar, type Shape, type Values } from './operation.js';
import {
  alongAxis,
  onnxPads,
  type Padding,
  pair,
  type Size,
  slide,
  symmetric,
  type Window,
  windows,
} from './window.js';

export interface Pool2dAttrs {
  kernel: readonly [number, number];
  stride: readonly [number, number];
  padding: Padding;
  ceilMode: boolean;
}

export interface MaxPool2dAttrs extends Pool2dAttrs {
  /** Pixels between the pixels of a window, plus one; default: `[1, 1]`. */
  dilation?: readonly [number, number] | undefined;
}

export interface AvgPool2dAttrs extends Pool2dAttrs {
  countIncludePad: boolean;
}

export const maxPooling: Operation<'maxPool2d', MaxPool2dAttrs> = {
  op: 'maxPool2d',
  outputShape: poolShape,
  reference: ([x], attrs) => poolWindows(x!, attrs, (pixels) => Math.max(...pixels)),
  onnx: (place, attrs) => operator(place, 'MaxPool', { ...poolAttributes(attrs), dilations: attrs.dilation ?? [1, 1] }),
};

export const averagePooling: Operation<'avgPool2d', AvgPool2dAttrs> = {
  op: 'avgPool2d',
  outputShape: poolShape,
  reference: ([x], attrs) =>
    poolWindows(x!, attrs, (pixels, row, column, [vertical, horizontal]) => {
      const height = windowDivisor(vertical, row, attrs.countIncludePad);
      const width = windowDivisor(horizontal, column, attrs.countIncludePad);
      return average(pixels, height * width);
    }),
  // onnxruntime up to 1.24 divides by positions beyond the padding too. Only without padding is there another way.
  onnx(place, attrs) {
    const padded = attrs.padding.some((pixels) => pixels > 0);
    if (attrs.ceilMode && attrs.countIncludePad && padded) {
      throw new NoOnnxForm(
        'an average pooling that rounds its size up and counts its padding cannot be written as ONNX, ' +
          'since runtimes disagree about it',
      );
    }
    const count = attrs.countIncludePad && padded ? 1 : 0;
    return operator(place, 'AveragePool', { ...poolAttributes(attrs), count_include_pad: count });
  },
};

/** Arguments of `nn.MaxPool2d` and `nn.AvgPool2d` after the kernel. */
export interface PoolOptions {
  stride: Size;
  padding?: Size;
  ceilMode?: boolean;
}

export function maxPool2d(kernel: Size, { stride, padding = 0, ceilMode = false }: PoolOptions): Layer {
  const attrs = { kernel: pair(kernel), stride: pair(stride), padding: symmetric(padding), ceilMode };
  return (module, x) => module.operation(maxPooling, attrs, x);
}

export function avgPool2d(
  kernel: Size,
  { stride, padding = 0, ceilMode = false, countIncludePad = true }: PoolOptions & { countIncludePad?: boolean },
): Layer {
  const attrs = { kernel: pair(kernel), stride: pair(stride), padding: symmetric(padding), ceilMode, countIncludePad };
  return (module, x) => module.operation(averagePooling, attrs, x);
}

function poolShape(inputs: readonly Shape[], attrs: MaxPool2dAttrs): Shape {
  return [planar(inputs)[0], ...slide(inputs, { ...attrs, dilation: attrs.dilation ?? [1, 1] })];
}

/** The windows along one direction. */
export interface PoolAxis extends Window {
  /** Pixels of the input along this axis. */
  size: number;
  /** How many windows there are. */
  output: number;
  /** The number of pixels by which the last window reaches beyond the padding. Above 0 only with `ceilMode`. */
  overhang: number;
}

/** @param window its dilation is 1 if left out */
export function poolAxis(size: number, window: Omit<Window, 'dilation'> & { dilation?: number }): PoolAxis {
  const { kernel, stride, before, after, dilation = 1 } = window;
  const output = windows(size, { ...window, dilation });
  const extent = dilation * (kernel - 1) + 1;
  const overhang = Math.max(0, (output - 1) * stride + extent - (size + before + after));
  return { ...window, dilation, size, output, overhang };
}

/** What PyTorch divides window `index` by: its pixels, with those in the padding or without, and never those beyond. */
export function windowDivisor(
  { size, kernel, stride, before, after }: PoolAxis,
  index: number,
  countPad: boolean,
): number {
  const start = index * stride - before;
  const end = Math.min(start + kernel, size + after);
  return countPad ? end - start : Math.min(end, size) - Math.max(start, 0);
}

/** Pixels `[start, end)` of one direction. */
export interface Span {
  start: number;
  end: number;
  /** Default: 1, every pixel. */
  step?: number;
}

/** The part of window `index` that lies inside the image. */
function inside({ size, kernel, stride, before, dilation }: PoolAxis, index: number): Span {
  const start = index * stride - before;
  const skipped = Math.max(0, Math.ceil(-start / dilation));
  return {
    start: start + skipped * dilation,
    end: Math.min(start + dilation * (kernel - 1) + 1, size),
    step: dilation,
  };
}

/** Each window of each channel of each image, reduced to one value. `reduce` also gets the window's row and column. */
function poolWindows(
  x: Values,
  attrs: MaxPool2dAttrs,
  reduce: (pixels: readonly number[], row: number, column: number, axes: readonly [PoolAxis, PoolAxis]) => number,
): Values {
  const [, , height, width] = x.shape as readonly [number, number, number, number];
  const sliding = { ...attrs, dilation: attrs.dilation ?? ([1, 1] as const) };
  const axes = [poolAxis(height, alongAxis(sliding, 0)), poolAxis(width, alongAxis(sliding, 1))] as const;
  const spans = axes.map((axis) => Array.from({ length: axis.output }, (_, i) => inside(axis, i)));
  return reduceSpans(x, spans[0]!, spans[1]!, (pixels, row, column) => reduce(pixels, row, column, axes));
}

/** The rectangle of each pair of spans, in each channel of each image, reduced to one value. */
export function reduceSpans(
  { shape, data }: Values,
  rows: readonly Span[],
  columns: readonly Span[],
  reduce: (pixels: readonly number[], row: number, column: number) => number,
): Values {
  const [images, channels, height, width] = shape as readonly [number, number, number, number];
  const output = new Float64Array(images * channels * rows.length * columns.length);
  let to = 0;
  for (let plane = 0; plane < images * channels; plane++) {
    for (const [row, { start: top, end: bottom, step: down = 1 }] of rows.entries()) {
      for (const [column, { start: left, end: right, step: across = 1 }] of columns.entries()) {
        const pixels: number[] = [];
        for (let y = top; y < bottom; y += down) {
          for (let x = left; x < right; x += across) pixels.push(data[(plane * height + y) * width + x]!);
        }
        output[to++] = reduce(pixels, row, column);
      }
    }
  }
  return { shape: [images, channels, rows.length, columns.length], data: output };
}

export function average(pixels: readonly number[], count: number): number {
  return pixels.reduce((a, b) => a + b, 0) / count;
}

function poolAttributes({ kernel, stride, padding, ceilMode }: Pool2dAttrs) {
  return { kernel_shape: kernel, strides: stride, pads: onnxPads(padding), ceil_mode: ceilMode ? 1 : 0 };
}
