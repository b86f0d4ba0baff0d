/**
 * Walks a struct of Thrift's compact protocol without building it, so that a parser which allocates what the bytes
 * promise (a list of a billion) may follow. Spec: thrift-compact-protocol.md of Apache Thrift.
 */

/** Parquet's own metadata nests eight deep. */
const MAX_DEPTH = 32;
const MAX_VARINT_BYTES = 10;

const STOP = 0;
const BOOLEAN_TRUE = 1;
const BOOLEAN_FALSE = 2;
const BYTE = 3;
const DOUBLE = 7;
const BINARY = 8;
const LIST = 9;
const SET = 10;
const STRUCT = 12;

/**
 * @returns the offset behind the struct that begins at `offset`
 * @throws RangeError when the bytes end before it does, a length exceeds them, or it nests too deep
 */
export function endOfThriftStruct(bytes: Uint8Array, offset: number): number {
  const walk = new Walk(bytes, offset);
  walk.struct(0);
  return walk.offset;
}

class Walk {
  readonly #bytes: Uint8Array;

  constructor(
    bytes: Uint8Array,
    public offset: number,
  ) {
    this.#bytes = bytes;
  }

  struct(depth: number): void {
    if (depth > MAX_DEPTH) throw new RangeError(`thrift nests deeper than ${MAX_DEPTH}`);
    for (;;) {
      const header = this.#byte();
      const type = header & 0x0f;
      if (type === STOP) return;
      if (header >> 4 === 0) this.#varint();
      if (type !== BOOLEAN_TRUE && type !== BOOLEAN_FALSE) this.#value(type, depth);
    }
  }

  #value(type: number, depth: number): void {
    if (type === STRUCT) this.struct(depth + 1);
    else if (type === LIST || type === SET) this.#list(depth + 1);
    else if (type === BINARY) this.#skip(this.#varint());
    else if (type === DOUBLE) this.#skip(8);
    else if (type <= BYTE) this.#skip(1);
    else if (type < DOUBLE) this.#varint();
    else throw new RangeError(`thrift type ${type} is not used by parquet`);
  }

  #list(depth: number): void {
    if (depth > MAX_DEPTH) throw new RangeError(`thrift nests deeper than ${MAX_DEPTH}`);
    const header = this.#byte();
    const size = header >> 4 === 15 ? this.#varint() : header >> 4;
    if (size > this.#bytes.byteLength - this.offset) {
      throw new RangeError(`thrift list of ${size} in ${this.#bytes.byteLength - this.offset} bytes`);
    }
    for (let i = 0; i < size; i++) this.#value(header & 0x0f, depth);
  }

  #skip(length: number): void {
    this.offset += length;
    if (this.offset > this.#bytes.byteLength) throw new RangeError('thrift ends early');
  }

  #byte(): number {
    const byte = this.#bytes[this.offset];
    if (byte === undefined) throw new RangeError('thrift ends early');
    this.offset++;
    return byte;
  }

  #varint(): number {
    let value = 0;
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      const byte = this.#byte();
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return value;
    }
    throw new RangeError('thrift integer of more than 64 bits');
  }
}
