/**
 * LZ4 frames, the compression that pandas gives Feather files: the blocks of one frame, into a buffer of known size.
 * Follows "LZ4 Frame Format Description" 1.6.4 and "LZ4 Block Format Description" of github.com/lz4/lz4. Checksums of
 * frames are not compared: pyarrow writes none.
 */

const MAGIC = 0x184d2204;
const UNCOMPRESSED = 0x80000000;
const MIN_MATCH = 4;

/**
 * @param size of what comes out
 * @throws RangeError when the frame is damaged, or gives more or fewer bytes
 */
export function lz4Frame(input: Uint8Array, size: number): Uint8Array {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  if (view.getUint32(0, true) !== MAGIC) throw new RangeError('no LZ4 frame');
  const flags = view.getUint8(4);
  if (flags >> 6 !== 1) throw new RangeError(`an LZ4 frame of version ${flags >> 6}`);
  const hasBlockChecksums = (flags & 0x10) !== 0;
  // Descriptor: flags, block size, content size and dictionary where they are, one byte of checksum.
  let at = 4 + 2 + ((flags & 0x08) !== 0 ? 8 : 0) + ((flags & 0x01) !== 0 ? 4 : 0) + 1;
  const output = new Uint8Array(size);
  let filled = 0;
  for (;;) {
    const word = view.getUint32(at, true);
    at += 4;
    if (word === 0) break;
    const length = word % UNCOMPRESSED;
    const block = input.subarray(at, at + length);
    if (block.byteLength < length) throw new RangeError(`an LZ4 block of ${length} bytes is cut off`);
    filled = word >= UNCOMPRESSED ? copied(block, output, filled) : decompressed(block, output, filled);
    at += length + (hasBlockChecksums ? 4 : 0);
  }
  if (filled !== size) throw new RangeError(`${size} bytes promised, ${filled} in the LZ4 frame`);
  return output;
}

function copied(block: Uint8Array, output: Uint8Array, filled: number): number {
  output.set(block, filled);
  return filled + block.byteLength;
}

/** One block. What it repeats may lie in blocks before it. @returns how far the output is filled */
function decompressed(block: Uint8Array, output: Uint8Array, filled: number): number {
  let [from, to] = [0, filled];
  const longer = (length: number): number => {
    if (length < 15) return length;
    let whole = length;
    for (let byte = 255; byte === 255; whole += byte) {
      if (from >= block.byteLength) throw new RangeError('an LZ4 block ends within a length');
      byte = block[from++]!;
    }
    return whole;
  };
  while (from < block.byteLength) {
    const token = block[from++]!;
    const literals = longer(token >> 4);
    if (from + literals > block.byteLength || to + literals > output.byteLength) {
      throw new RangeError(`${literals} literal bytes do not fit an LZ4 block`);
    }
    output.set(block.subarray(from, from + literals), to);
    from += literals;
    to += literals;
    if (from === block.byteLength) break;
    const distance = block[from]! + (block[from + 1] ?? 0) * 256;
    from += 2;
    const length = longer(token & 15) + MIN_MATCH;
    if (distance === 0 || distance > to || to + length > output.byteLength) {
      throw new RangeError(`${length} bytes from ${distance} before byte ${to} of ${output.byteLength}`);
    }
    repeat(output, to, distance, length);
    to += length;
  }
  return to;
}

/** Copies bytes that may overlap their copy, each once it is there. */
function repeat(output: Uint8Array, to: number, distance: number, length: number): void {
  if (distance >= length) {
    output.copyWithin(to, to - distance, to - distance + length);
    return;
  }
  for (let i = to; i < to + length; i++) output[i] = output[i - distance]!;
}
