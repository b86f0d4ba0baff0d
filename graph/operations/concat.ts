/** `torch.cat(inputs, axis)`: values that differ in this axis only. */
import type { ModuleScope, Value } from './layer.js';
import { placeOf, sameShape } from './misfit.js';
import type { Operation } from './operation.js';
import { sizeOf } from './positions.js';

export interface ConcatAttrs {
  /** From 1 on, the first after the batch: channels of maps. */
  axis: number;
}

export const operation: Operation<'concat', ConcatAttrs> = {
  op: 'concat',
  outputShape(inputs, { axis }) {
    const place = placeOf(axis, inputs[0] ?? []);
    const rest = sameShape(inputs.map((shape) => shape.with(place, 0)));
    return rest.with(
      place,
      inputs.reduce((sum, shape) => sum + shape[place]!, 0),
    );
  },
  reference(inputs, { axis }) {
    const [{ shape }] = inputs as [(typeof inputs)[number]];
    const data = new Float64Array(inputs.reduce((sum, { data }) => sum + data.length, 0));
    const outer = sizeOf(shape.slice(0, axis));
    let to = 0;
    for (let part = 0; part < outer; part++) {
      for (const { data: values } of inputs) {
        const size = values.length / outer;
        data.set(values.subarray(part * size, (part + 1) * size), to);
        to += size;
      }
    }
    const length = inputs.reduce((sum, { shape }) => sum + shape[axis]!, 0);
    return { shape: shape.with(axis, length), data };
  },
};

/** `torch.cat(inputs, 1)` of maps, in the `forward` of `module`. */
export function concatChannels(module: ModuleScope, inputs: readonly Value[]): Value {
  const channels = inputs.reduce((sum, value) => sum + value.channels, 0);
  const spatial = inputs[0]?.spatial ?? null;
  return module.functional('cat', operation, { axis: 1 }, inputs, { channels, spatial });
}
