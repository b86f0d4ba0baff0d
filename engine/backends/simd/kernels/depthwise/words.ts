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
 * `columnStep` bytes apart. `runsAt`: for each run an int32 byte offset of its first window and of its first output.
 * `weightsAt`: the taps in their order, one every `weightStep` bytes. `channels` is a multiple of 16. A unit is a run;
 * runs may overlap. See `RunShape`.
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

/** There is a `depthwiseRuns` for each width with each stride and length. */
export interface RunShape {
  width: number;
  stride: number;
  length: number;
}
export const RUN_WIDTHS: readonly number[] = [3, 5];
export const RUN_STRIDES: readonly number[] = [1, 2];
export const RUN_LENGTHS: readonly number[] = [4, 3];
