/** Values that operators refer to by name, beside the weights. Each is written once, even if many operators use it. */
import type { OnnxTensor } from './proto.js';

export class Constants {
  readonly tensors = new Map<string, OnnxTensor>();

  /** @returns the name */
  floats(name: string, shape: readonly number[], values: Iterable<number>): string {
    if (!this.tensors.has(name)) this.tensors.set(name, { shape, data: Float32Array.from(values) });
    return name;
  }

  /** One number. @returns the name */
  scalar(value: number): string {
    return this.floats(String(value), [], [value]);
  }

  /** One whole number. @returns the name */
  integer(value: number): string {
    return this.integers(`int ${value}`, [], [value]);
  }

  /** Whole numbers, as shapes and axes are given. @returns the name */
  vector(values: readonly number[]): string {
    return this.integers(`ints ${values.join(' ')}`, [values.length], values);
  }

  /** @returns the name */
  integers(name: string, shape: readonly number[], values: readonly number[]): string {
    if (!this.tensors.has(name)) this.tensors.set(name, { shape, data: BigInt64Array.from(values, BigInt) });
    return name;
  }
}
