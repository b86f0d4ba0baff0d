/**
 * Average pooling whose windows have holes: a convolution of each channel with ones, divided by how many pixels each window
 * has. The graph's own average pooling has no holes.
 */
import { poolAxis } from '../../../graph/index.js';
import type { GraphBuilder } from './graph-builder.js';
import { NotSupported } from './not-supported.js';
import type { ComputedValue } from './value.js';
import type { WindowAttrs } from './windows.js';

export interface DilatedAverage extends WindowAttrs {
  ceilMode: boolean;
  countIncludePad: boolean;
}

/** The most that a window may have: larger ones are a mistake. */
const MAX_PIXELS = 2 ** 16;

/** @param x `[C, H, W]` for each image */
export function dilatedAverage(graph: GraphBuilder, x: ComputedValue, window: DilatedAverage, name: string) {
  const { kernel, stride, dilation, padding } = window;
  if (kernel[0] * kernel[1] > MAX_PIXELS) throw new NotSupported(`its dilated window has ${kernel.join('×')} pixels`);
  const [channels = 1, ...sizes] = x.shape;
  const axes = sizes.map((size, i) => dividedAxis(size, i, window));
  const [vertical, horizontal] = axes as [DividedAxis, DividedAxis];
  const [top, , left] = padding;
  const attrs = {
    inChannels: channels,
    outChannels: channels,
    groups: channels,
    kernel,
    stride,
    dilation,
    padding: [top, vertical.after, left, horizontal.after] as const,
    bias: false,
  };
  const ones = new Float32Array(channels * kernel[0] * kernel[1]).fill(1);
  const weight = { shape: [channels, 1, ...kernel], data: ones };
  const sums = graph.add(`${name}:sums`, { op: 'conv2d', attrs }, [x], { weight });
  const dims = [1, vertical.counts.length, horizontal.counts.length];
  const shares = vertical.counts.flatMap((rows) => horizontal.counts.map((columns) => 1 / (rows * columns)));
  const constant = { kind: 'float', dims, data: Float32Array.from(shares) } as const;
  const layout = { batch: x.batch, merged: x.merged };
  const factor = graph.parameter(constant, `${name}:shares`, dims, layout);
  return graph.add(name, { op: 'mul' }, [sums, factor]);
}

interface DividedAxis {
  /** Padding behind the map, with what windows need that reach beyond it. */
  after: number;
  /** How many pixels each window has, with or without those in the padding. Pixels beyond it never count. */
  counts: number[];
}

function dividedAxis(size: number, axis: number, window: DilatedAverage): DividedAxis {
  const [before, after] = [window.padding[2 * axis]!, window.padding[2 * axis + 1]!];
  const [kernel, stride, dilation] = [window.kernel[axis]!, window.stride[axis]!, window.dilation[axis]!];
  const { ceilMode } = window;
  const { output, overhang } = poolAxis(size, { kernel, stride, dilation, before, after, ceilMode });
  const [first, end] = window.countIncludePad ? [-before, size + after] : [0, size];
  const counts = Array.from({ length: Math.max(0, output) }, (_, i) => {
    const positions = Array.from({ length: kernel }, (_, k) => i * stride - before + k * dilation);
    return positions.filter((position) => position >= first && position < end).length;
  });
  return { after: after + overhang, counts };
}
