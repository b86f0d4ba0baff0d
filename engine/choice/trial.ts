/** A GPU's first outputs beside those of our own kernels: a driver may compute wrongly, and says nothing. */
import { CodedError } from '../../base/index.js';
import { REFERENCE } from '../backends/registry.js';
import type { ImageBatch } from '../contract/backend.js';
import { type Difference, joinOutputs, largestDifference, outputsOf, rowsOf } from '../contract/parts.js';
import type { Check, Session } from '../running/session.js';

/** Images that are compared: quick to compute, and some at both ends of the batch. */
const COMPARED = 4;

export interface Trial {
  /** Opens what to compare with. It is closed again. */
  reference(): Promise<Session>;
  /** Throws if the engine must not be used. */
  judge(difference: Difference): void;
  /** Called where the reference cannot compute the network. */
  untried(reason: string): void;
}

export function trying({ reference, judge, untried }: Trial): Check {
  return async (images, outputs) => {
    const rows = spread(images.rows);
    const part = rows.map((row) => outputsOf(outputs, images.rows, row, row + 1));
    let difference: Difference;
    try {
      difference = largestDifference(joinOutputs(part), await computed(images, rows, reference));
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      untried(error.message);
      return null;
    }
    judge(difference);
    return difference;
  };
}

async function computed(images: ImageBatch, rows: readonly number[], open: Trial['reference']) {
  const session = await open();
  try {
    return joinOutputs(await Promise.all(rows.map((row) => session.run(rowsOf(images, row, row + 1)))));
  } finally {
    await session.dispose();
  }
}

/** The first row, the last, and some between. */
function spread(rows: number): number[] {
  const count = Math.min(rows, COMPARED);
  return Array.from({ length: count }, (_, i) => Math.floor((i * (rows - 1)) / Math.max(1, count - 1)));
}

/** For a person, with the engine that differs. */
export function describeDifference(engine: string, device: string | null, { of, error }: Difference): string {
  const subject = nameOn(engine, device);
  if (error === null) return `${subject} gives NaN or infinity in ${of}`;
  return `${subject} differs from ${REFERENCE} by ${error.toExponential(1)} of the largest value of ${of}`;
}

export function nameOn(engine: string, device: string | null): string {
  return device === null ? engine : `${engine} on ${device}`;
}
