/** Values that operators refer to by name, beside the weights. Each is written once, even if many operators use it. */
import type { OnnxConstants } from '../operations/onnx-form.js';
import { Names } from './names.js';
import type { OnnxTensor } from './proto.js';

export class Constants implements OnnxConstants {
  /** By the names in the file. */
  readonly tensors = new Map<string, OnnxTensor>();
  readonly #names: Names;
  /** What a constant is called here → its name in the file. */
  readonly #known = new Map<string, string>();

  constructor(names = new Names()) {
    this.#names = names;
  }

  floats(name: string, shape: readonly number[], values: Iterable<number>): string {
    return this.#once(name, () => ({ shape, data: Float32Array.from(values) }));
  }

  scalar(value: number): string {
    return this.floats(String(value), [], [value]);
  }

  integer(value: number): string {
    return this.integers(`int ${value}`, [], [value]);
  }

  vector(values: readonly number[]): string {
    return this.integers(`ints ${values.join(' ')}`, [values.length], values);
  }

  integers(name: string, shape: readonly number[], values: readonly number[]): string {
    return this.#once(name, () => ({ shape, data: BigInt64Array.from(values, BigInt) }));
  }

  #once(called: string, make: () => OnnxTensor): string {
    const known = this.#known.get(called);
    if (known !== undefined) return known;
    const name = this.#names.fresh(called);
    this.#known.set(called, name);
    this.tensors.set(name, make());
    return name;
  }
}
