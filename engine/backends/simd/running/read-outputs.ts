/** Reads the outputs of a plan from its arena, in PyTorch's order. */
import type { ProgramOutputs, TapOutput } from '../../../contract/backend.js';
import type { PlanOutput } from '../planning/compiled-plan.js';

/** The wanted outputs of a job. */
export interface Wanted {
  images: number;
  /** Where each lies, by name, in the order in which they are given back. */
  taps: readonly (readonly [name: string, output: PlanOutput])[];
  /** Null if they are not wanted. */
  scores: PlanOutput | null;
}

/** @param arena its address in `buffer` */
export function readOutputs(buffer: ArrayBufferLike, arena: number, { images, taps, scores }: Wanted): ProgramOutputs {
  const read = (output: PlanOutput): TapOutput => {
    return { shape: [images, ...output.shape], data: rowMajor(buffer, arena, output, images) };
  };
  return {
    taps: new Map(taps.map(([name, output]) => [name, read(output)])),
    scores: scores === null ? null : read(scores).data,
  };
}

/** Reads in the order of the arena, and writes each value where PyTorch has it. */
function rowMajor(
  buffer: ArrayBufferLike,
  arena: number,
  { offset, axes, imageStep }: PlanOutput,
  images: number,
): Float32Array {
  const factors = [{ size: images, step: imageStep }, ...axes];
  let length = 1;
  const loops = factors
    .toReversed()
    .map(({ size, step }) => {
      const loop = { size, from: step / 4, to: length };
      length *= size;
      return loop;
    })
    .sort((a, b) => b.from - a.from);
  const values = new Float32Array(length);
  copyLoops(new Float32Array(buffer), (arena + offset) / 4, values, 0, loops);
  return values;
}

interface Loop {
  size: number;
  from: number;
  to: number;
}

function copyLoops(
  source: Float32Array,
  from: number,
  values: Float32Array,
  to: number,
  [loop, ...inner]: readonly Loop[],
): void {
  if (loop === undefined) {
    values[to] = source[from]!;
    return;
  }
  if (inner.length > 0) {
    for (let i = 0; i < loop.size; i++) copyLoops(source, from + i * loop.from, values, to + i * loop.to, inner);
  } else if (loop.from === 1 && loop.to === 1) {
    values.set(source.subarray(from, from + loop.size), to);
  } else {
    for (let i = 0; i < loop.size; i++) values[to + i * loop.to] = source[from + i * loop.from]!;
  }
}
