/**
 * The CRC-32 of a page (parquet-format, README.md, "Checksumming"): of its bytes as they are stored, levels included,
 * without the header. Optional in the format: pyarrow writes it when asked, we always do.
 */
import { crc32 } from 'node:zlib';

/** As the header has it, a signed integer. */
export function pageChecksum(...parts: readonly Uint8Array[]): number {
  // zlib forgets the sum so far where there are no bytes: a column without any value has levels and no data.
  return parts.reduce((sum, bytes) => (bytes.length === 0 ? sum : crc32(bytes, sum)), 0) | 0;
}

/** @throws RangeError where the header names another than the bytes give */
export function checkPage(bytes: Uint8Array, promised: number | undefined): void {
  if (promised === undefined) return;
  const found = pageChecksum(bytes);
  if (found !== (promised | 0))
    throw new RangeError(`checksum ${hex(promised)} promised, the page gives ${hex(found)}`);
}

function hex(checksum: number): string {
  return (checksum >>> 0).toString(16).padStart(8, '0');
}
