/** `torch.cat(inputs, axis)`: values that differ in this axis only. */
import type { ModuleScope, Value, ValueShape } from './layer.js';
import { type OnnxNode, type OnnxPlace, operator } from './onnx-form.js';
import { type Operation, placeOf, sameShape, sizeOf } from './operation.js';

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
  // ONNX does not repeat a tensor of the network for each image.
  onnx(place, { axis }) {
    const { name, inputs, isForAllImages } = place;
    const ofImages = inputs.find((input) => !isForAllImages(input));
    if (ofImages === undefined || !inputs.some(isForAllImages)) return operator(place, 'Concat', { axis });
    const repeated = new Map(inputs.filter(isForAllImages).map((input, i) => [input, `${name}/for all ${i}`]));
    return [
      ...batchCounts(`${name}/counts`, ofImages, place),
      ...[...repeated].map(([input, output]) => ({ op: 'Tile', inputs: [input, `${name}/counts`], output })),
      { op: 'Concat', inputs: inputs.map((input) => repeated.get(input) ?? input), output: name, attributes: { axis } },
    ];
  },
};

/** `torch.cat(inputs, 1)` in the `forward` of `module`. */
export function concat(module: ModuleScope, inputs: readonly Value[], value: ValueShape): Value {
  return module.functional('cat', operation, { axis: 1 }, inputs, value);
}

/** The same of maps, whose channels are put one behind the other. */
export function concatChannels(module: ModuleScope, inputs: readonly Value[]): Value {
  const channels = inputs.reduce((sum, value) => sum + value.channels, 0);
  return concat(module, inputs, { channels, spatial: inputs[0]?.spatial ?? null });
}

/** `[N, 1, 1, …]`: how often to repeat each axis of a tensor so that it has the batch of `like`. */
function batchCounts(output: string, like: string, { rankOf, constants }: OnnxPlace): OnnxNode[] {
  const once = constants.vector(new Array<number>(rankOf(like) - 1).fill(1));
  return [
    { op: 'Shape', inputs: [like], output: `${output}/N`, attributes: { start: 0, end: 1 } },
    { op: 'Concat', inputs: [`${output}/N`, once], output, attributes: { axis: 0 } },
  ];
}
