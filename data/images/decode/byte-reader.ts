/** Reads a file from front to back, as Python's file objects do: at the end, reads give fewer bytes, or none. */
export class ByteReader {
  readonly bytes: Buffer;
  /** Where the next read begins. */
  at: number;

  constructor(bytes: Buffer, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  /** The next byte; -1 at the end. */
  byte(): number {
    return this.at < this.bytes.length ? this.bytes[this.at++]! : -1;
  }

  /** The next bytes, fewer where the file ends. */
  read(count: number): Buffer {
    const part = this.bytes.subarray(this.at, this.at + count);
    this.at += part.length;
    return part;
  }
}
