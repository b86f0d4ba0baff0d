/** `torch.flatten(x, 1)`: `[N, C, H, W]` → `[N, C·H·W]`, in PyTorch's order: channel by channel, row by row. */
import type { ModuleScope, Value } from './layer.js';
import { operator } from './onnx-form.js';
import { type Operation, only } from './operation.js';

export const operation: Operation<'flatten'> = {
  op: 'flatten',
  outputShape: (inputs) => [only(inputs).reduce((a, b) => a * b, 1)],
  reference([x]) {
    const [images = 0, ...sizes] = x!.shape;
    return { shape: [images, sizes.reduce((a, b) => a * b, 1)], data: x!.data };
  },
  onnx: (place) => operator(place, 'Flatten', { axis: 1 }),
};

/** In the `forward` of `module`; after a pooling that fixes the size. */
export function flatten(module: ModuleScope, x: Value): Value {
  if (x.spatial === null) throw new Error('Only a value of fixed height and width can be flattened.');
  const channels = x.channels * x.spatial[0] * x.spatial[1];
  return module.functional('flatten', operation, null, [x], { channels, spatial: [1, 1] });
}
