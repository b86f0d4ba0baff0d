/** `torch.cat` in ONNX, which does not repeat a tensor of the network for each image. */
import type { Constants } from './constants.js';
import type { KnownValues } from './known-values.js';
import type { OnnxNode } from './proto.js';

export function concat(
  output: string,
  inputs: readonly string[],
  axis: number,
  constants: Constants,
  values: KnownValues,
): OnnxNode[] {
  const ofImages = inputs.find((input) => !values.isForAllImages(input));
  if (ofImages === undefined || !inputs.some(values.isForAllImages)) {
    return [{ op: 'Concat', inputs, output, attributes: { axis } }];
  }
  const repeated = new Map(inputs.filter(values.isForAllImages).map((input, i) => [input, `${output}/for all ${i}`]));
  const counts = batchCounts(`${output}/counts`, ofImages, values.rankOf(ofImages), constants);
  return [
    ...counts,
    ...[...repeated].map(([input, name]) => ({ op: 'Tile', inputs: [input, `${output}/counts`], output: name })),
    { op: 'Concat', inputs: inputs.map((input) => repeated.get(input) ?? input), output, attributes: { axis } },
  ];
}

/** `[N, 1, 1, …]`: how often to repeat each axis of a tensor so that it has the batch of `like`. */
export function batchCounts(output: string, like: string, rank: number, constants: Constants): OnnxNode[] {
  const once = constants.vector(new Array<number>(rank - 1).fill(1));
  return [
    { op: 'Shape', inputs: [like], output: `${output}/N`, attributes: { start: 0, end: 1 } },
    { op: 'Concat', inputs: [`${output}/N`, once], output, attributes: { axis: 0 } },
  ];
}
