/** What a thread is told: once, the memory and the kernels; then a job at a time. All of it can be cloned. */
import type { WasmMemory, WasmModule } from '../../../../wasm/index.js';
import type { Member, ProgramOutputs } from '../../../contract/backend.js';
import type { KernelFunction } from '../abi/call.js';
import { type CallTable, instantiate } from './kernel-table.js';
import { readOutputs, type Wanted } from './read-outputs.js';
import { type Ground, Lockstep, runCalls } from './run-calls.js';

export interface Invitation {
  module: WasmModule;
  memory: WasmMemory<SharedArrayBuffer>;
  tile: string;
}

export interface Job extends Ground {
  calls: CallTable;
  wanted: Wanted;
  /** Bytes of memory that the job lies in, so that a thread sees whether it knows them all. */
  memoryBytes: number;
  /** How many threads compute it, and the address where they meet; null for one alone. */
  together: { at: number; threads: number } | null;
}

/** Computes what lies in the memory, on the thread that calls it. */
export class Computer implements Member {
  readonly #memory: WasmMemory<SharedArrayBuffer>;
  readonly #kernels: readonly KernelFunction[];

  constructor({ module, memory, tile }: Invitation) {
    this.#memory = memory;
    this.#kernels = instantiate(module, memory, tile);
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

  /** A thread may not have heard yet that another one has made the memory grow. */
  #bufferOf(bytes: number): SharedArrayBuffer {
    if (this.#memory.buffer.byteLength < bytes) this.#memory.grow(0);
    return this.#memory.buffer;
  }
}
