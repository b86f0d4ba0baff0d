/** `torch.cat(inputs, 1)`: maps of one size side by side, along channels. */
import { sameShape } from './misfit.js';
import type { Operation } from './operation.js';

export const operation: Operation<'concat'> = {
  op: 'concat',
  outputShape(inputs) {
    const [, ...plane] = sameShape(inputs.map(([, ...plane]) => [0, ...plane]));
    return [inputs.reduce((sum, [channels = 0]) => sum + channels, 0), ...plane];
  },
  reference(inputs) {
    const [images = 0, , ...plane] = inputs[0]!.shape;
    const channels = inputs.reduce((sum, { shape }) => sum + shape[1]!, 0);
    const data = new Float64Array(inputs.reduce((sum, { data }) => sum + data.length, 0));
    let to = 0;
    for (let image = 0; image < images; image++) {
      for (const { data: values } of inputs) {
        const size = values.length / images;
        data.set(values.subarray(image * size, (image + 1) * size), to);
        to += size;
      }
    }
    return { shape: [images, channels, ...plane], data };
  },
};
