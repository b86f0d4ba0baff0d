/** Constants that depend on the batch size: where a file computes with it, they are computed for other sizes too. */
import { type Constant, Unfoldable } from './constant.js';

/** Small ones, which files compare with: `N == 1`, `min(N, 8)`, `N % 3`. */
const OTHER_BATCHES = [1, 2, 3, 5, 8, 30] as const;

/** @param of the constant for a batch of this size; where it is the same for all, it does not depend on that */
export function forBatch(batchSize: number, of: (batchSize: number) => Constant): Constant {
  return withOthers(
    of(batchSize),
    OTHER_BATCHES.map((size) => of(size)),
  );
}

/**
 * What an operator makes of constants, also for the other sizes if one of them depends on the batch.
 * @throws Unfoldable as `compute`, or if only some sizes can be computed
 */
export function foldForBatches(
  inputs: readonly (Constant | null)[],
  compute: (inputs: readonly (Constant | null)[]) => Constant[],
): Constant[] {
  if (!inputs.some((input) => input !== null && dependsOnBatch(input))) return compute(inputs);
  const made = compute(inputs.map((input) => input && alone(input)));
  const others = OTHER_BATCHES.map((_, i) => compute(inputs.map((input) => input && (input.others?.[i] ?? input))));
  return made.map((output, i) => {
    const same = others.map((outputs) => outputs[i]);
    if (same.some((other) => other === undefined)) throw new Unfoldable('it has more outputs for a larger batch');
    return withOthers(output, same as Constant[]);
  });
}

export function dependsOnBatch({ others }: Constant): boolean {
  return others !== undefined;
}

/** Which values of a constant depend on the batch; null: its shape does. */
export function positionsOfBatch({ dims, data, others = [] }: Constant): number[] | null {
  if (others.some((other) => other.dims.join() !== dims.join())) return null;
  return [...data.keys()].filter((i) => others.some((other) => !Object.is(other.data[i], data[i])));
}

function withOthers(constant: Constant, others: readonly Constant[]): Constant {
  const varying = positionsOfBatch({ ...constant, others });
  return varying?.length === 0 ? alone(constant) : { ...constant, others };
}

function alone(constant: Constant): Constant {
  if (constant.others === undefined) return constant;
  const { kind, dims, data } = constant;
  return { kind, dims, data };
}
