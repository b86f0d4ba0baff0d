import { crc32, inflateRaw } from '#platform';
import { shown } from '../base/index.js';
import { FileError } from './file-error.js';
import type { RandomAccess } from './random-access.js';
import { readZipDirectory, type ZipMember } from './zip-directory.js';

export type { ZipMember } from './zip-directory.js';

const LOCAL_SIGNATURE = 0x04034b50;
const LOCAL_BYTES = 30;
const READ_CHUNK_BYTES = 1024 * 1024;

export class ZipArchive {
  readonly #file: RandomAccess;

  private constructor(
    file: RandomAccess,
    /** Members by name, in the directory's order. */
    readonly members: ReadonlyMap<string, ZipMember>,
  ) {
    this.#file = file;
  }

  /** Reads only the directory. The caller closes the file. @throws FileError `ZIP_…` */
  static async open(file: RandomAccess): Promise<ZipArchive> {
    return new ZipArchive(file, await readZipDirectory(file));
  }

  /**
   * The inflated bytes, at most 1 MiB a chunk, each valid until the next one. The last chunk is given only if size and
   * checksum are right. @throws FileError `ZIP_SIZE_MISMATCH`, `ZIP_CHECKSUM`, `ZIP_BAD_DEFLATE`, `ZIP_BAD_HEADER`
   */
  async *stream(member: ZipMember): AsyncGenerator<Uint8Array, void, undefined> {
    const inflated =
      member.method === 'stored'
        ? this.#rawChunks(member, chunkBuffers(member.compressedSize))
        : inflate(this.#file.path, member, this.#rawChunks(member, null));
    let size = 0;
    let checksum = 0;
    let held: Uint8Array | undefined;
    for await (const chunk of inflated) {
      if (held) yield held;
      size += chunk.byteLength;
      if (size > member.size) throw this.#sizeMismatch(member, `more than ${size.toLocaleString('en')}`);
      checksum = crc32(chunk, checksum);
      held = chunk;
    }
    if (size !== member.size) throw this.#sizeMismatch(member, size.toLocaleString('en'));
    if (checksum !== member.crc32) {
      throw this.#error(
        member,
        'ZIP_CHECKSUM',
        `checksum ${hex(member.crc32)} promised, its bytes give ${hex(checksum)}`,
      );
    }
    if (held) yield held;
  }

  /** Bytes of a stored member, unchecked, as the checksum is that of all bytes. @throws FileError `ZIP_BAD_HEADER` */
  streamFrom(member: ZipMember, offset: number): AsyncGenerator<Uint8Array, void, undefined> {
    return this.#rawChunks(member, chunkBuffers(member.compressedSize), offset);
  }

  /** Reads the whole member. @throws FileError `ZIP_MEMBER_TOO_LARGE` if it exceeds `maxBytes`, and as `stream` */
  async readAll(member: ZipMember, maxBytes: number): Promise<Uint8Array> {
    if (member.size > maxBytes) {
      throw this.#error(
        member,
        'ZIP_MEMBER_TOO_LARGE',
        `${member.size.toLocaleString('en')} bytes, at most ${maxBytes.toLocaleString('en')} are read`,
      );
    }
    const bytes = new Uint8Array(member.size);
    let at = 0;
    for await (const chunk of this.stream(member)) {
      bytes.set(chunk, at);
      at += chunk.byteLength;
    }
    return bytes;
  }

  /** @param buffers filled in turn; null: a new buffer for each chunk */
  async *#rawChunks(
    member: ZipMember,
    buffers: readonly Uint8Array[] | null,
    first = 0,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const begin = await this.#dataOffset(member);
    for (let done = first, turn = 0; done < member.compressedSize; done += READ_CHUNK_BYTES, turn++) {
      const bytes = Math.min(READ_CHUNK_BYTES, member.compressedSize - done);
      const chunk = buffers === null ? new Uint8Array(bytes) : buffers[turn % buffers.length]!.subarray(0, bytes);
      await this.#file.readInto(chunk, begin + done);
      yield chunk;
    }
  }

  /** The local header repeats the directory's values. If the two disagree, the file is rejected. */
  async #dataOffset(member: ZipMember): Promise<number> {
    const header = await this.#file.read(member.headerOffset, LOCAL_BYTES);
    const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
    if (view.getUint32(0, true) !== LOCAL_SIGNATURE) {
      throw this.#error(
        member,
        'ZIP_BAD_HEADER',
        `no member begins at byte ${member.headerOffset}, where the directory points`,
      );
    }
    const method = view.getUint16(8, true) === 0 ? 'stored' : 'deflated';
    const nameBytes = view.getUint16(26, true);
    const name = new TextDecoder().decode(await this.#file.read(member.headerOffset + LOCAL_BYTES, nameBytes));
    if (name !== member.name || method !== member.method) {
      throw this.#error(
        member,
        'ZIP_BAD_HEADER',
        `the directory says ${member.name}, ${member.method}; its own header ${shown(name)}, ${method}`,
      );
    }
    return member.headerOffset + LOCAL_BYTES + nameBytes + view.getUint16(28, true);
  }

  #sizeMismatch(member: ZipMember, got: string): FileError {
    const promised = member.size.toLocaleString('en');
    return this.#error(member, 'ZIP_SIZE_MISMATCH', `${promised} bytes promised by the directory, ${got} bytes in it`);
  }

  #error(member: ZipMember, code: string, message: string): FileError {
    return new FileError(code, `${this.#file.path} ${member.name}: ${message}`);
  }
}

/** Two buffers: `stream` keeps one while its reader has the other. A new buffer for each chunk would be garbage. */
function chunkBuffers(bytes: number): readonly Uint8Array[] {
  const length = Math.min(bytes, READ_CHUNK_BYTES);
  return [new Uint8Array(length), new Uint8Array(bytes > length ? length : 0)];
}

async function* inflate(
  path: string,
  member: ZipMember,
  deflated: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* inflateRaw(deflated);
  } catch (error) {
    if (!String((error as { code?: unknown }).code).startsWith('Z_')) throw error;
    throw new FileError('ZIP_BAD_DEFLATE', `${path} ${member.name}: its compressed bytes are damaged`, {
      cause: error,
    });
  }
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0');
}
