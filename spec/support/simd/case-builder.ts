import type { Random } from '../../../base/index.js';
import { LANES, TILE_ROWS, tileSizes } from '../../../engine/backends/simd/abi.js';
import { type KernelName, WORDS, type WordOf } from '../../../engine/backends/simd/kernels/registry.js';
import type { WebAssemblyMemory } from './memory-view.js';

export interface KernelCase {
  kernel: KernelName;
  /** Its parameters by name, for a message, and their address. */
  words: Readonly<Record<string, number>>;
  params: number;
  units: number;
  scratchBytes: number;
  output: Output;
  /** Relative to the largest expected value. */
  tolerance: number;
}

type Output = Record<'address' | 'floats', number>;

/** Not 0, so an offset mistaken for an address shows. */
export const ARENA = 64;

export const filled = (channels: number) => Math.ceil(channels / LANES) * LANES;

/** What a kernel's case says: the words of its call, which takes no scratch and errs by 1e-6 if it does not say so. */
export interface Made<Word extends string = string> {
  words: Readonly<Record<Word, number>>;
  units: number;
  scratchBytes?: number;
  tolerance?: number;
}

export type MakeCase<K extends KernelName> = (builder: Builder) => Made<WordOf<K>>;

export class Builder {
  private written: Output = { address: 0, floats: 0 };

  constructor(
    readonly memory: WebAssemblyMemory,
    readonly random: Random,
  ) {
    if (memory.buffer.byteLength === 0) throw new Error('no memory');
  }

  below(count: number): number {
    return this.random.below(count);
  }

  flag(): number {
    return this.random.below(2);
  }

  between(low: number, high: number): number {
    return low + this.random.below(high - low + 1);
  }

  /** A number from 1 up to each of these. */
  sizes<const Most extends readonly number[]>(...most: Most): { -readonly [I in keyof Most]: number } {
    return most.map((high) => this.between(1, high)) as { -readonly [I in keyof Most]: number };
  }

  /** The numbers below this one in any order. */
  order(count: number): number[] {
    return Array.from(this.random.sample(count, count));
  }

  floats(count: number, value: () => number): number {
    return this.memory.place(Float32Array.from({ length: count }, value));
  }

  values(count: number): number {
    return this.floats(count, () => this.random.normal());
  }

  /** The offset of random values in the arena. */
  input(count: number): number {
    return this.values(count) - ARENA;
  }

  integers(values: readonly (number | readonly number[])[]): number {
    return this.memory.place(Int32Array.from(values.flat()));
  }

  /** Draws none, ReLU or ReLU6. */
  clamp(): number {
    const [low, high] = [
      [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
      [0, Number.POSITIVE_INFINITY],
      [0, 6],
    ][this.below(3)]!;
    return this.memory.place(Float32Array.from({ length: 16 }, (_, i) => (i < 8 ? low! : high!)));
  }

  /** The offset of the output. A cache line follows, where nothing may be written either. */
  output(floats: number): number {
    this.written = { address: this.memory.allocate(4 * (floats + LANES)), floats: floats + LANES };
    return this.written.address - ARENA;
  }

  /** The offset of a residual for that output, or 0 for none. */
  residual(): number {
    return this.flag() * this.input(this.written.floats);
  }

  call<K extends KernelName>(kernel: K, make: MakeCase<K>): KernelCase {
    const made: Made = make(this);
    const params = this.memory.place(Uint32Array.from(WORDS[kernel], (name) => made.words[name]!));
    return { kernel, scratchBytes: 0, tolerance: 1e-6, ...made, params, output: this.written };
  }
}

/** A table of rows in tiles, with each row's positions. The last tile repeats its last row. */
export function rowTable(pairs: readonly (readonly number[])[]): { table: number[]; tiles: number } {
  const sizes = tileSizes(pairs.length);
  let first = 0;
  const table = sizes.flatMap((size) => {
    const tile = Array.from({ length: TILE_ROWS }, (_, r) => pairs[first + Math.min(r, size - 1)]!);
    first += size;
    return tile.flat();
  });
  return { table, tiles: sizes.length };
}
