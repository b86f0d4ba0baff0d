/**
 * Reads the protobuf wire format (protobuf.dev/programming-guides/encoding) field by field. Nothing is copied: bytes are
 * views of the file. What nobody asks for is skipped.
 *
 * Every length is checked before it is used, and messages inside messages have a limit, so no file leads out of its own
 * bytes or into endless recursion.
 */
import { ConvertError } from '../../convert-error.js';

const VARINT = 0;
const FIXED_64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED_32 = 5;

/** Subgraphs of real files lie three or four messages deep, each. */
const MAX_DEPTH = 64;
/** A 64-bit number has at most ten groups of seven bits. */
const MAX_VARINT_BYTES = 10;

export class ProtobufCursor {
  /** Number of the field that `next` found. */
  field = 0;
  readonly #bytes: Uint8Array;
  readonly #label: string;
  readonly #depth: number;
  readonly #end: number;
  #at: number;
  #wireType = -1;

  /** @param label the file's name, for messages */
  constructor(bytes: Uint8Array, label: string, range: { start: number; end: number; depth: number } | null = null) {
    this.#bytes = bytes;
    this.#label = label;
    this.#at = range?.start ?? 0;
    this.#end = range?.end ?? bytes.byteLength;
    this.#depth = range?.depth ?? 0;
  }

  /** Goes to the next field, past the value of this one if it was not read. False at the end of the message. */
  next(): boolean {
    if (this.#wireType >= 0) this.#skip();
    if (this.#at >= this.#end) return false;
    const tag = this.#unsigned();
    this.field = Math.floor(tag / 8);
    this.#wireType = tag % 8;
    const isKnown = [VARINT, FIXED_64, LENGTH_DELIMITED, FIXED_32].includes(this.#wireType);
    if (!isKnown || this.field < 1) throw this.#invalid(`a field ${this.field} of wire type ${this.#wireType}`);
    return true;
  }

  /** int32, int64, enum, bool. Beyond 2^53 it is rounded, which ends and sizes that mean "all" bear. */
  integer(): number {
    this.#expect(VARINT);
    return this.#signed();
  }

  /** Appends a repeated integer, packed or not. */
  integers(into: number[]): void {
    if (this.#wireType === VARINT) {
      into.push(this.integer());
      return;
    }
    const end = this.#length();
    while (this.#at < end) into.push(this.#signed());
    if (this.#at > end) throw this.#invalid('a list of numbers that ends inside a number');
    this.#done();
  }

  float(): number {
    this.#expect(FIXED_32);
    const bytes = this.#fixed(4);
    return new DataView(bytes.buffer, bytes.byteOffset, 4).getFloat32(0, true);
  }

  /** Appends a repeated float, packed or not. */
  floats(into: number[]): void {
    if (this.#wireType === FIXED_32) {
      into.push(this.float());
      return;
    }
    const bytes = this.bytes();
    for (const value of fixed(bytes, 4, (view, at) => view.getFloat32(at, true))) into.push(value);
  }

  /** Appends a repeated double, packed or not. */
  doubles(into: number[]): void {
    const bytes = this.#wireType === FIXED_64 ? this.#fixed(8) : this.bytes();
    for (const value of fixed(bytes, 8, (view, at) => view.getFloat64(at, true))) into.push(value);
  }

  /** A view of the file. */
  bytes(): Uint8Array {
    const end = this.#length();
    const view = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    this.#done();
    return view;
  }

  string(): string {
    const bytes = this.bytes();
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  }

  /** A message inside this one. @throws ConvertError `ONNX_INVALID` if it lies too deep */
  message(): ProtobufCursor {
    const end = this.#length();
    if (this.#depth >= MAX_DEPTH) throw this.#invalid(`messages are nested more than ${MAX_DEPTH} deep`);
    const cursor = new ProtobufCursor(this.#bytes, this.#label, {
      start: this.#at,
      end,
      depth: this.#depth + 1,
    });
    this.#at = end;
    this.#done();
    return cursor;
  }

  /** The end of a length-delimited value. */
  #length(): number {
    this.#expect(LENGTH_DELIMITED);
    const length = this.#unsigned();
    this.#need(length);
    return this.#at + length;
  }

  #skip(): void {
    if (this.#wireType === VARINT) this.#unsigned();
    else if (this.#wireType === LENGTH_DELIMITED) this.#at = this.#length();
    else this.#fixed(this.#wireType === FIXED_64 ? 8 : 4);
    this.#done();
  }

  #fixed(size: number): Uint8Array {
    this.#need(size);
    this.#at += size;
    this.#done();
    return this.#bytes.subarray(this.#at - size, this.#at);
  }

  #done(): void {
    this.#wireType = -1;
  }

  #expect(wireType: number): void {
    if (this.#wireType === wireType) return;
    throw this.#invalid(`field ${this.field} has wire type ${this.#wireType}, ${wireType} is expected`);
  }

  #need(bytes: number): void {
    if (this.#at + bytes <= this.#end) return;
    throw this.#invalid(`${bytes} bytes are promised, ${Math.max(0, this.#end - this.#at)} are left`);
  }

  #signed(): number {
    const value = this.#unsigned();
    this.#done();
    // Negative numbers are written in 64-bit two's complement: ten bytes.
    return value >= 2 ** 63 ? this.#lastSigned : value;
  }

  /** The last varint as a signed number, exactly; only for those of ten bytes. */
  #lastSigned = 0;

  #unsigned(): number {
    let value = 0;
    let scale = 1;
    const start = this.#at;
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      this.#need(1);
      const byte = this.#bytes[this.#at++]!;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (i === MAX_VARINT_BYTES - 1) this.#lastSigned = signed(this.#bytes.subarray(start, this.#at));
        return value;
      }
      scale *= 128;
    }
    throw this.#invalid(`a number of more than ${MAX_VARINT_BYTES} bytes`);
  }

  #invalid(what: string): ConvertError {
    return new ConvertError(
      'ONNX_INVALID',
      `${this.#label}: is not a readable ONNX file, at byte ${this.#at.toLocaleString('en')}: ${what}`,
    );
  }
}

function signed(bytes: Uint8Array): number {
  let value = 0n;
  bytes.forEach((byte, i) => {
    value |= BigInt(byte & 0x7f) << BigInt(7 * i);
  });
  return Number(BigInt.asIntN(64, value));
}

function* fixed(bytes: Uint8Array, size: number, read: (view: DataView, at: number) => number): Generator<number> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + size <= bytes.byteLength; at += size) yield read(view, at);
}
