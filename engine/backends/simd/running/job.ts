/**
 * A job on a thread: the calls of a plan one after another, alone or in lockstep with other threads, then the outputs.
 * A thread gets the memory and the kernels once, then one job at a time. All can be cloned.
 */
import { type WasmMemory, type WasmModule, wasmInterface } from '../../../../base/wasm/index.js';
import type { Member, ProgramOutputs, TapOutput } from '../../../contract/backend.js';
import type { KernelFunction } from '../abi.js';
import type { KernelCall } from '../planning/draft.js';
import type { PlanOutput } from '../planning/step.js';

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

/** Number of the kernel, address of its parameters, units, and whether it is the last call of a step. */
const CALL_WORDS = 4;

/** Calls in order, `CALL_WORDS` each. */
export type CallTable = Uint32Array;

/** @param names of the kernels, in the order of their numbers: see `kernelNames` */
export function callTable(calls: readonly KernelCall[], names: readonly string[]): CallTable {
  return Uint32Array.from(
    calls.flatMap((call, i) => {
      const number = names.indexOf(call.kernel);
      if (number < 0) throw new Error(`The kernels lack ${call.kernel}.`);
      const ends = calls[i + 1]?.step === call.step ? 0 : 1;
      return [number, call.params, call.units, ends];
    }),
  );
}

/** The kernels of a module, in the order of its exports. */
export function kernelNames(module: WasmModule): string[] {
  // Those whose speed depends on the tile are called by it, too: `strassen_6x16`.
  return exportedFunctions(module).map((name) => name.replace(/_\d+x\d+$/, ''));
}

/** The functions of these kernels. */
export function instantiate(module: WasmModule, memory: WasmMemory<SharedArrayBuffer>): KernelFunction[] {
  const { exports } = new wasmInterface!.Instance(module, { env: { memory } });
  return exportedFunctions(module).map((name) => exports[name] as KernelFunction);
}

function exportedFunctions(module: WasmModule): string[] {
  const functions = wasmInterface!.Module.exports(module).filter(({ kind }) => kind === 'function');
  return functions.map(({ name }) => name);
}

/** The addresses of a job's data. */
export interface Ground {
  arena: number;
  scratch: number;
}

export function runCalls(kernels: readonly KernelFunction[], calls: CallTable, { arena, scratch }: Ground): void {
  for (let at = 0; at < calls.length; at += CALL_WORDS) {
    kernels[calls[at]!]!(calls[at + 1]!, arena, 0, calls[at + 2]!, scratch);
  }
}

/** Words at the beginning of the memory that threads in lockstep share. The words of the calls follow. */
const ABANDONED = 0;
const CLAIMED = 1;
const FIRST_CALL = 16;
/** Words of each call: units taken, units done. */
const WORDS_OF_CALL = 2;

/** How often a thread looks before it sleeps. This takes some microseconds, less than waking up. */
const SPINS = 2000;
/** How often a sleeping thread looks whether the job was abandoned, ms. It is also woken for that. */
const LOOK_MS = 100;
/** A thread takes its share of a call in so many pieces, so that others can help a delayed one. */
const PIECES = 4;

/** The word that counts the units taken of the call at `at` in its table. */
function wordOf(at: number): number {
  return FIRST_CALL + (at / CALL_WORDS) * WORDS_OF_CALL;
}

/** Bytes of the memory where the threads of a job with these calls meet. */
export function lockstepBytes(calls: CallTable): number {
  return 4 * wordOf(calls.length);
}

/** Where the threads of a job meet. A delayed one holds up the others only with the units that it has taken. */
export class Lockstep {
  readonly #words: Int32Array;
  readonly #threads: number;

  constructor(buffer: SharedArrayBuffer, address: number, { calls, threads }: { calls: CallTable; threads: number }) {
    this.#words = new Int32Array(buffer, address, lockstepBytes(calls) / 4);
    this.#threads = threads;
  }

  /** Called before a job is given to its threads. */
  reset(): void {
    this.#words.fill(0);
  }

  /** Makes all threads stop waiting for good: one of them is gone. */
  abandon(): void {
    Atomics.store(this.#words, ABANDONED, 1);
    for (let at = FIRST_CALL; at < this.#words.length; at += WORDS_OF_CALL) Atomics.notify(this.#words, at + 1);
  }

  /** @returns whether this thread, the first at the end, reads the outputs; false for all if the job was abandoned */
  run(kernels: readonly KernelFunction[], calls: CallTable, { arena, scratch }: Ground): boolean {
    let group = 0;
    for (let at = 0; at < calls.length; at += CALL_WORDS) {
      const taken = wordOf(at);
      const kernel = kernels[calls[at]!]!;
      const params = calls[at + 1]!;
      const units = calls[at + 2]!;
      const piece = Math.ceil(units / (this.#threads * PIECES));
      for (;;) {
        const from = Atomics.add(this.#words, taken, piece);
        if (from >= units) break;
        const to = Math.min(from + piece, units);
        kernel(params, arena, from, to, scratch);
        const done = Atomics.add(this.#words, taken + 1, to - from) + to - from;
        if (done === units) Atomics.notify(this.#words, taken + 1);
      }
      if (calls[at + 3] === 0) continue;
      for (; group <= at; group += CALL_WORDS) {
        if (!this.#isDone(wordOf(group) + 1, calls[group + 2]!)) return false;
      }
    }
    return Atomics.exchange(this.#words, CLAIMED, 1) === 0;
  }

  /** Waits until all units of a call are done. False if the job was abandoned. */
  #isDone(word: number, units: number): boolean {
    for (let spins = 0; spins < SPINS; spins++) if (Atomics.load(this.#words, word) === units) return true;
    for (;;) {
      const done = Atomics.load(this.#words, word);
      if (done === units) return true;
      if (Atomics.load(this.#words, ABANDONED) === 1) return false;
      Atomics.wait(this.#words, word, done, LOOK_MS);
    }
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
function readOutputs(buffer: ArrayBufferLike, arena: number, { images, taps, scores }: Wanted): ProgramOutputs {
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
