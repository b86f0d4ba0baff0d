/** The messages to a thread: the memory and the kernels once, then one job at a time. All can be cloned. */
import type { WasmMemory, WasmModule } from '../../../../base/wasm/index.js';
import type { Member, ProgramOutputs, TapOutput } from '../../../contract/backend.js';
import type { KernelFunction } from '../abi/call.js';
import type { PlanOutput } from '../planning/step.js';
import { type CallTable, type Ground, instantiate, Lockstep, runCalls } from './run-calls.js';

export interface Invitation {
  module: WasmModule;
  memory: WasmMemory<SharedArrayBuffer>;
}

export interface Job extends Ground {
  calls: CallTable;
  wanted: Wanted;
  /** The size of the memory, in bytes, that the job lies in. It tells a thread whether the memory has grown. */
  memoryBytes: number;
  /** The number of threads that compute it, and the address where they meet; null for one thread alone. */
  together: { at: number; threads: number } | null;
}

/** Computes jobs in the memory, on the thread that calls it. */
export class Computer implements Member {
  readonly #memory: WasmMemory<SharedArrayBuffer>;
  readonly #kernels: readonly KernelFunction[];

  constructor({ module, memory }: Invitation) {
    this.#memory = memory;
    this.#kernels = instantiate(module, memory);
  }

  run(job: Job): ProgramOutputs | null {
    const { arena, calls, wanted, together } = job;
    const buffer = this.#bufferOf(job.memoryBytes);
    if (together === null) runCalls(this.#kernels, calls, job);
    else {
      const lockstep = new Lockstep(buffer, together.at, { calls, threads: together.threads });
      if (!lockstep.run(this.#kernels, calls, job)) return null;
    }
    return readOutputs(buffer, arena, wanted);
  }

  /** The memory may have grown in another thread, which this thread may not have seen yet. */
  #bufferOf(bytes: number): SharedArrayBuffer {
    if (this.#memory.buffer.byteLength < bytes) this.#memory.grow(0);
    return this.#memory.buffer;
  }
}

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
  const loops = factors.toReversed().map(({ size, step }): Loop => {
    const loop = { size, from: step / 4, to: length };
    length *= size;
    return loop;
  });
  loops.sort((a, b) => b.from - a.from);
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
