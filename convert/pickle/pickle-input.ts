/** Reads the arguments of a pickle's opcodes. Every read is checked against the end of the bytes. */

import { latin1, utf8 } from '#platform';
import { quoted } from '../../base/index.js';
import { ConvertError } from '../convert-error.js';

/** Python integers in checkpoints are counters and seeds; torch's magic number has 10 bytes. Parsing is quadratic. */
const MAX_INTEGER_BYTES = 256;
/** The longest lines in checkpoints are module paths and decimal numbers, in text opcodes of protocol 0. */
const MAX_LINE_BYTES = 64 * 1024;
/** Texts in checkpoints are configuration and notes stored beside the weights. */
const MAX_TEXT_BYTES = 16 * 1024 * 1024;

const NEWLINE = 0x0a;

export class PickleInput {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  /** @param label file and member, for messages */
  constructor(
    readonly label: string,
    bytes: Uint8Array,
    public position: number,
  ) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Size of the whole pickle, bytes. */
  get size(): number {
    return this.#bytes.byteLength;
  }

  uint8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  uint16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  int32(): number {
    return this.#view.getInt32(this.#take(4), true);
  }

  uint32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  /** An 8-byte length. A value beyond the safe integers stays larger than any file. */
  uint64(): number {
    return Number(this.#view.getBigUint64(this.#take(8), true));
  }

  /** Big endian, unlike everything else in a pickle. */
  float64(): number {
    return this.#view.getFloat64(this.#take(8), false);
  }

  raw(length: number): Uint8Array {
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }

  text(length: number, encoding: 'utf-8' | 'latin1'): string {
    if (length > MAX_TEXT_BYTES)
      this.fail('PICKLE_LIMIT', `a text of ${length} bytes, at most ${MAX_TEXT_BYTES} are read`);
    return (encoding === 'latin1' ? latin1 : utf8)(this.raw(length));
  }

  /** The text up to the next line feed, without the line feed. */
  line(): string {
    const end = this.#bytes.indexOf(NEWLINE, this.position);
    if (end < 0) this.fail('PICKLE_TRUNCATED', 'a line without an end');
    if (end - this.position > MAX_LINE_BYTES) this.fail('PICKLE_LIMIT', `a line of more than ${MAX_LINE_BYTES} bytes`);
    const line = latin1(this.#bytes.subarray(this.position, end));
    this.position = end + 1;
    return line;
  }

  /** A little-endian two's complement integer of `length` bytes. */
  integer(length: number): number | bigint {
    if (length > MAX_INTEGER_BYTES) {
      this.fail('PICKLE_LIMIT', `an integer of ${length} bytes, at most ${MAX_INTEGER_BYTES} are read`);
    }
    const bytes = this.raw(length);
    if (length === 0) return 0;
    const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).reverse();
    return narrow(BigInt.asIntN(length * 8, BigInt(`0x${digits.join('')}`)));
  }

  decimal(): number | bigint {
    const line = this.line().replace(/L$/, '');
    if (line.length > MAX_INTEGER_BYTES || !/^[+-]?\d+$/.test(line)) {
      this.fail('PICKLE_INVALID', `${quoted(line.slice(0, 40))} is not an integer`);
    }
    return narrow(BigInt(line.replace(/^\+/, '')));
  }

  fail(code: string, what: string): never {
    throw new ConvertError(code, `${this.label}: at byte ${this.position.toLocaleString('en')}: ${what}`);
  }

  #take(length: number): number {
    const start = this.position;
    if (start + length > this.#bytes.byteLength) {
      this.fail(
        'PICKLE_TRUNCATED',
        `${length.toLocaleString('en')} bytes wanted, ${(this.#bytes.byteLength - start).toLocaleString('en')} left`,
      );
    }
    this.position = start + length;
    return start;
  }
}

function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
