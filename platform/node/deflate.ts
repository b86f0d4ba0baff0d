import { pipeline, Readable } from 'node:stream';
import { createInflateRaw } from 'node:zlib';

export { crc32 } from 'node:zlib';

const CHUNK_BYTES = 256 * 1024;

/** Chunks of at most 256 kB. Throws an error with the code `Z_…` for bytes that are damaged. */
export async function* inflateRaw(deflated: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const inflater = createInflateRaw({ chunkSize: CHUNK_BYTES });
  // An error on either side destroys the inflater, so the loop throws it.
  pipeline(Readable.from(deflated), inflater, () => {});
  for await (const chunk of inflater) yield chunk as Uint8Array;
}
