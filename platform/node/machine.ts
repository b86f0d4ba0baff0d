import { channel } from 'node:diagnostics_channel';
import { open } from 'node:fs/promises';
import { availableParallelism, cpus, hostname, totalmem } from 'node:os';
import { availableMemory, constrainedMemory } from 'node:process';
import type { Machine, Told } from '../platform.js';

/** Threads that may run at once. */
export function cores(): number {
  return availableParallelism();
}

export function machine(): Machine {
  const processor = cpus()[0]?.model ?? '';
  return {
    system: `${process.platform} ${process.arch}`,
    processor: processor.trim() || 'unknown processor',
    runtime: process.version,
    identity: [hostname(), process.platform, process.arch, processor, availableParallelism()],
  };
}

/** Bytes that computations may take. */
export function freeMemory(): number {
  return availableMemory();
}

/** The bytes that a container leaves, or infinity. Linux ends a process that touches more, without an error. */
export function roomInContainer(limit = constrainedMemory(), available = availableMemory()): number {
  return limit > 0 && limit < totalmem() ? available : Number.POSITIVE_INFINITY;
}

/** All zeros, on Linux and macOS. */
const ZEROS = '/dev/zero';

/** A read takes some milliseconds, and other reads of this process share the threads. */
const BYTES_AT_ONCE = 16 << 20;

/** Writes zeros, on a thread of Node's. Does nothing where a system has no file of zeros. */
export async function writeZeros(bytes: Uint8Array): Promise<void> {
  const file = await open(ZEROS).catch(() => null);
  try {
    for (let at = 0; file !== null && at < bytes.length; at += BYTES_AT_ONCE) {
      await file.read(bytes, at, Math.min(BYTES_AT_ONCE, bytes.length - at), null);
    }
  } finally {
    await file?.close();
  }
}

/** Where timings of this name are published; it costs nothing without a subscriber. */
export function tellingOn(name: string): Told {
  return channel(name);
}

/** What the process reads. */
export function standardInput(): AsyncIterable<Uint8Array> {
  return process.stdin;
}
