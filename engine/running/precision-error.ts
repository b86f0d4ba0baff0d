/** The error of a lower precision: it computes the same images again in float32 and compares. */
import type { ImageBatch, Program, ProgramOutputs } from '../contract/backend.js';
import { rowsOf } from '../contract/batch-parts.js';

/** Images that are compared: enough to show the size of the error, and quick to compute. */
const COMPARED = 4;

/**
 * Largest absolute difference over the largest absolute value, over all taps of the first few images.
 *
 * @param start starts the same program in float32, which is disposed afterwards
 */
export async function measurePrecision(
  images: ImageBatch,
  outputs: ProgramOutputs,
  start: () => Promise<Program>,
): Promise<number> {
  const rows = Math.min(images.rows, COMPARED);
  const program = await start();
  try {
    const exact = await program.run(rowsOf(images, 0, rows));
    const errors = [...exact.taps].map(([name, { data }]) => relativeError(outputs.taps.get(name)!.data, data));
    return Math.max(...errors);
  } finally {
    await program.dispose();
  }
}

/** The error over the values of `expected`. `actual` may have more values. */
export function relativeError(actual: Float32Array, expected: Float32Array): number {
  let difference = 0;
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    difference = Math.max(difference, Math.abs(actual[i]! - expected[i]!));
    largest = Math.max(largest, Math.abs(expected[i]!));
  }
  return largest === 0 ? difference : difference / largest;
}
