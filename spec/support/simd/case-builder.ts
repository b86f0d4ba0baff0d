/** Random parameters of kernel calls, in a memory. */
import type { Random } from '../../../base/index.js';
import { LANES, TILE_ROWS, tileSizes } from '../../../engine/backends/simd/abi/layout.js';
import { type KernelName, WORDS, type WordOf } from '../../../engine/backends/simd/kernels/registry.js';
import type { WebAssemblyMemory } from './memory-view.js';

export interface KernelCase {
  kernel: KernelName;
  /** Its random parameters, for a message. */
  shape: Readonly<Record<string, number | boolean>>;
  params: number;
  units: number;
  scratchBytes: number;
  /** Address of the output, and its length in floats. */
  output: { address: number; floats: number };
  /** Relative to the largest expected value. */
  tolerance: number;
}

/** Not 0, so an offset mistaken for an address shows. */
export const ARENA = 64;

export const filled = (channels: number) => Math.ceil(channels / LANES) * LANES;
export const between = (random: Random, low: number, high: number) => low + random.below(high - low + 1);

export function shuffled(random: Random, count: number): number[] {
  return Array.from(random.sample(count, count));
}

export class Builder {
  constructor(
    readonly memory: WebAssemblyMemory,
    readonly random: Random,
  ) {
    if (memory.buffer.byteLength === 0) throw new Error('no memory');
  }

  values(count: number): number {
    return this.memory.place(Float32Array.from({ length: count }, () => this.random.normal()));
  }

  integers(values: readonly number[]): number {
    return this.memory.place(Int32Array.from(values));
  }

  /** Draws none, ReLU or ReLU6. */
  clamp(): number {
    const [low, high] = [
      [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
      [0, Number.POSITIVE_INFINITY],
      [0, 6],
    ][this.random.below(3)]!;
    return this.memory.place(Float32Array.from({ length: 16 }, (_, i) => (i < 8 ? low! : high!)));
  }

  output(floats: number): { address: number; floats: number } {
    // Includes a cache line after the output, where nothing may be written either.
    return { address: this.memory.allocate(4 * (floats + LANES)), floats: floats + LANES };
  }

  params<K extends KernelName>(kernel: K, words: Record<WordOf<K>, number>): number {
    return this.memory.place(Uint32Array.from(WORDS[kernel], (name) => words[name]));
  }
}

export type MakeCase = (builder: Builder) => Omit<KernelCase, 'kernel'>;

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
