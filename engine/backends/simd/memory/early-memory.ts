/**
 * A memory whose pages are there before the weights are. The system makes a page when it is first used, which takes as long
 * as packing ten pages of weights. So this is done on a thread of Node's while the main thread reads the weights.
 */
import { KernelMemory } from './kernel-memory.js';

/** Less is not worth a thread's while. */
const LEAST_BYTES = 16 << 20;

let early: Promise<KernelMemory | null> | null = null;

/**
 * Starts to make a memory with room for so many bytes, unless one is there that nobody took.
 *
 * @returns gives it up, unless it was taken
 */
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
