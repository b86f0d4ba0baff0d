/**
 * One shared memory, in which all threads compute, and its allocator on the thread that made it: first fit over a
 * list of free blocks in the order of their addresses, neighbours merged. There are some dozens of blocks.
 */
import { roomInContainer, writeZeros } from '#platform';
import { MAX_PAGES, PAGE, roundUp, type WasmMemory, wasmInterface } from '../../../base/wasm/index.js';
import { EngineError } from '../../contract/engine-error.js';
import { ALIGNMENT, SLACK } from './abi.js';

/** A smaller memory is too small for any computation. */
const LEAST_PAGES = 64;
/** The least growth of the memory: a growth takes some microseconds. */
const GROWTH_PAGES = 64;

/** What a process in a container needs beside this memory: outputs, V8's heap, the threads. */
const BESIDE_BYTES = 48 * 2 ** 20;

/** The memory that a plan is laid out in. Addresses are multiples of 64, and never 0. */
export interface SharedMemory {
  /** Contains everything that was allocated so far. It is a larger buffer after the memory has grown. */
  readonly buffer: ArrayBufferLike;
  /** @throws EngineError `OUT_OF_MEMORY`, with the bytes that there are, when the memory cannot grow */
  allocate(bytes: number): number;
  free(address: number): void;
}

interface Block {
  address: number;
  bytes: number;
}

export class KernelMemory implements SharedMemory {
  readonly memory: WasmMemory<SharedArrayBuffer>;
  /** The most bytes that it may have. */
  readonly maxBytes: number;
  /** In the order of their addresses. No block touches another. */
  #free: Block[];
  readonly #used = new Map<number, number>();

  /**
   * Reserves its whole length, or half as much if the system refuses that (`ulimit -v`).
   * @param room the bytes that the container leaves; @throws EngineError `BACKEND_FAILED` if even a small memory is
   *   refused
   */
  constructor(maxPages: number = MAX_PAGES, room = roomInContainer() - BESIDE_BYTES) {
    const { memory, maximum } = reserve(maxPages);
    this.memory = memory;
    const pages = Math.max(Math.floor(room / PAGE), LEAST_PAGES);
    this.maxBytes = Math.min(maximum, pages) * PAGE;
    // No address is 0.
    this.#free = [{ address: ALIGNMENT, bytes: memory.buffer.byteLength - ALIGNMENT }];
  }

  get buffer(): SharedArrayBuffer {
    return this.memory.buffer;
  }

  /** Bytes that are allocated. */
  get usedBytes(): number {
    return [...this.#used.values()].reduce((sum, bytes) => sum + bytes, 0);
  }

  /** Not zeroed. Adds the bytes that kernels may read beyond the block. */
  allocate(bytes: number): number {
    const needed = roundUp(bytes + SLACK, ALIGNMENT);
    let index = this.#free.findIndex((block) => block.bytes >= needed);
    if (index < 0) {
      this.#grow(needed);
      index = this.#free.length - 1;
    }
    const block = this.#free[index]!;
    const { address } = block;
    if (block.bytes === needed) this.#free.splice(index, 1);
    else this.#free[index] = { address: address + needed, bytes: block.bytes - needed };
    this.#used.set(address, needed);
    return address;
  }

  free(address: number): void {
    const bytes = this.#used.get(address);
    if (bytes === undefined) throw new Error(`Nothing is allocated at ${address}.`);
    this.#used.delete(address);
    this.#release({ address, bytes });
  }

  /** Grows, and has another thread use the bytes for the first time. @throws EngineError `OUT_OF_MEMORY` */
  async makePages(bytes: number): Promise<void> {
    const address = this.allocate(bytes);
    try {
      await writeZeros(new Uint8Array(this.memory.buffer, address, bytes));
    } finally {
      this.free(address);
    }
  }

  /** Puts a block back, merged with the free blocks that it touches. */
  #release({ address, bytes }: Block): void {
    const after = this.#free.findIndex((block) => block.address > address);
    const index = after < 0 ? this.#free.length : after;
    const before = this.#free[index - 1];
    const next = this.#free[index];
    const start = before !== undefined && before.address + before.bytes === address ? before : null;
    const end = next !== undefined && address + bytes === next.address ? next : null;
    const merged = { address: start?.address ?? address, bytes: (start?.bytes ?? 0) + bytes + (end?.bytes ?? 0) };
    this.#free.splice(start ? index - 1 : index, (start ? 1 : 0) + (end ? 1 : 0), merged);
  }

  /** Grows the memory so that the last free block has at least `bytes`. */
  #grow(bytes: number): void {
    const length = this.memory.buffer.byteLength;
    const last = this.#free.at(-1);
    const atEnd = last !== undefined && last.address + last.bytes === length ? last.bytes : 0;
    const needed = Math.ceil((bytes - atEnd) / PAGE);
    const room = (this.maxBytes - length) / PAGE;
    if (needed > room) throw tooLittle(bytes, this.#largestFree(atEnd + room * PAGE));
    const pages = Math.min(room, Math.max(needed, GROWTH_PAGES));
    try {
      this.memory.grow(pages);
    } catch (error) {
      throw tooLittle(bytes, this.#largestFree(0), error);
    }
    this.#release({ address: length, bytes: pages * PAGE });
  }

  #largestFree(atEnd: number): number {
    return Math.max(atEnd, ...this.#free.map(({ bytes }) => bytes));
  }
}

function reserve(maxPages: number): { memory: WasmMemory<SharedArrayBuffer>; maximum: number } {
  let cause: unknown;
  for (let maximum = maxPages; maximum >= Math.min(LEAST_PAGES, maxPages); maximum >>= 1) {
    try {
      return { memory: new wasmInterface!.Memory({ initial: 1, maximum, shared: true }), maximum };
    } catch (error) {
      cause = error;
    }
  }
  throw new EngineError('BACKEND_FAILED', 'backend simd: the system has no room for a memory that can be shared', {
    cause,
  });
}

function tooLittle(needed: number, free: number, cause?: unknown): EngineError {
  const message = `${mebibytes(needed)} MiB are needed in WebAssembly memory, ${mebibytes(free)} MiB are left`;
  return new EngineError('OUT_OF_MEMORY', message, { cause });
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toLocaleString('en', { maximumFractionDigits: 1 });
}

/** Less is not worth a thread's while. */
const LEAST_BYTES = 16 << 20;

let early: Promise<KernelMemory | null> | null = null;

/** Starts to make a memory, unless one is there. @returns gives it up, unless it was taken */
export function makeEarly(bytes: number): () => void {
  if (early !== null || bytes < LEAST_BYTES) return () => {};
  const made = makeWithPages(bytes).catch(() => null);
  early = made;
  return () => {
    if (early === made) early = null;
  };
}

/** The memory that was made early, or a new one. */
export async function takeMemory(): Promise<KernelMemory> {
  const made = early;
  early = null;
  return (await made) ?? new KernelMemory();
}

async function makeWithPages(bytes: number): Promise<KernelMemory> {
  const memory = new KernelMemory();
  await memory.makePages(bytes);
  return memory;
}
