/** What is packed, by Node's zlib, which is several times as fast as JavaScript and limits the size of its chunks. */
import { pipeline, Readable } from 'node:stream';
import * as zlib from 'node:zlib';

export const { crc32 } = zlib;

const STREAM_BYTES = 256 * 1024;
const CHUNK_BYTES = 2 ** 16;

/** Chunks of at most 256 kB. Throws an error with the code `Z_…` for bytes that are damaged. */
export async function* inflateRaw(deflated: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const inflater = zlib.createInflateRaw({ chunkSize: STREAM_BYTES });
  // An error on either side destroys the inflater, so the loop throws it.
  pipeline(Readable.from(deflated), inflater, () => {});
  for await (const chunk of inflater) yield chunk as Uint8Array;
}

/**
 * Checks the checksum. Errors have the code `Z_DATA_ERROR` for damaged bytes, `Z_BUF_ERROR` for too few, and
 * `ERR_BUFFER_TOO_LARGE` for more than `most`. @param mayEndEarly gives what there is of too few
 */
export function inflate(bytes: Uint8Array, most: number, mayEndEarly: boolean): Uint8Array {
  const finishFlush = mayEndEarly ? zlib.constants.Z_SYNC_FLUSH : zlib.constants.Z_FINISH;
  return zlib.inflateSync(bytes, { maxOutputLength: most, chunkSize: CHUNK_BYTES, finishFlush });
}

/** As small as it gets. */
export function deflate(bytes: Uint8Array): Uint8Array {
  return zlib.deflateSync(bytes, { level: 9 });
}

type Unpack = (bytes: Uint8Array, options: { maxOutputLength: number }) => Uint8Array;

const limited = (unpack: Unpack) => (bytes: Uint8Array, size: number) => unpack(bytes, { maxOutputLength: size });

/** Since Node 22.15. It refuses damaged streams that the one in JavaScript reads as other values, without a checksum. */
const { zstdDecompressSync } = zlib as { zstdDecompressSync?: Unpack };

/** Parquet's codecs that are here, as functions of the bytes and the size that they promise. */
export const nativeCodecs: Partial<
  Record<'GZIP' | 'BROTLI' | 'ZSTD', (bytes: Uint8Array, size: number) => Uint8Array>
> = {
  GZIP: limited(zlib.gunzipSync),
  BROTLI: limited(zlib.brotliDecompressSync),
  ...(zstdDecompressSync && { ZSTD: limited(zstdDecompressSync) }),
};
