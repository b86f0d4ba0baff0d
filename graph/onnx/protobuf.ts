/**
 * What ONNX needs of protobuf's wire format (protobuf.dev/programming-guides/encoding). Nothing large is copied: a
 * written message is a list of pieces, and bytes that are read are views of the file.
 */

import { utf8 } from '#platform';

const VARINT = 0;
const FIXED_64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED_32 = 5;

/** One message under construction; fields are appended in the order of the calls. */
export class ProtobufMessage {
  readonly #pieces: Uint8Array[] = [];
  #byteLength = 0;

  get byteLength(): number {
    return this.#byteLength;
  }

  /** In the order of the message. They are views of the bytes given, which must not change before they are written. */
  get pieces(): readonly Uint8Array[] {
    return this.#pieces;
  }

  /** int32, int64, enum. */
  integer(field: number, value: number): this {
    this.#tag(field, VARINT);
    this.#varint(value);
    return this;
  }

  float(field: number, value: number): this {
    this.#tag(field, FIXED_32);
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    this.#append(bytes);
    return this;
  }

  string(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value));
  }

  bytes(field: number, value: Uint8Array): this {
    this.#tag(field, LENGTH_DELIMITED);
    this.#varint(value.byteLength);
    this.#append(value);
    return this;
  }

  /** A field as another file has it, with its tag. */
  raw(field: Uint8Array): this {
    this.#append(field);
    return this;
  }

  message(field: number, value: ProtobufMessage): this {
    this.#tag(field, LENGTH_DELIMITED);
    this.#varint(value.byteLength);
    for (const piece of value.pieces) this.#append(piece);
    return this;
  }

  #append(piece: Uint8Array): void {
    this.#pieces.push(piece);
    this.#byteLength += piece.byteLength;
  }

  #tag(field: number, wireType: number): void {
    this.#varint((field << 3) | wireType);
  }

  #varint(value: number): void {
    const bytes: number[] = [];
    let rest = BigInt.asUintN(64, BigInt(value));
    do {
      const low = Number(rest & 0x7fn);
      rest >>= 7n;
      bytes.push(rest === 0n ? low : low | 0x80);
    } while (rest !== 0n);
    this.#append(Uint8Array.from(bytes));
  }
}

/** Subgraphs of real files lie three or four messages deep, each. */
const MAX_DEPTH = 64;
/** A 64-bit number has at most ten groups of seven bits. */
const MAX_VARINT_BYTES = 10;

/** Where a field lies in its file. */
interface Field {
  number: number;
  wireType: number;
  /** Its tag. */
  start: number;
  /** Its value, without the length in front of it. */
  from: number;
  end: number;
}

/**
 * One message of a file. Fields are looked for when they are asked for; of one that must not be repeated, the last
 * counts. Lengths and depth are checked, so no file leads out of its own bytes or into endless recursion.
 */
export class ProtobufReader {
  readonly #file: Uint8Array;
  readonly #invalid: (what: string) => Error;
  readonly #range: { start: number; end: number; depth: number };
  /** Behind the last number that was read. */
  #next = 0;

  /** @param invalid makes an error of what is wrong with the file */
  constructor(
    file: Uint8Array,
    invalid: (what: string) => Error,
    range = { start: 0, end: file.byteLength, depth: 0 },
  ) {
    this.#file = file;
    this.#invalid = invalid;
    this.#range = range;
  }

  /** All fields in order, or those with a number. */
  *fields(wanted?: number): Generator<Field> {
    const { end } = this.#range;
    for (let start = this.#range.start; start < end; ) {
      const tag = this.#unsigned(start, end);
      const [number, wireType] = [Math.floor(tag / 8), tag % 8];
      const field = { number, wireType, start, ...this.#valueAt(this.#next, number, wireType) };
      start = field.end;
      if (wanted === undefined || number === wanted) yield field;
    }
  }

  /** int32, int64, enum, bool; 0 if left out. Beyond 2^53 it is rounded; such ends and sizes mean "all". */
  integer(number: number): number {
    return this.integers(number).at(-1) ?? 0;
  }

  /** A repeated integer, packed or not. */
  integers(number: number): number[] {
    const found: number[] = [];
    for (const { wireType, from, end } of this.fields(number)) {
      if (wireType !== VARINT) this.#expect(number, wireType, LENGTH_DELIMITED, from);
      for (let at = from; at < end; at = this.#next) found.push(this.#signed(at, end));
    }
    return found;
  }

  /** 0 if it is left out. */
  float(number: number): number {
    return this.floats(number).at(-1) ?? 0;
  }

  /** A repeated float, packed or not. */
  floats(number: number): number[] {
    return this.#fixed(number, FIXED_32, 4, (view, at) => view.getFloat32(at, true));
  }

  /** A repeated double, packed or not. */
  doubles(number: number): number[] {
    return this.#fixed(number, FIXED_64, 8, (view, at) => view.getFloat64(at, true));
  }

  /** A view of the file; null if it is left out. */
  bytes(number: number): Uint8Array | null {
    let found: Field | null = null;
    for (const field of this.#delimited(number)) found = field;
    return found && this.#file.subarray(found.from, found.end);
  }

  /** Empty if it is left out. */
  string(number: number): string {
    return this.strings(number).at(-1) ?? '';
  }

  strings(number: number): string[] {
    return Array.from(this.#delimited(number), ({ from, end }) => utf8(this.#file.subarray(from, end)));
  }

  /** Null if it is left out. */
  message(number: number): ProtobufReader | null {
    let found: ProtobufReader | null = null;
    for (const message of this.messages(number)) found = message;
    return found;
  }

  *messages(number: number): Generator<ProtobufReader> {
    for (const field of this.#delimited(number)) yield this.inside(field);
  }

  /** The message that a field holds. */
  inside({ from, end }: Field): ProtobufReader {
    const depth = this.#range.depth + 1;
    if (depth > MAX_DEPTH) throw this.#wrong(from, `messages are nested more than ${MAX_DEPTH} deep`);
    return new ProtobufReader(this.#file, this.#invalid, { start: from, end, depth });
  }

  /** A field as it lies in the file, with its tag. */
  raw({ start, end }: Field): Uint8Array {
    return this.#file.subarray(start, end);
  }

  *#delimited(number: number): Generator<Field> {
    for (const field of this.fields(number)) {
      this.#expect(number, field.wireType, LENGTH_DELIMITED, field.from);
      yield field;
    }
  }

  #fixed(number: number, own: number, size: number, read: (view: DataView, at: number) => number): number[] {
    const found: number[] = [];
    for (const { wireType, from, end } of this.fields(number)) {
      if (wireType !== own) this.#expect(number, wireType, LENGTH_DELIMITED, from);
      const view = new DataView(this.#file.buffer, this.#file.byteOffset + from, end - from);
      for (let at = 0; at + size <= view.byteLength; at += size) found.push(read(view, at));
    }
    return found;
  }

  #valueAt(at: number, number: number, wireType: number): { from: number; end: number } {
    if (number < 1) throw this.#wrong(at, `a field ${number} of wire type ${wireType}`);
    switch (wireType) {
      case VARINT:
        this.#unsigned(at, this.#range.end);
        return { from: at, end: this.#next };
      case FIXED_64:
        return this.#sized(at, 8);
      case FIXED_32:
        return this.#sized(at, 4);
      case LENGTH_DELIMITED: {
        const length = this.#unsigned(at, this.#range.end);
        return this.#sized(this.#next, length);
      }
    }
    throw this.#wrong(at, `a field ${number} of wire type ${wireType}`);
  }

  #sized(from: number, bytes: number): { from: number; end: number } {
    const left = this.#range.end - from;
    if (bytes > left) throw this.#wrong(from, `${bytes} bytes are promised, ${left} are left`);
    return { from, end: from + bytes };
  }

  #expect(number: number, wireType: number, expected: number, at: number): void {
    if (wireType === expected) return;
    throw this.#wrong(at, `field ${number} has wire type ${wireType}, ${expected} is expected`);
  }

  /** Negative numbers are written in 64-bit two's complement: ten bytes. */
  #signed(at: number, end: number): number {
    const value = this.#unsigned(at, end);
    if (value < 2 ** 63) return value;
    const groups = this.#file.subarray(at, this.#next);
    const exact = groups.reduceRight((all, byte) => (all << 7n) | BigInt(byte & 0x7f), 0n);
    return Number(BigInt.asIntN(64, exact));
  }

  #unsigned(start: number, end: number): number {
    let value = 0;
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      const byte = start + i < end ? this.#file[start + i] : undefined;
      if (byte === undefined) throw this.#wrong(start + i, 'it ends inside a number');
      value += (byte & 0x7f) * 2 ** (7 * i);
      this.#next = start + i + 1;
      if (byte < 0x80) return value;
    }
    throw this.#wrong(start, `a number of more than ${MAX_VARINT_BYTES} bytes`);
  }

  #wrong(at: number, what: string): Error {
    return this.#invalid(`at byte ${at.toLocaleString('en')}: ${what}`);
  }
}
