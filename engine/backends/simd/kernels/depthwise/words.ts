/** Convolutions with one input channel for each output channel: the words of their calls. */
import { OPERANDS } from '../../abi/call.js';

/**
 * Like `convolution`, with one input channel for each output channel: `weightsAt` is `[tap][channelStride]`, a tap's
 * weight offset points to its row, and panel `p` reads the 16 channels from `16·p` on. A batch norm has one tap. Unit
 * `u` is panel `u % panels` of tile `u / panels`: the channels of a row lie side by side.
 */
export const DEPTHWISE = {
  name: 'depthwise',
  words: [...OPERANDS, 'rowsAt', 'rowTiles', 'panels', 'tapsAt', 'taps'],
} as const;

/**
 * Like `depthwise`, for windows of `width` taps side by side, in `rows` rows that lie `rowStep` bytes apart. It
 * computes `length` outputs of one image, `outputStep` bytes apart, whose windows begin `stride` columns of
 * `columnStep` bytes apart. `runsAt`: four int32 for each run, the byte offsets of its first window and of its first
 * output, and how many of its first and of its last columns lie in the padding: at most `mostCut`. `weightsAt`: the taps in
 * their order, one every `weightStep` bytes. `channels` is a multiple of 16; a call needs as many
 * floats of scratch. A unit is a run; runs may overlap. See `RunShape`.
 */
export const DEPTHWISE_RUNS = {
  name: 'depthwiseRuns',
  words: [
    ...OPERANDS,
    'runsAt',
    'width',
    'stride',
    'length',
    'channels',
    'rows',
    'rowStep',
    'columnStep',
    'weightStep',
    'outputStep',
  ],
} as const;

export interface RunShape {
  width: number;
  stride: number;
  length: number;
}
/** The strides of each width that there is a `depthwiseRuns` for. */
const RUN_STRIDES: ReadonlyMap<number, readonly number[]> = new Map([
  [3, [1, 2]],
  [5, [1, 2]],
  [7, [1]],
]);
/** The best first: a row of weights serves more outputs. Sides of maps are often multiples of 7. */
const RUN_LENGTHS: readonly number[] = [7, 4, 3];

/** There is a `depthwiseRuns` for each of them. */
export const RUN_SHAPES: readonly RunShape[] = [...RUN_STRIDES].flatMap(([width, strides]) =>
  strides.flatMap((stride) => RUN_LENGTHS.map((length) => ({ width, stride, length }))),
);

/** Bytes of a run in its table. */
export const RUN_BYTES = 16;

/** Columns of the windows of a run. */
export function runColumns({ width, stride, length }: RunShape): number {
  return (length - 1) * stride + width;
}

/** The most columns at one end of a run that may lie in the padding. */
export function mostCut(width: number): number {
  return width >> 1;
}
