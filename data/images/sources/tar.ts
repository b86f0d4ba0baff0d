/**
 * The members of a tar file: POSIX ustar and pax (IEEE Std 1003.1, "pax Interchange Format"), and GNU's long names and
 * large sizes. Only headers are read; members are read later, in any order.
 */
import { quoted } from '../../../base/index.js';
import { FileError, type RandomAccess } from '../../../files/index.js';

const BLOCK = 512;
/** Read at once: many headers where members are small, and little waste where they are large. */
const WINDOW_BYTES = 64 * 1024;
/** A pax header or a GNU long name: a path and some times, and far more than any of them. */
const MAX_EXTENSION_BYTES = 2 ** 20;
const MAX_MEMBERS = 10_000_000;
const REGULAR: readonly string[] = ['0', '\0', '7'];
const FOLDER = '5';

export interface TarMember {
  name: string;
  /** `file`, or what it is instead: a link, a device, a sparse file. */
  kind: 'file' | 'link' | 'other';
  offset: number;
  size: number;
  /** Milliseconds since 1970. */
  modified: number;
  /** Its bytes until they are read, where `keeps` asked for them. */
  kept: Uint8Array | null;
}

export function isTar(head: Uint8Array): boolean {
  return head.length >= BLOCK && head[0] !== 0 && checksum(head) === number(head, 148, 8);
}

/**
 * In file order, without folders; `keeps`: whether a small file's bytes are read at once, while they are at hand.
 * @throws FileError `TAR_DAMAGED`, `TAR_TRUNCATED`
 */
export async function readTarDirectory(
  file: RandomAccess,
  keeps: (name: string, size: number) => boolean = () => false,
): Promise<TarMember[]> {
  const blocks = new Blocks(file);
  const members: TarMember[] = [];
  let extension: Extension = {};
  for (let at = 0; at + BLOCK <= file.size; ) {
    const header = await blocks.at(at, BLOCK);
    // Two blocks of zeros end the archive; some writers leave one.
    if (header.every((byte) => byte === 0)) break;
    const place = `${file.path} byte ${at.toLocaleString('en')}`;
    if (checksum(header) !== number(header, 148, 8)) {
      throw new FileError('TAR_DAMAGED', `${place}: no header of a tar, its checksum is wrong`);
    }
    const type = String.fromCharCode(header[156]!);
    const size = extension.size ?? number(header, 124, 12);
    const offset = at + BLOCK;
    at = offset + Math.ceil(size / BLOCK) * BLOCK;
    if (!Number.isSafeInteger(at)) throw new FileError('TAR_DAMAGED', `${place}: a member of ${size} bytes`);
    if (type === 'g') continue;
    if (type === 'x' || type === 'L' || type === 'K') {
      const bytes = await extensionBytes(blocks, file, place, offset, size);
      extension = { ...extension, ...parseExtension(type, bytes) };
      continue;
    }
    if (type !== FOLDER) {
      const name = (extension.path ?? headerName(header)).replace(/^(\.\/)+/, '');
      const modified = Math.trunc(1000 * (extension.mtime ?? number(header, 136, 12)));
      const kind = kindOf(type);
      const isKept = kind === 'file' && offset + size <= file.size && keeps(name, size);
      const kept = isKept ? (await blocks.at(offset, size)).slice() : null;
      members.push({ name, kind, offset, size, modified, kept });
      if (members.length > MAX_MEMBERS)
        throw new FileError('TAR_DAMAGED', `${file.path}: more than 10 million members`);
    }
    extension = {};
  }
  if (members.length === 0 && file.size < BLOCK) {
    throw new FileError('TAR_TRUNCATED', `${file.path}: ${file.size} bytes, a tar has at least ${BLOCK}`);
  }
  return members;
}

/** The bytes of a member. @throws FileError `TAR_TRUNCATED` */
export async function readTarMember(file: RandomAccess, member: TarMember, most: number): Promise<Uint8Array> {
  const { name, offset, size, kept } = member;
  // Read once: a set of a million captions is not held twice.
  member.kept = null;
  if (kept !== null) return kept;
  if (size > most) {
    const [found, limit] = [size.toLocaleString('en'), most.toLocaleString('en')];
    throw new FileError(
      'FILE_TOO_LARGE',
      `${file.path} ${quoted(name)}: ${found} bytes, an image has at most ${limit}`,
    );
  }
  if (offset + size > file.size) {
    const missing = (offset + size - file.size).toLocaleString('en');
    throw new FileError('TAR_TRUNCATED', `${file.path} ${quoted(name)}: its last ${missing} bytes are missing`);
  }
  return file.read(offset, size);
}

interface Extension {
  path?: string;
  size?: number;
  mtime?: number;
}

async function extensionBytes(
  blocks: Blocks,
  file: RandomAccess,
  place: string,
  offset: number,
  size: number,
): Promise<Uint8Array> {
  if (size > MAX_EXTENSION_BYTES || offset + size > file.size) {
    throw new FileError('TAR_DAMAGED', `${place}: a header of ${size.toLocaleString('en')} bytes`);
  }
  return blocks.at(offset, size);
}

function parseExtension(type: string, bytes: Uint8Array): Extension {
  if (type === 'K') return {};
  if (type === 'L') return { path: text(bytes) };
  const found: Extension = {};
  for (const [key, value] of paxRecords(bytes)) {
    if (key === 'path') found.path = value;
    else if (key === 'size' && /^\d+$/.test(value)) found.size = Number(value);
    else if (key === 'mtime' && Number.isFinite(Number(value))) found.mtime = Number(value);
  }
  return found;
}

/** Records `LENGTH KEY=VALUE\n`, where the length counts the whole record. What does not fit this ends the list. */
function* paxRecords(bytes: Uint8Array): Generator<[key: string, value: string]> {
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    if (space < 0) return;
    const length = Number(text(bytes.subarray(at, space)));
    if (!Number.isSafeInteger(length) || length < space - at + 3 || at + length > bytes.length) return;
    const record = text(bytes.subarray(space + 1, at + length - 1));
    const equals = record.indexOf('=');
    if (equals > 0) yield [record.slice(0, equals), record.slice(equals + 1)];
    at += length;
  }
}

function kindOf(type: string): TarMember['kind'] {
  if (REGULAR.includes(type)) return 'file';
  return type === '1' || type === '2' ? 'link' : 'other';
}

/** A ustar header has the beginning of a long path in another field. */
function headerName(header: Uint8Array): string {
  const name = text(header.subarray(0, 100));
  const isUstar = text(header.subarray(257, 262)) === 'ustar' && header[262] === 0;
  const prefix = isUstar ? text(header.subarray(345, 500)) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

function text(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

/** A field in octal digits, or in base 256 where its first bit is set (GNU); NaN for anything else. */
function number(header: Uint8Array, at: number, length: number): number {
  const field = header.subarray(at, at + length);
  if (field[0]! >= 0x80) return field.subarray(1).reduce((value, byte) => value * 256 + byte, field[0]! & 0x3f);
  const digits = text(field).trim();
  if (digits === '') return 0;
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN;
}

/** The sum of all bytes, where those of the checksum itself count as spaces. */
function checksum(header: Uint8Array): number {
  let sum = 8 * 0x20;
  for (let i = 0; i < BLOCK; i++) if (i < 148 || i >= 156) sum += header[i]!;
  return sum;
}

class Blocks {
  #window: Uint8Array = new Uint8Array(0);
  #start = 0;
  readonly #file: RandomAccess;

  constructor(file: RandomAccess) {
    this.#file = file;
  }

  async at(offset: number, length: number): Promise<Uint8Array> {
    if (offset < this.#start || offset + length > this.#start + this.#window.length) {
      this.#window = await this.#file.read(offset, Math.max(length, Math.min(WINDOW_BYTES, this.#file.size - offset)));
      this.#start = offset;
    }
    return this.#window.subarray(offset - this.#start, offset - this.#start + length);
  }
}
