/**
 * Appends stored members to a zip file, for npz (PKWARE APPNOTE 6.3.10). Neither compresses nor reads. Dates are all
 * 1980-01-01, as numpy writes them, so that the same data gives the same bytes; zip64 fields appear from 4 GiB on.
 */
import { type Bytes, bytesOfText, concat, crc32, newBytes } from '#platform';
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
    const entry: Entry = { name: bytesOfText(name), crc: 0, size, offset: this.#file.position };
    await this.#file.write(this.#localHeader(entry));
    const begin = this.#file.position;
    for await (const chunk of chunks) {
      entry.crc = crc32(chunk, entry.crc);
      await this.#file.write(chunk);
    }
    const written = this.#file.position - begin;
    if (written !== size) throw new Error(`zip member ${name}: ${size} bytes announced, ${written} written`);
    const crc = newBytes(4);
    crc.writeUInt32LE(entry.crc);
    await this.#file.patch(entry.offset + CRC_OFFSET_IN_LOCAL_HEADER, crc);
    this.#entries.push(entry);
  }

  async finish(): Promise<void> {
    const begin = this.#file.position;
    for (const entry of this.#entries) await this.#file.write(this.#directoryEntry(entry));
    const size = this.#file.position - begin;
    if (begin >= this.#limit || this.#entries.length >= 0xffff) await this.#file.write(this.#zip64End(begin, size));
    const count = Math.min(this.#entries.length, 0xffff);
    const end = fields(
      '4 2 2 2 2 4 4 2',
      0x06054b50,
      0,
      0,
      count,
      count,
      Math.min(size, LIMIT_32),
      this.#field32(begin),
      0,
    );
    await this.#file.write(end);
  }

  #field32(value: number): number {
    return value >= this.#limit ? LIMIT_32 : value;
  }

  #localHeader({ name, size }: Entry): Uint8Array {
    const extra = zip64Extra(size >= this.#limit ? [size, size] : []);
    const version = extra.byteLength > 0 ? VERSION_ZIP64 : VERSION;
    const size32 = this.#field32(size);
    const lengths = [name.byteLength, extra.byteLength];
    const dated = [UTF8_NAME, 0, 0, DATE_1980];
    const header = fields('4 2 2 2 2 2 4 4 4 2 2', 0x04034b50, version, ...dated, 0, size32, size32, ...lengths);
    return concat([header, name, extra]);
  }

  #directoryEntry({ name, size, offset, crc }: Entry): Uint8Array {
    const wide = [...(size >= this.#limit ? [size, size] : []), ...(offset >= this.#limit ? [offset] : [])];
    const extra = zip64Extra(wide);
    const versions = [VERSION_ZIP64, extra.byteLength > 0 ? VERSION_ZIP64 : VERSION];
    const size32 = this.#field32(size);
    const lengths = [name.byteLength, extra.byteLength, 0, 0, 0];
    const dated = [UTF8_NAME, 0, 0, DATE_1980];
    const begin = fields('4 2 2 2 2 2 2 4 4 4', 0x02014b50, ...versions, ...dated, crc, size32, size32);
    return concat([begin, fields('2 2 2 2 2 4 4', ...lengths, 0, this.#field32(offset)), name, extra]);
  }

  #zip64End(offset: number, size: number): Uint8Array {
    const count = this.#entries.length;
    const end = fields('4 8 2 2 4 4', 0x06064b50, 44, VERSION_ZIP64, VERSION_ZIP64, 0, 0);
    const totals = fields('8 8 8 8', count, count, size, offset);
    return concat([end, totals, fields('4 4 8 4', 0x07064b50, 0, offset + size, 1)]);
  }
}

function zip64Extra(values: readonly number[]): Bytes {
  if (values.length === 0) return newBytes(0);
  return fields(`2 2${' 8'.repeat(values.length)}`, 1, values.length * 8, ...values);
}

/** Little-endian numbers one behind the other. @param sizes bytes of each: 2, 4 or 8 */
function fields(sizes: string, ...values: readonly number[]): Bytes {
  const packed = sizes.split(' ').map((size, i) => {
    return new Uint8Array(BigUint64Array.of(BigInt(values[i]!)).buffer, 0, Number(size));
  });
  return concat(packed);
}
