/** The messages to a thread: the memory and the kernels once, then one job at a time. All can be cloned. */
import type { WasmMemory, WasmModule } from '../../../../base/wasm/index.js';
import type { Member, ProgramOutputs } from '../../../contract/backend.js';
import type { KernelFunction } from '../abi/call.js';
import { type CallTable, instantiate } from './kernel-table.js';
import { readOutputs, type Wanted } from './read-outputs.js';
import { type Ground, Lockstep, runCalls } from './run-calls.js';

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
