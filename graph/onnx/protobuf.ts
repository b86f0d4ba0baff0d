/**
 * Just enough of the protobuf wire format (protobuf.dev/programming-guides/encoding) to write an ONNX file.
 *
 * It copies nothing large: a message is a list of pieces, and the bytes given to it become pieces as they are.
 */

const VARINT = 0;
const FIXED_32 = 5;
const LENGTH_DELIMITED = 2;

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
