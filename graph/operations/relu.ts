/** `nn.ReLU`: `max(x, 0)`. In place or not is the same here: nothing writes over a node's output. */
import { activate } from './activation.js';
import type { Layer } from './layer.js';
import { only } from './misfit.js';
import type { Operation } from './operation.js';

export const operation: Operation<'relu'> = {
  op: 'relu',
  outputShape: only,
  reference: ([x]) => activate(x!, 'relu'),
};

export const relu: Layer = (module, x) => module.operation(operation, null, x, { spatial: x.spatial });
