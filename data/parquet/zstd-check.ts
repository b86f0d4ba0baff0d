/** Walks blocks of Zstandard frames (RFC 8878), as decompressors allocate what they promise: 2 MiB for four bytes. */
import { xxhash64 } from './hyparquet.js';

const MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
const MAX_BLOCK_BYTES = 128 * 1024;
/** Encoders fill their blocks (128 KiB) or split them in a few; far more blocks than that is an attack. */
const MIN_BYTES_PER_BLOCK = 4_096;
const SPARE_BLOCKS = 64;
/** Encoders use windows of at most 8 MiB unless told otherwise. */
const MAX_WINDOW_BYTES = 128 * 1024 * 1024;

/** One frame: how many bytes it gives, where it says so, and their checksum, where it has one. */
export interface ZstdFrame {
  size: number | null;
  checksum: number | null;
}

/** @throws RangeError when the frames are cut off, or would give more than `size` bytes */
export function checkZstd(input: Uint8Array, size: number): ZstdFrame[] {
  const frames: ZstdFrame[] = [];
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  let blocks = 0;
  let plainBytes = 0;
  for (let at = 0; at < input.byteLength; ) {
    const magic = view.getUint32(at, true);
    if ((magic & 0xfffffff0) === SKIPPABLE_MAGIC) {
      at += 8 + view.getUint32(at + 4, true);
      continue;
    }
    if (magic !== MAGIC) throw new RangeError('no Zstandard frame');
    const frame = readFrameHeader(view, at, size);
    at = frame.blocks;
    for (let last = false; !last; blocks++) {
      const header = view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
      last = (header & 1) === 1;
      const type = (header >> 1) & 3;
      const length = header >>> 3;
      if (type === 3 || length > MAX_BLOCK_BYTES) throw new RangeError(`a Zstandard block of ${length} bytes`);
      if (type !== 2) plainBytes += length;
      at += 3 + (type === 1 ? 1 : length);
    }
    if (at + (frame.checksum ? 4 : 0) > input.byteLength) throw new RangeError('Zstandard frame cut off');
    frames.push({ size: frame.size, checksum: frame.checksum ? view.getUint32(at, true) : null });
    at += frame.checksum ? 4 : 0;
  }
  if (plainBytes > size || blocks > size / MIN_BYTES_PER_BLOCK + SPARE_BLOCKS) {
    throw new RangeError(`Zstandard blocks for more than the ${size} bytes promised`);
  }
  return frames;
}

/** @param output what all frames gave, one behind the other @throws RangeError for another checksum than a frame has */
export function checkZstdContent(frames: readonly ZstdFrame[], output: Uint8Array): void {
  let at = 0;
  for (const [i, { size, checksum }] of frames.entries()) {
    // A last frame takes the rest. Of another, only its own word says where it ends.
    const end = i === frames.length - 1 ? output.byteLength : size === null ? null : at + size;
    if (end === null) throw new RangeError('several Zstandard frames that do not say how long they are');
    // The checksum is the lower half of the hash.
    if (checksum !== null && Number(xxhash64(output.subarray(at, end)) & 0xffff_ffffn) !== checksum) {
      throw new RangeError("a Zstandard frame's checksum is not that of its content");
    }
    at = end;
  }
}

interface FrameHeader {
  blocks: number;
  size: number | null;
  checksum: boolean;
}

function readFrameHeader(view: DataView, begin: number, size: number): FrameHeader {
  const descriptor = view.getUint8(begin + 4);
  const single = ((descriptor >> 5) & 1) === 1;
  const sizeFlag = descriptor >> 6;
  const sizeBytes = sizeFlag === 0 ? (single ? 1 : 0) : 1 << sizeFlag;
  let at = begin + 5;
  if (!single) {
    const window = view.getUint8(at++);
    const base = 2 ** (10 + (window >> 3));
    if (base + (base / 8) * (window & 7) > MAX_WINDOW_BYTES) throw new RangeError('Zstandard window too large');
  }
  const dictionaryFlag = descriptor & 3;
  at += dictionaryFlag === 3 ? 4 : dictionaryFlag;
  const content = sizeBytes > 0 ? contentSize(view, at, sizeBytes) : null;
  if (content !== null && content > size) {
    throw new RangeError(`a Zstandard frame of more than the ${size} bytes promised`);
  }
  return { blocks: at + sizeBytes, size: content, checksum: ((descriptor >> 2) & 1) === 1 };
}

function contentSize(view: DataView, at: number, bytes: number): number {
  if (bytes === 1) return view.getUint8(at);
  if (bytes === 2) return view.getUint16(at, true) + 256;
  if (bytes === 4) return view.getUint32(at, true);
  return Number(view.getBigUint64(at, true));
}
