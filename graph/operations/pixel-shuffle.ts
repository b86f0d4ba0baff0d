/** `nn.PixelShuffle`: `[C·r², H, W]` → `[C, r·H, r·W]`. Each pixel becomes a square of `r` by `r`. */

import { operator } from './onnx-form.js';
import { Misfit, type Operation, planar } from './operation.js';
import { permuted } from './permute.js';

export interface PixelShuffleAttrs {
  /** The side of the square, `r`. */
  factor: number;
}

export const operation: Operation<'pixelShuffle', PixelShuffleAttrs> = {
  op: 'pixelShuffle',
  outputShape(inputs, { factor }) {
    const [channels, height, width] = planar(inputs);
    if (channels % factor ** 2 !== 0) throw new Misfit(`${channels} channels are not a multiple of ${factor}²`);
    return [channels / factor ** 2, height * factor, width * factor];
  },
  reference([x], { factor }) {
    const [images, channels, height, width] = x!.shape as readonly [number, number, number, number];
    const split = { shape: [images, channels / factor ** 2, factor, factor, height, width], data: x!.data };
    const { data } = permuted(split, [0, 1, 4, 2, 5, 3]);
    return { shape: [images, channels / factor ** 2, height * factor, width * factor], data };
  },
  onnx: (place, { factor }) => operator(place, 'DepthToSpace', { blocksize: factor, mode: { string: 'CRD' } }),
};
