/**
 * Decompression of parquet pages to exactly the size that the page's header promises, and never to more.
 * gzip and brotli are Node's own; the others come from hyparquet-compressors, after a look at what they would allocate.
 */
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import type { CompressionCodec } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { checkZstd } from './zstd-check.js';

/** DuckDB writes pages of up to 100 MB, everybody else of about 1 MB. */
export const MAX_PAGE_BYTES = 256 * 1024 * 1024;

/** @throws Error when the codec is unknown, the bytes are damaged or their size is another */
export function decompress(codec: CompressionCodec, input: Uint8Array, size: number): Uint8Array {
  if (size > MAX_PAGE_BYTES) throw new RangeError(`a page of ${size} bytes, at most ${MAX_PAGE_BYTES} are read`);
  if (size === 0) return new Uint8Array(0);
  const output = decompressed(codec, input, size);
  if (output.byteLength !== size) {
    throw new RangeError(`a page of ${size} bytes promised, ${output.byteLength} bytes in it`);
  }
  return output;
}

function decompressed(codec: CompressionCodec, input: Uint8Array, size: number): Uint8Array {
  if (codec === 'UNCOMPRESSED') return input;
  if (codec === 'GZIP') return gunzipSync(input, { maxOutputLength: size });
  if (codec === 'BROTLI') return brotliDecompressSync(input, { maxOutputLength: size });
  if (codec === 'ZSTD') checkZstd(input, size);
  const decompressor = compressors[codec];
  if (decompressor === undefined) throw new RangeError(`compression ${codec} cannot be read`);
  return decompressor(input, size);
}
