/** Outputs of one batch by the names that were asked for: checked, joined, or empty. */
import type { ImageShape } from '../graph/index.js';
import type { TapOutput } from './contract/backend.js';
import { EngineError } from './contract/engine-error.js';
import { joinOutputs } from './contract/outputs.js';

export interface NamedOutputs {
  /** Images in the batch. */
  rows: number;
  /** As asked for, in the same order; `[rows, channels, height, width]` or `[rows, features]`. */
  taps: ReadonlyMap<string, TapOutput>;
  /** Softmax, `[rows, classes]`; null when not asked for. */
  scores: Float32Array | null;
}

/** @throws EngineError `OUTPUT_NOT_FINITE`, with image numbers from `first`: finite weights can overflow float32 */
export function checkFinite({ taps, scores, rows }: NamedOutputs, first: number): void {
  const all = [...taps].map(([name, { data }]) => [name, data] as const);
  for (const [name, data] of scores === null ? all : [...all, ['scores', scores] as const]) {
    const index = firstNotFinite(data);
    if (index < 0) continue;
    const image = first + Math.floor(index / (data.length / rows));
    throw new EngineError('OUTPUT_NOT_FINITE', `image ${image} gave ${data[index]} at ${name}`, {
      hint: 'The weights overflow float32; were they trained with this mean and std?',
    });
  }
}

/** -1 if all are finite. It is a loop because it runs for every value of every image. */
function firstNotFinite(values: Float32Array): number {
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    // Infinity - Infinity and NaN - NaN are NaN.
    if (value - value !== 0) return i;
  }
  return -1;
}

/** Concatenates batches of equal row shapes. */
export function concatRows(parts: readonly NamedOutputs[]): NamedOutputs {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  return { rows: parts.reduce((sum, part) => sum + part.rows, 0), ...joinOutputs(parts) };
}

export function emptyOutputs(
  shapes: ReadonlyMap<string, ImageShape>,
  tapNodes: ReadonlyMap<string, string>,
  scores: boolean,
): NamedOutputs {
  const taps = [...tapNodes].map(([name, node]) => {
    return [name, { shape: [0, ...shapes.get(node)!], data: new Float32Array(0) }] as const;
  });
  return { rows: 0, taps: new Map(taps), scores: scores ? new Float32Array(0) : null };
}
