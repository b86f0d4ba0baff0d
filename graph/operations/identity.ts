/** Passes its input on unchanged: `nn.Identity`, and dropout at inference. */
import type { Layer } from './layer.js';
import { operator } from './onnx-form.js';
import { type Operation, only } from './operation.js';

export const operation: Operation<'identity'> = {
  op: 'identity',
  outputShape: only,
  reference: ([x]) => x!,
  onnx: (place) => operator(place, 'Identity'),
};

export const identity: Layer = (module, x) => module.operation(operation, null, x, { spatial: x.spatial });

export const dropout: Layer = identity;
