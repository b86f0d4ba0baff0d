/** Runs the calls of a plan: on one thread, or on several in lockstep. */
import { CALL_WORDS, type CallTable, type KernelFunction } from './kernel-table.js';

/** Where a job's data lies, all addresses. */
export interface Ground {
  arena: number;
  scratch: number;
}

export function runCalls(kernels: readonly KernelFunction[], calls: CallTable, { arena, scratch }: Ground): void {
  for (let at = 0; at < calls.length; at += CALL_WORDS) {
    kernels[calls[at]!]!(calls[at + 1]!, arena, 0, calls[at + 2]!, scratch);
  }
}

/** Bytes of what threads in lockstep tell each other. */
export const LOCKSTEP_BYTES = 256;
/** Its words, a cache line each. */
const ARRIVED = 0;
const GENERATION = 16;
const ABANDONED = 32;
const NEXT = 48;

/** Times that a thread looks before it sleeps: some microseconds, less than waking it takes. */
const SPINS = 2000;
/** A sleeping thread looks whether all is lost, ms; it is also woken for that. */
const LOOK_MS = 100;
/** Pieces that a thread's share of a call is taken in, so that one that is held up leaves its rest to the others. */
const PIECES = 4;

/** The meeting point of the threads of one job, over some words in memory that all of them share. */
export class Lockstep {
  readonly #words: Int32Array;
  readonly #threads: number;

  constructor(buffer: SharedArrayBuffer, address: number, threads: number) {
    this.#words = new Int32Array(buffer, address, LOCKSTEP_BYTES / 4);
    this.#threads = threads;
  }

  /** Before a job is given to its threads. */
  reset(): void {
    for (const word of [ARRIVED, GENERATION, ABANDONED, NEXT]) Atomics.store(this.#words, word, 0);
  }

  /** Ends the waiting of all threads for good: one of them is gone. */
  abandon(): void {
    Atomics.store(this.#words, ABANDONED, 1);
    Atomics.notify(this.#words, GENERATION);
  }

  /** @returns whether the job came to its end, which it does not when it was abandoned */
  run(kernels: readonly KernelFunction[], calls: CallTable, { arena, scratch }: Ground): boolean {
    for (let at = 0; at < calls.length; at += CALL_WORDS) {
      const kernel = kernels[calls[at]!]!;
      const params = calls[at + 1]!;
      const units = calls[at + 2]!;
      const piece = Math.ceil(units / (this.#threads * PIECES));
      for (let from = this.#take(piece); from < units; from = this.#take(piece)) {
        kernel(params, arena, from, Math.min(from + piece, units), scratch);
      }
      if (!this.#meet()) return false;
    }
    return true;
  }

  #take(units: number): number {
    return Atomics.add(this.#words, NEXT, units);
  }

  /** Returns when all threads have called it; the last one to come opens the next call. */
  #meet(): boolean {
    const words = this.#words;
    const generation = Atomics.load(words, GENERATION);
    if (Atomics.add(words, ARRIVED, 1) === this.#threads - 1) {
      Atomics.store(words, ARRIVED, 0);
      Atomics.store(words, NEXT, 0);
      Atomics.add(words, GENERATION, 1);
      Atomics.notify(words, GENERATION);
    }
    for (let spins = 0; spins < SPINS && Atomics.load(words, GENERATION) === generation; spins++);
    while (Atomics.load(words, GENERATION) === generation) {
      if (Atomics.load(words, ABANDONED) === 1) return false;
      Atomics.wait(words, GENERATION, generation, LOOK_MS);
    }
    return Atomics.load(words, ABANDONED) === 0;
  }
}
