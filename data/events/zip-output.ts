/**
 * Appends stored members to a zip file, for npz (PKWARE APPNOTE 6.3.10). Neither compresses nor reads. Dates are all
 * 1980-01-01, as numpy writes them, so that the same data gives the same bytes; zip64 fields appear from 4 GiB on.
 */
import { crc32 } from 'node:zlib';
import type { AtomicFile } from '../../files/index.js';

const LIMIT_32 = 0xffffffff;
const VERSION = 20;
const VERSION_ZIP64 = 45;
const DATE_1980 = 0x21;
const UTF8_NAME = 0x0800;
const CRC_OFFSET_IN_LOCAL_HEADER = 14;

interface Entry {
  name: Uint8Array;
  crc: number;
  size: number;
  offset: number;
}

export class ZipOutput {
  readonly #entries: Entry[] = [];
  readonly #file: AtomicFile;
  readonly #limit: number;

  /** @param limit from which on a size or an offset is written as zip64 (lower only to test that) */
  constructor(file: AtomicFile, limit: number = LIMIT_32) {
    this.#file = file;
    this.#limit = limit;
  }

  /** @param size bytes that `chunks` gives in total */
  async addStored(name: string, size: number, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const entry: Entry = { name: Buffer.from(name, 'utf8'), crc: 0, size, offset: this.#file.position };
    await this.#file.write(this.#localHeader(entry));
    const begin = this.#file.position;
    for await (const chunk of chunks) {
      entry.crc = crc32(chunk, entry.crc);
      await this.#file.write(chunk);
    }
    const written = this.#file.position - begin;
    if (written !== size) throw new Error(`zip member ${name}: ${size} bytes announced, ${written} written`);
    const crc = Buffer.alloc(4);
    crc.writeUInt32LE(entry.crc);
    await this.#file.patch(entry.offset + CRC_OFFSET_IN_LOCAL_HEADER, crc);
    this.#entries.push(entry);
  }

  /** Writes the directory; no member can follow. */
  async finish(): Promise<void> {
    const begin = this.#file.position;
    for (const entry of this.#entries) await this.#file.write(this.#directoryEntry(entry));
    const size = this.#file.position - begin;
    if (begin >= this.#limit || this.#entries.length >= 0xffff) await this.#file.write(this.#zip64End(begin, size));
    const end = Buffer.alloc(22);
    end.writeUInt32LE(0x06054b50, 0);
    end.writeUInt16LE(Math.min(this.#entries.length, 0xffff), 8);
    end.writeUInt16LE(Math.min(this.#entries.length, 0xffff), 10);
    end.writeUInt32LE(Math.min(size, LIMIT_32), 12);
    end.writeUInt32LE(this.#field32(begin), 16);
    await this.#file.write(end);
  }

  #field32(value: number): number {
    return value >= this.#limit ? LIMIT_32 : value;
  }

  #localHeader(entry: Entry): Uint8Array {
    const wide = entry.size >= this.#limit;
    const extra = wide ? zip64Extra([entry.size, entry.size]) : Buffer.alloc(0);
    const header = Buffer.alloc(30);
    header.writeUInt32LE(0x04034b50, 0);
    header.writeUInt16LE(wide ? VERSION_ZIP64 : VERSION, 4);
    header.writeUInt16LE(UTF8_NAME, 6);
    header.writeUInt16LE(DATE_1980, 12);
    header.writeUInt32LE(this.#field32(entry.size), 18);
    header.writeUInt32LE(this.#field32(entry.size), 22);
    header.writeUInt16LE(entry.name.byteLength, 26);
    header.writeUInt16LE(extra.byteLength, 28);
    return Buffer.concat([header, entry.name, extra]);
  }

  #directoryEntry(entry: Entry): Uint8Array {
    const wide: number[] = [];
    if (entry.size >= this.#limit) wide.push(entry.size, entry.size);
    if (entry.offset >= this.#limit) wide.push(entry.offset);
    const extra = wide.length > 0 ? zip64Extra(wide) : Buffer.alloc(0);
    const header = Buffer.alloc(46);
    header.writeUInt32LE(0x02014b50, 0);
    header.writeUInt16LE(VERSION_ZIP64, 4);
    header.writeUInt16LE(wide.length > 0 ? VERSION_ZIP64 : VERSION, 6);
    header.writeUInt16LE(UTF8_NAME, 8);
    header.writeUInt16LE(DATE_1980, 14);
    header.writeUInt32LE(entry.crc, 16);
    header.writeUInt32LE(this.#field32(entry.size), 20);
    header.writeUInt32LE(this.#field32(entry.size), 24);
    header.writeUInt16LE(entry.name.byteLength, 28);
    header.writeUInt16LE(extra.byteLength, 30);
    header.writeUInt32LE(this.#field32(entry.offset), 42);
    return Buffer.concat([header, entry.name, extra]);
  }

  #zip64End(directoryOffset: number, directorySize: number): Uint8Array {
    const end = Buffer.alloc(56 + 20);
    end.writeUInt32LE(0x06064b50, 0);
    end.writeBigUInt64LE(44n, 4);
    end.writeUInt16LE(VERSION_ZIP64, 12);
    end.writeUInt16LE(VERSION_ZIP64, 14);
    end.writeBigUInt64LE(BigInt(this.#entries.length), 24);
    end.writeBigUInt64LE(BigInt(this.#entries.length), 32);
    end.writeBigUInt64LE(BigInt(directorySize), 40);
    end.writeBigUInt64LE(BigInt(directoryOffset), 48);
    end.writeUInt32LE(0x07064b50, 56);
    end.writeBigUInt64LE(BigInt(directoryOffset + directorySize), 64);
    end.writeUInt32LE(1, 72);
    return end;
  }
}

function zip64Extra(values: readonly number[]): Buffer {
  const extra = Buffer.alloc(4 + values.length * 8);
  extra.writeUInt16LE(1, 0);
  extra.writeUInt16LE(values.length * 8, 2);
  for (const [index, value] of values.entries()) extra.writeBigUInt64LE(BigInt(value), 4 + index * 8);
  return extra;
}
