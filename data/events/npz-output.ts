import { concat, createScratch, dirname, newBytes, type Scratch } from '#platform';
import { AtomicFile, toFileError } from '../../files/index.js';
import { DataError } from '../data-error.js';
import { encodeNpyHeader } from '../npy/header.js';
import { ZipOutput } from './zip-output.js';

/** numpy gives every text of an array the room of the longest; longer ones than this would blow the file up. */
const MAX_TEXT_CODE_POINTS = 4_096;

interface Member {
  spool: SpoolFile;
  rows: number;
  header(rows: number): Uint8Array;
  bytes(rows: number): number;
  chunks(): AsyncIterable<Uint8Array>;
}

export class NpzOutput {
  readonly #members = new Map<string, Member>();

  readonly #path: string;
  readonly #file: AtomicFile;
  readonly #zip: ZipOutput;

  private constructor(path: string, file: AtomicFile, zip: ZipOutput) {
    this.#path = path;
    this.#file = file;
    this.#zip = zip;
  }

  static async create(path: string): Promise<NpzOutput> {
    const file = await AtomicFile.create(path);
    return new NpzOutput(path, file, new ZipOutput(file));
  }

  async addNumbers(name: string, descr: '<f4' | '<f8' | '<i8', rowShape: readonly number[]): Promise<void> {
    const rowBytes = rowShape.reduce((product, length) => product * length, descr === '<f4' ? 4 : 8);
    const spool = await SpoolFile.create(this.#path);
    this.#members.set(name, {
      spool,
      rows: 0,
      header: (rows) => encodeNpyHeader(descr, [rows, ...rowShape]),
      bytes: (rows) => rows * rowBytes,
      chunks: () => spool.chunks(),
    });
  }

  /** An array of text, one a row; as numpy has no null here, null becomes `''`. */
  async addTexts(name: string): Promise<void> {
    const spool = await SpoolFile.create(this.#path);
    this.#members.set(name, new TextMember(this.#path, name, spool));
  }

  async appendNumbers(name: string, values: Float32Array | Float64Array | BigInt64Array, rows: number): Promise<void> {
    const member = this.#members.get(name) as Member;
    member.rows += rows;
    await member.spool.write(new Uint8Array(values.slice().buffer));
  }

  async appendTexts(name: string, texts: readonly (string | null)[]): Promise<void> {
    await (this.#members.get(name) as TextMember).append(texts);
  }

  async finish(): Promise<void> {
    for (const [name, member] of this.#members) {
      const header = member.header(member.rows);
      const size = header.byteLength + member.bytes(member.rows);
      await this.#zip.addStored(`${name}.npy`, size, concatenated(header, member.chunks()));
    }
    await this.#zip.finish();
    await this.#file.finish();
    await this.#closeSpools();
  }

  async commit(): Promise<void> {
    await this.#file.commit();
  }

  async discard(): Promise<void> {
    await this.#closeSpools();
    await this.#file.discard();
  }

  async #closeSpools(): Promise<void> {
    for (const { spool } of this.#members.values()) await spool.close();
    this.#members.clear();
  }
}

/** `<U…`: UTF-32 of one width, which is that of the longest text; until that is known, UTF-8 with lengths is kept. */
class TextMember implements Member {
  rows = 0;
  #codePoints = 1;

  readonly #path: string;
  readonly #name: string;

  constructor(
    path: string,
    name: string,
    readonly spool: SpoolFile,
  ) {
    this.#path = path;
    this.#name = name;
  }

  async append(texts: readonly (string | null)[]): Promise<void> {
    const parts: Uint8Array[] = [];
    for (const text of texts) {
      const points = utf32(text ?? '');
      if (points.length > MAX_TEXT_CODE_POINTS) {
        throw new DataError(
          'EVENTS_TEXT_TOO_LONG',
          `${this.#path} ${this.#name}: a text of ${points.length.toLocaleString('en')} characters in row ` +
            `${this.rows.toLocaleString('en')}; npz gives all rows the room of the longest, at most ${MAX_TEXT_CODE_POINTS.toLocaleString('en')}`,
          { hint: 'Write .parquet, which stores texts at their own length.' },
        );
      }
      this.#codePoints = Math.max(this.#codePoints, points.length);
      parts.push(new Uint8Array(Uint32Array.of(points.length).buffer), new Uint8Array(points.buffer));
      this.rows++;
    }
    await this.spool.write(concat(parts));
  }

  header(rows: number): Uint8Array {
    return encodeNpyHeader(`<U${this.#codePoints}`, [rows]);
  }

  bytes(rows: number): number {
    return rows * this.#codePoints * 4;
  }

  async *chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    const width = this.#codePoints * 4;
    // In small pieces: 65,536 empty texts beside a long one are a gigabyte.
    const most = Math.max(1, Math.floor(BUFFER_BYTES / width));
    let rest = newBytes(0);
    let padded = new Uint8Array(most * width);
    let rows = 0;
    for await (const chunk of this.spool.chunks()) {
      rest = concat([rest, chunk]);
      let at = 0;
      while (rest.byteLength - at >= 4) {
        const end = at + 4 + rest.readUInt32LE(at) * 4;
        if (end > rest.byteLength) break;
        padded.set(rest.subarray(at + 4, end), rows * width);
        at = end;
        if (++rows < most) continue;
        yield padded;
        padded = new Uint8Array(most * width);
        rows = 0;
      }
      rest = rest.subarray(at);
    }
    yield padded.subarray(0, rows * width);
  }
}

function utf32(text: string): Uint32Array {
  return Uint32Array.from(text, (character) => character.codePointAt(0) as number);
}

async function* concatenated(first: Uint8Array, rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first;
  yield* rest;
}

const BUFFER_BYTES = 256 * 1024;

/** A scratch file without a name, in the output's folder: read back once, in order, and gone with the process. */
class SpoolFile {
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  size = 0;
  #flushed = 0;

  readonly #output: string;
  readonly #scratch: Scratch;

  private constructor(output: string, scratch: Scratch) {
    this.#output = output;
    this.#scratch = scratch;
  }

  /** @param output the file that it is a part of, which messages name @throws FileError */
  static async create(output: string): Promise<SpoolFile> {
    return new SpoolFile(output, await createScratch(dirname(output)).catch(toFileError(output)));
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#pending.push(chunk);
    this.#pendingBytes += chunk.byteLength;
    this.size += chunk.byteLength;
    if (this.#pendingBytes >= BUFFER_BYTES) await this.#flush();
  }

  async *chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    await this.#flush();
    for (let offset = 0; offset < this.size; ) {
      const chunk = new Uint8Array(Math.min(BUFFER_BYTES, this.size - offset));
      const read = await this.#scratch.read(chunk, offset);
      if (read === 0) throw new Error('a scratch file became shorter');
      yield chunk.subarray(0, read);
      offset += read;
    }
  }

  close(): Promise<void> {
    return this.#scratch.discard();
  }

  async #flush(): Promise<void> {
    const bytes = concat(this.#pending);
    this.#pending = [];
    this.#pendingBytes = 0;
    await this.#scratch.write(bytes, this.#flushed).catch(toFileError(this.#output));
    this.#flushed += bytes.byteLength;
  }
}
