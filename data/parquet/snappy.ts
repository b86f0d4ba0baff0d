/**
 * Snappy (google/snappy, `format_description.txt`). The bytes are those of hyparquet-writer's, which makes two objects
 * a literal and appends byte by byte.
 */
const MOST_TABLE_BITS = 14;
const MOST_OFFSET = 0xffff;
/** No match begins in the last bytes. */
const MARGIN = 15;
/** After `2 ** STEP_BITS` bytes without a match, steps are a byte longer. */
const STEP_BITS = 5;
/** From this length on, a call copies bytes sooner than a loop. */
const LONG = 32;

const table = new Uint32Array(2 ** MOST_TABLE_BITS);
let output = new Uint8Array(0);

/** @returns bytes that are valid until the next call */
export function snappyCompress(input: Uint8Array): Uint8Array {
  const { length } = input;
  // What cannot be compressed takes at most a sixth more.
  const most = 2 * MARGIN + length + Math.ceil(length / 6);
  if (output.length < most) output = new Uint8Array(most);
  let at = 0;
  let size = length;
  for (; size > 0x7f; size >>>= 7) output[at++] = size | 0x80;
  output[at++] = size;
  return output.subarray(0, writeAll(input, output, at));
}

/** As the functions below: writes from `at` on. @returns the place behind what it has written */
function writeAll(input: Uint8Array, to: Uint8Array, start: number): number {
  const { length } = input;
  const view = new DataView(input.buffer, input.byteOffset, length);
  const bits = Math.min(MOST_TABLE_BITS, 31 - Math.clz32(length));
  const last = length - MARGIN;
  table.fill(0, 0, 2 ** bits);
  let [at, done, from, skip] = [start, 0, 1, 1 << STEP_BITS];
  while (from <= last) {
    const word = view.getInt32(from, true);
    const found = replace(word, bits, from);
    if (from - found > MOST_OFFSET || view.getInt32(found, true) !== word) {
      // Right behind a match, a miss does not count.
      from += from === done ? 1 : skip++ >>> STEP_BITS;
      continue;
    }
    if (done < from) at = writeLiteral(input, done, from, to, at);
    done = from + 4;
    for (let same = found + 4; done < length && input[done] === input[same]; same++) done++;
    at = writeCopy(from - found, done - from, to, at);
    if (done >= last) break;
    replace(view.getInt32(done - 1, true), bits, done - 1);
    [from, skip] = [done, 1 << STEP_BITS];
  }
  return done < length ? writeLiteral(input, done, length, to, at) : at;
}

/** Notes that a word is here. @returns where one with the same hash was before */
function replace(word: number, bits: number, place: number): number {
  const hash = Math.imul(word, 0x1e35a7bd) >>> (32 - bits);
  const before = table[hash]!;
  table[hash] = place;
  return before;
}

function writeLiteral(input: Uint8Array, from: number, end: number, to: Uint8Array, start: number): number {
  const last = end - from - 1;
  const bytes = last < 60 ? 0 : Math.ceil((32 - Math.clz32(last)) / 8);
  let at = start;
  to[at++] = (bytes === 0 ? last : 59 + bytes) << 2;
  for (let i = 0; i < bytes; i++) to[at++] = last >>> (8 * i);
  if (last >= LONG) to.set(input.subarray(from, end), at);
  else for (let i = 0; i <= last; i++) to[at + i] = input[from + i]!;
  return at + last + 1;
}

function writeCopy(offset: number, length: number, to: Uint8Array, start: number): number {
  let [at, rest] = [start, length];
  while (rest > 64) {
    const part = rest < 68 ? 60 : 64;
    at = writeShortCopy(offset, part, to, at);
    rest -= part;
  }
  return writeShortCopy(offset, rest, to, at);
}

/** @param length 4 to 64 */
function writeShortCopy(offset: number, length: number, to: Uint8Array, start: number): number {
  let at = start;
  const isNear = length < 12 && offset < 2048;
  to[at++] = isNear ? 1 + ((length - 4) << 2) + ((offset >>> 8) << 5) : 2 + ((length - 1) << 2);
  to[at++] = offset;
  if (!isNear) to[at++] = offset >>> 8;
  return at;
}
