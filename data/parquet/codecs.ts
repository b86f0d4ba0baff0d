/**
 * Decompresses parquet pages to exactly the size that their headers promise, and checks them. gzip, brotli and, since
 * Node 22.15, Zstandard are Node's; the others hyparquet-compressors', after a look at what they would allocate.
 */
import { crc32, nativeCodecs } from '#platform';
import type { CompressionCodec } from './hyparquet.js';
import { checkZstd, checkZstdContent } from './zstd-check.js';

/** DuckDB writes pages of up to 100 MB, everybody else of about 1 MB. */
export const MAX_PAGE_BYTES = 256 * 1024 * 1024;

const native: Partial<Record<CompressionCodec, Unpack>> = nativeCodecs;

type Unpack = (input: Uint8Array, size: number) => Uint8Array;
type Compressors = typeof import('hyparquet-compressors').compressors;

let compressors: Compressors | null = null;

/**
 * `decompress` needs it. Loads late: hyparquet-compressors compiles WebAssembly on import, for which a process may have
 * no room (`ulimit -v`), or which it may not do at all (`--jitless`).
 */
export async function loadCodec(codec: CompressionCodec): Promise<void> {
  if (codec === 'UNCOMPRESSED' || native[codec] !== undefined) return;
  compressors ??= (await import('hyparquet-compressors')).compressors;
}

/** @throws Error when the codec is unknown or not loaded, the bytes are damaged or their size is not `most` */
export function decompress(
  codec: CompressionCodec,
  input: Uint8Array,
  size: number,
  most: number = MAX_PAGE_BYTES,
): Uint8Array {
  if (size > most) throw new RangeError(`a page of ${size} bytes, at most ${most} are read`);
  if (size === 0) return new Uint8Array(0);
  const output = decompressed(codec, input, size);
  if (output.byteLength !== size) {
    throw new RangeError(`a page of ${size} bytes promised, ${output.byteLength} bytes in it`);
  }
  return output;
}

function decompressed(codec: CompressionCodec, input: Uint8Array, size: number): Uint8Array {
  if (codec === 'UNCOMPRESSED') return input;
  const decompressor = native[codec] ?? compressors?.[codec];
  if (decompressor === undefined) throw new RangeError(`compression ${codec} cannot be read`);
  if (codec !== 'ZSTD') return decompressor(input, size);
  const frames = checkZstd(input, size);
  const output = decompressor(input, size);
  checkZstdContent(frames, output);
  return output;
}

/**
 * The signed CRC-32 of a page as stored, levels included, without the header (parquet-format, README.md,
 * "Checksumming"). Optional: pyarrow writes it when asked, we always do.
 */
export function pageChecksum(...parts: readonly Uint8Array[]): number {
  // zlib forgets the sum so far where there are no bytes: a column without any value has levels and no data.
  return parts.reduce((sum, bytes) => (bytes.length === 0 ? sum : crc32(bytes, sum)), 0) | 0;
}

/** @throws RangeError where the header names another checksum than the bytes give */
export function checkPage(bytes: Uint8Array, promised: number | undefined): void {
  if (promised === undefined) return;
  const found = pageChecksum(bytes);
  const hex = (checksum: number) => (checksum >>> 0).toString(16).padStart(8, '0');
  if (found !== (promised | 0))
    throw new RangeError(`checksum ${hex(promised)} promised, the page gives ${hex(found)}`);
}
