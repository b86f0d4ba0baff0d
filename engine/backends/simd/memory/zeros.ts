import { open } from 'node:fs/promises';

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
