/** Predicts seconds of one core to choose between ways. Rates are fixed: ways differ in bits, so no stopwatch may. */
import { tileSizes } from '../abi/layout.js';

/** Kernels are chosen for this number of images, so an image has the same embedding, to the bit, in every batch. */
export const USUAL_IMAGES = 12;

/** The speed of a core. */
export interface KernelRates {
  /** Multiplications a second on large matrices. */
  multiplyAdds: number;
  /** Floats that a Winograd transform writes a second. */
  transformFloats: number;
}

/** Only the ratio matters. It was measured as 12 to 17 with both builds, with 128 bits as well as with 256. */
export const PLAN_RATES: KernelRates = { multiplyAdds: 45e9, transformFloats: 3e9 };

/** Reading weights from the outer caches takes half as long as a transform takes to write as many. */
const WEIGHTS_PER_TRANSFORMED = 2;

/** Bytes of weights that stay in caches from one pass to the next, if they arrive during multiplications. */
const CACHED_WEIGHTS = 6 << 20;

/** Rows of the smallest tile that runs at full speed. */
const SMALLEST_TILE = 4;

export interface Work {
  /** Multiplications done, including those with padding. */
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

/** The number of full-speed rows that cost as much: a tile of fewer than 4 rows costs as much as a tile of 4. */
export function rowsInTiles(rows: number): number {
  return tileSizes(rows).reduce((sum, size) => sum + Math.max(size, SMALLEST_TILE), 0);
}

/** The number of weights that a computation waits for in so many passes over them. */
export function streamedWeights(floats: number, passes: number): number {
  return floats * 4 > CACHED_WEIGHTS ? floats * passes : floats;
}
