/** `nn.PReLU`: `x`, or `a·x` below 0, with one slope a channel or one for all. */
import { expectChannels, Misfit, type Operation, only, sizeOf } from './operation.js';

export interface PReluAttrs {
  /** Slopes: one for each channel (axis 1), or 1. */
  slopes: number;
}

export const operation: Operation<'prelu', PReluAttrs> = {
  op: 'prelu',
  parameters: ({ slopes }) => new Map([['weight', [slopes]]]),
  outputShape(inputs, { slopes }) {
    const input = only(inputs);
    if (input.length === 0) throw new Misfit('it gets a value without channels');
    if (slopes !== 1) expectChannels(slopes, input[0]!);
    return input;
  },
  reference([x], { slopes }, parameter) {
    const slope = parameter('weight');
    const plane = sizeOf(x!.shape.slice(2));
    const data = x!.data.map((value, i) => (value < 0 ? value * slope[Math.floor(i / plane) % slopes]! : value));
    return { shape: x!.shape, data };
  },
  // Slopes of `[C]` lie along axis 1.
  onnx({ name, inputs: [x], constants, rankOf }, { slopes }) {
    const shape = [slopes, ...new Array<number>(Math.max(0, rankOf(x) - 2)).fill(1)];
    return [
      { op: 'Reshape', inputs: [`${name}.weight`, constants.vector(shape)], output: `${name}/slopes` },
      { op: 'PRelu', inputs: [x, `${name}/slopes`], output: name },
    ];
  },
};
