/** Inputs that an operation does not take, and the checks that shape rules share. */
import type { Shape } from './operation.js';

/** Says what is wrong without the node's name, which `inferShapes` adds. */
export class Misfit extends Error {
  override readonly name: string = 'Misfit';
}

/** A window that is larger than what it slides over: a matter of the image's size, not of the graph. */
export class WindowMisfit extends Misfit {
  override readonly name = 'WindowMisfit';
}

/** The shape of the only input. */
export function only(inputs: readonly Shape[]): Shape {
  if (inputs.length !== 1) throw new Misfit(`it has ${inputs.length} inputs, 1 is needed`);
  return inputs[0]!;
}

/** The shape of the only input, which must be a map: `[channels, height, width]`. */
export function planar(inputs: readonly Shape[]): readonly [number, number, number] {
  const [channels, height, width, ...more] = only(inputs);
  if (channels === undefined || height === undefined || width === undefined || more.length > 0) {
    throw new Misfit(`it gets [${inputs[0]!.join(', ')}], channels, height and width are needed`);
  }
  return [channels, height, width];
}

export function expectChannels(expected: number, actual: number): void {
  if (expected !== actual) throw new Misfit(`it takes ${expected} channels and gets ${actual}`);
}

/** The shape that all inputs have. */
export function sameShape(inputs: readonly Shape[]): Shape {
  const [first, ...rest] = inputs;
  if (first === undefined) throw new Misfit('it has no inputs');
  for (const shape of rest) {
    if (shape.join() !== first.join()) throw new Misfit(`it gets [${first.join(', ')}] and [${shape.join(', ')}]`);
  }
  return first;
}
