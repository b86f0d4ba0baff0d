/** Just enough of the protobuf wire format (protobuf.dev/programming-guides/encoding) to write an ONNX file. */

const VARINT = 0;
const LENGTH_DELIMITED = 2;

/** One message under construction; fields are appended in the order of the calls. */
export class ProtobufMessage {
  private readonly chunks: Uint8Array[] = [];

  /** int32, int64, enum. */
  integer(field: number, value: number): this {
    this.tag(field, VARINT);
    this.varint(value);
    return this;
  }

  string(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value));
  }

  bytes(field: number, value: Uint8Array): this {
    this.tag(field, LENGTH_DELIMITED);
    this.varint(value.byteLength);
    this.chunks.push(value);
    return this;
  }

  message(field: number, value: ProtobufMessage): this {
    return this.bytes(field, value.encode());
  }

  encode(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.chunks));
  }

  private tag(field: number, wireType: number): void {
    this.varint((field << 3) | wireType);
  }

  private varint(value: number): void {
    const bytes: number[] = [];
    let rest = BigInt.asUintN(64, BigInt(value));
    do {
      const low = Number(rest & 0x7fn);
      rest >>= 7n;
      bytes.push(rest === 0n ? low : low | 0x80);
    } while (rest !== 0n);
    this.chunks.push(Uint8Array.from(bytes));
  }
}
