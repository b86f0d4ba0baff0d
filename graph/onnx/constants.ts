/** Values that operators refer to by name, beside the weights. Each is written once, even if many operators use it. */
import type { OnnxTensor } from './proto.js';

export class Constants {
  readonly tensors = new Map<string, OnnxTensor>();

  /** @returns the name */
  floats(name: string, shape: readonly number[], values: Iterable<number>): string {
    if (!this.tensors.has(name)) this.tensors.set(name, { shape, data: Float32Array.from(values) });
    return name;
  }

  /** @returns the name */
  integers(name: string, shape: readonly number[], values: readonly number[]): string {
    if (!this.tensors.has(name)) this.tensors.set(name, { shape, data: BigInt64Array.from(values, BigInt) });
    return name;
  }
}
