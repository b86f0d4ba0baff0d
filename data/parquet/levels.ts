/**
 * Parquet's RLE / bit-packed hybrid, which holds levels and dictionary indices. Spec: apache/parquet-format,
 * Encodings.md. Reads exactly as many values as are asked for, whatever the runs promise.
 */

const MAX_BIT_WIDTH = 32;

/**
 * @param output is filled to its length
 * @throws RangeError when the bytes from `begin` to `end` hold fewer values, or a width no integer has
 */
export function readHybrid(
  bytes: Uint8Array,
  begin: number,
  end: number,
  bitWidth: number,
  output: Uint8Array | Uint32Array,
): void {
  if (bitWidth > MAX_BIT_WIDTH || end > bytes.byteLength) {
    throw new RangeError(`runs of ${bitWidth} bits up to byte ${end} of ${bytes.byteLength}`);
  }
  if (bitWidth === 0) return;
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
      const count = Math.min(((header - 1) / 2) * 8, output.length - filled);
      unpack(bytes, at, end, bitWidth, output, filled, count);
      at += ((header - 1) / 2) * bitWidth;
      filled += count;
    } else {
      const valueBytes = Math.ceil(bitWidth / 8);
      if (at + valueBytes > end) throw tooFew(filled, output.length);
      let value = 0;
      for (let i = 0; i < valueBytes; i++) value += (bytes[at++] as number) * 2 ** (8 * i);
      const count = Math.min(header / 2, output.length - filled);
      output.fill(value, filled, filled + count);
      filled += count;
    }
  }
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

function tooFew(got: number, wanted: number): RangeError {
  return new RangeError(`runs end after ${got} of ${wanted} values`);
}
