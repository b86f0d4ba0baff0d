/** Access to memory by byte addresses. */
export class View {
  readonly #bytes: Uint8Array;
  readonly #words: Uint32Array;
  readonly #integers: Int32Array;
  readonly #floats: Float32Array;

  constructor(buffer: ArrayBufferLike) {
    this.#bytes = new Uint8Array(buffer);
    this.#words = new Uint32Array(buffer);
    this.#integers = new Int32Array(buffer);
    this.#floats = new Float32Array(buffer);
  }

  byte(address: number): number {
    return this.#bytes[address]!;
  }
  word(address: number): number {
    return this.#words[address / 4]!;
  }
  integer(address: number): number {
    return this.#integers[address / 4]!;
  }
  float(address: number): number {
    return this.#floats[address / 4]!;
  }
  double(address: number): number {
    return new Float64Array(this.#bytes.buffer, address, 1)[0]!;
  }
  /** A word that is a float32. */
  bits(word: number): number {
    return new Float32Array(Uint32Array.of(word).buffer)[0]!;
  }
  store(address: number, value: number): void {
    this.#floats[address / 4] = value;
  }
  clamp(clampAt: number, value: number): number {
    return Math.min(Math.max(value, this.float(clampAt)), this.float(clampAt + 32));
  }
}
