/**
 * Repetition and definition levels as data pages of version 2 have them: runs and packed bits without a length before,
 * https://github.com/apache/parquet-format/blob/master/Encodings.md#run-length-encoding--bit-packing-hybrid-rle--3.
 * Reading them is in `levels.ts`.
 */

import { ByteWriter, writeRleBitPackedHybrid } from './hyparquet-writer.js';
export const NO_LEVELS = new Uint8Array(0);

/** Bits are packed by eight. */
const GROUP = 8;
/** Header of a run of one group of packed bits. */
const ONE_GROUP = (1 << 1) | 1;

/** Any levels up to `most`. */
export function encodeLevels(levels: Uint8Array, most: number): Uint8Array {
  const writer = new ByteWriter();
  writeRleBitPackedHybrid(writer, levels, Math.ceil(Math.log2(most + 1)));
  return writer.getBytes();
}

/** The same level of at most 255 in every place. */
export function encodeEqualLevels(level: number, count: number): Uint8Array {
  const writer = new ByteWriter();
  appendRun(writer, level, count);
  return writer.getBytes();
}

/** Repetition levels of lists that all have `length` values: 0, then ones. */
export function encodeListStarts(lists: number, length: number): Uint8Array {
  if (length <= GROUP) {
    const levels = new Uint8Array(lists * length).fill(1);
    for (let i = 0; i < levels.length; i += length) levels[i] = 0;
    return encodeLevels(levels, 1);
  }
  const writer = new ByteWriter();
  for (let list = 0; list < lists; list++) {
    writer.appendUint8(ONE_GROUP);
    writer.appendUint8(0b1111_1110);
    appendRun(writer, 1, length - GROUP);
  }
  return writer.getBytes();
}

function appendRun(writer: ByteWriter, level: number, count: number): void {
  writer.appendVarInt(count << 1);
  writer.appendUint8(level);
}
