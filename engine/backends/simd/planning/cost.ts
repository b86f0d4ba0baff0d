/**
 * What a way to compute a convolution would cost, in seconds of one core. The predictions are good enough to
 * choose between ways, not more. The rates are measured on the machine, except for how fast weights stream in.
 */

import { tileSizes } from '../abi/layout.js';

/**
 * Images that kernels are chosen for, however many there are: so that an image has the same embedding, to the bit, in
 * whatever batch it comes, and weights are packed in one way only.
 */
export const USUAL_IMAGES = 12;

/** What this machine does. */
export interface KernelRates {
  /** Multiplications a second, with the chosen tile on large matrices. */
  multiplyAdds: number;
  /** Floats a second through a Winograd transform, written. */
  transformFloats: number;
}

/** A core of 2022 with 256-bit registers: for plans that are looked at, not run. */
export const TYPICAL_RATES: KernelRates = { multiplyAdds: 50e9, transformFloats: 3e9 };

/**
 * Weights come from the outer caches, which a transform writes to as well: reading a number of them takes half as long
 * as making one there.
 */
const WEIGHTS_PER_TRANSFORMED = 2;

/** Bytes of weights that caches hold from one pass over them to the next, where they arrive while others are multiplied. */
const CACHED_WEIGHTS = 6 << 20;

/** Rows of the smallest tile that runs at full speed. */
const SMALLEST_TILE = 4;

export interface Work {
  /** Multiplications done, those with padding included. */
  multiplyAdds: number;
  transformFloats: number;
  /** See `streamedWeights`. */
  weightFloats: number;
}

export function predictSeconds({ multiplyAdds, transformFloats, weightFloats }: Work, rates: KernelRates): number {
  return (
    multiplyAdds / rates.multiplyAdds +
    (transformFloats + weightFloats / WEIGHTS_PER_TRANSFORMED) / rates.transformFloats
  );
}

/** Rows whose products cost as much as these do: a tile of fewer than 4 costs what one of 4 does. */
export function rowsInTiles(rows: number): number {
  return tileSizes(rows).reduce((sum, size) => sum + Math.max(size, SMALLEST_TILE), 0);
}

/** Numbers of weights that a computation waits for in so many passes over them. */
export function streamedWeights(floats: number, passes: number): number {
  return floats * 4 > CACHED_WEIGHTS ? floats * passes : floats;
}
