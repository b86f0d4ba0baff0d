/**
 * Parquet's RLE / bit-packed hybrid, which holds levels and dictionary indices. Spec: apache/parquet-format,
 * Encodings.md. The runs hold exactly as many values as are asked for, but for packed bits, which writers fill up.
 */

const MAX_BIT_WIDTH = 32;

/**
 * Fills `output`; gives the offset behind the last run.
 * @throws RangeError when the bytes from `begin` to `end` hold other than as many values, or a width no integer has
 */
export function readHybrid(
  bytes: Uint8Array,
  begin: number,
  end: number,
  bitWidth: number,
  output: Uint8Array | Uint32Array,
): number {
  if (bitWidth > MAX_BIT_WIDTH || end > bytes.byteLength) {
    throw new RangeError(`runs of ${bitWidth} bits up to byte ${end} of ${bytes.byteLength}`);
  }
  if (bitWidth === 0) return end;
  let at = begin;
  let filled = 0;
  while (filled < output.length) {
    let header = 0;
    for (let shift = 0, byte = 0x80; byte >= 0x80; shift += 7) {
      if (at >= end || shift > 28) throw tooFew(filled, output.length);
      byte = bytes[at++] as number;
      header += (byte & 0x7f) * 2 ** shift;
    }
    if (header % 2 === 1) {
      // Bits are packed in eights, and DuckDB fills up to 256: what is behind the last value means nothing.
      const count = Math.min(((header - 1) / 2) * 8, output.length - filled);
      unpack(bytes, at, end, bitWidth, output, filled, count);
      at += ((header - 1) / 2) * bitWidth;
      if (at > end) throw new RangeError(`packed bits up to byte ${at} of ${end}`);
      filled += count;
    } else {
      const valueBytes = Math.ceil(bitWidth / 8);
      if (at + valueBytes > end) throw tooFew(filled, output.length);
      let value = 0;
      for (let i = 0; i < valueBytes; i++) value += (bytes[at++] as number) * 2 ** (8 * i);
      const count = header / 2;
      if (count > output.length - filled) throw tooMany(filled + count, output.length);
      output.fill(value, filled, filled + count);
      filled += count;
    }
  }
  return at;
}

/** `count` values of `bitWidth` bits, least significant bit first. */
function unpack(
  bytes: Uint8Array,
  begin: number,
  end: number,
  bitWidth: number,
  output: Uint8Array | Uint32Array,
  first: number,
  count: number,
): void {
  if (begin + Math.ceil((count * bitWidth) / 8) > end) throw tooFew(first, output.length);
  if (bitWidth <= 24) unpackNarrow(bytes, begin, bitWidth, output, first, count);
  else unpackWide(bytes, begin, bitWidth, output, first, count);
}

/** Up to 24 bits, so that a value and the bits left before it fit an int32. */
function unpackNarrow(
  bytes: Uint8Array,
  begin: number,
  bitWidth: number,
  output: Uint8Array | Uint32Array,
  first: number,
  count: number,
): void {
  const mask = 2 ** bitWidth - 1;
  let at = begin;
  let held = 0;
  let heldBits = 0;
  for (let i = 0; i < count; i++) {
    while (heldBits < bitWidth) {
      held |= (bytes[at++] as number) << heldBits;
      heldBits += 8;
    }
    output[first + i] = held & mask;
    held >>>= bitWidth;
    heldBits -= bitWidth;
  }
}

function unpackWide(
  bytes: Uint8Array,
  begin: number,
  bitWidth: number,
  output: Uint8Array | Uint32Array,
  first: number,
  count: number,
): void {
  const modulus = 2 ** bitWidth;
  let at = begin;
  let held = 0;
  let heldBits = 0;
  for (let i = 0; i < count; i++) {
    while (heldBits < bitWidth) {
      held += (bytes[at++] as number) * 2 ** heldBits;
      heldBits += 8;
    }
    output[first + i] = held % modulus;
    held = Math.floor(held / modulus);
    heldBits -= bitWidth;
  }
}

function tooMany(got: number, wanted: number): RangeError {
  return new RangeError(`runs of ${got} values, ${wanted} are promised`);
}

function tooFew(got: number, wanted: number): RangeError {
  return new RangeError(`runs end after ${got} of ${wanted} values`);
}
