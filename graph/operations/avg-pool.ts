/** `nn.AvgPool2d`: the mean of each window, with the padding's zeros or without. */
import type { Operation } from './operation.js';
import { average, type Pool2dAttrs, poolShape, poolWindows, windowDivisor } from './pooling.js';

export interface AvgPool2dAttrs extends Pool2dAttrs {
  countIncludePad: boolean;
}

export const operation: Operation<'avgPool2d', AvgPool2dAttrs> = {
  op: 'avgPool2d',
  outputShape: poolShape,
  reference: ([x], attrs) =>
    poolWindows(x!, attrs, (pixels, row, column, [vertical, horizontal]) => {
      const height = windowDivisor(vertical, row, attrs.countIncludePad);
      const width = windowDivisor(horizontal, column, attrs.countIncludePad);
      return average(pixels, height * width);
    }),
};
