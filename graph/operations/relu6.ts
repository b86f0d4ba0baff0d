/** `nn.ReLU6`: `min(max(x, 0), 6)`. In place or not is the same here: nothing writes over a node's output. */
import { activate } from './activation.js';
import type { Layer } from './layer.js';
import { only } from './misfit.js';
import type { Operation } from './operation.js';

export const operation: Operation<'relu6'> = {
  op: 'relu6',
  outputShape: only,
  reference: ([x]) => activate(x!, 'relu6'),
};

export const relu6: Layer = (module, x) => module.operation(operation, null, x, { spatial: x.spatial });
