/**
 * Reads a zip's list of members: central directory, end records, zip64 (APPNOTE.TXT 6.3.10, sections 4.3.12 to 4.3.16
 * and 4.5.3). Every offset and length is checked against the file before it is used.
 */
import { quoted } from '../base/index.js';
import { FileError } from './file-error.js';
import type { RandomAccess } from './random-access.js';

/** The largest known checkpoints have some ten thousand storages. */
const MAX_MEMBERS = 200_000;
/** Enough for 200,000 members with names and extra fields of 300 bytes. */
const MAX_DIRECTORY_BYTES = 64 * 1024 * 1024;
/** Deflate cannot do better than 1032:1 (RFC 1951: 258 bytes from two bits). A higher ratio must be false. */
const MAX_DEFLATE_RATIO = 1032;

const END_SIGNATURE = 0x06054b50;
const END_BYTES = 22;
const MAX_COMMENT_BYTES = 0xffff;
const ZIP64_LOCATOR_SIGNATURE = 0x07064b50;
const ZIP64_LOCATOR_BYTES = 20;
const ZIP64_END_SIGNATURE = 0x06064b50;
const ZIP64_END_BYTES = 56;
const ENTRY_SIGNATURE = 0x02014b50;
const ENTRY_BYTES = 46;
const ZIP64_EXTRA_ID = 0x0001;
const FLAG_ENCRYPTED = 0x1;
/** A 32-bit field with this value stands for a value in the zip64 extra field. */
const IN_ZIP64 = 0xffffffff;

export interface ZipMember {
  name: string;
  method: 'stored' | 'deflated';
  /** Inflated size in bytes, as the directory states it. */
  size: number;
  compressedSize: number;
  crc32: number;
  /** Offset of the local header in the file. */
  headerOffset: number;
}

interface DirectoryLocation {
  offset: number;
  bytes: number;
  members: number;
}

function invalid(file: RandomAccess, code: string, message: string): FileError {
  return new FileError(code, `${file.path}: ${message}`);
}

export async function readZipDirectory(file: RandomAccess): Promise<ReadonlyMap<string, ZipMember>> {
  const location = await locateDirectory(file);
  const bytes = await file.read(location.offset, location.bytes);
  const members = parseEntries(file, bytes, location);
  checkOverlap(file, [...members.values()], location.offset);
  return members;
}

async function locateDirectory(file: RandomAccess): Promise<DirectoryLocation> {
  const tailBytes = Math.min(file.size, END_BYTES + MAX_COMMENT_BYTES);
  const tailOffset = file.size - tailBytes;
  const tail = await file.read(tailOffset, tailBytes);
  const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength);
  const end = findEnd(view);
  if (end === null) {
    throw invalid(
      file,
      'ZIP_NO_DIRECTORY',
      'is not a complete zip file: its directory at the end is missing, so it may be cut short',
    );
  }
  const zip64 = await locateZip64(file, tailOffset + end);
  const location = zip64 ?? {
    members: view.getUint16(end + 10, true),
    bytes: view.getUint32(end + 12, true),
    offset: view.getUint32(end + 16, true),
  };
  checkLocation(file, location, tailOffset + end);
  return location;
}

function findEnd(tail: DataView): number | null {
  for (let at = tail.byteLength - END_BYTES; at >= 0; at--) {
    if (tail.getUint32(at, true) !== END_SIGNATURE) continue;
    if (at + END_BYTES + tail.getUint16(at + 20, true) === tail.byteLength) return at;
  }
  return null;
}

async function locateZip64(file: RandomAccess, endOffset: number): Promise<DirectoryLocation | null> {
  if (endOffset < ZIP64_LOCATOR_BYTES) return null;
  const locator = viewOf(await file.read(endOffset - ZIP64_LOCATOR_BYTES, ZIP64_LOCATOR_BYTES));
  if (locator.getUint32(0, true) !== ZIP64_LOCATOR_SIGNATURE) return null;
  const recordOffset = safeUint64(file, locator, 8, 'zip64 end record offset');
  if (recordOffset + ZIP64_END_BYTES > endOffset) {
    const message = `zip64 end record promised at ${recordOffset}, the file ends its members at ${endOffset}`;
    throw invalid(file, 'ZIP_BAD_OFFSET', message);
  }
  const record = viewOf(await file.read(recordOffset, ZIP64_END_BYTES));
  if (record.getUint32(0, true) !== ZIP64_END_SIGNATURE) {
    throw invalid(file, 'ZIP_BAD_OFFSET', `no zip64 end record at ${recordOffset}, where its locator points`);
  }
  return {
    members: safeUint64(file, record, 32, 'number of members'),
    bytes: safeUint64(file, record, 40, 'directory size'),
    offset: safeUint64(file, record, 48, 'directory offset'),
  };
}

function checkLocation(file: RandomAccess, { offset, bytes, members }: DirectoryLocation, limit: number): void {
  if (members > MAX_MEMBERS) {
    const message = `${members.toLocaleString('en')} members, at most ${MAX_MEMBERS.toLocaleString('en')} are read`;
    throw invalid(file, 'ZIP_TOO_MANY_MEMBERS', message);
  }
  if (bytes > MAX_DIRECTORY_BYTES) {
    const message = `a directory of ${bytes} bytes, at most ${MAX_DIRECTORY_BYTES} are read`;
    throw invalid(file, 'ZIP_DIRECTORY_TOO_LARGE', message);
  }
  if (offset + bytes > limit) {
    const message = `directory promised at ${offset} with ${bytes} bytes, the file has ${limit} before its end record`;
    throw invalid(file, 'ZIP_BAD_OFFSET', message);
  }
}

function parseEntries(file: RandomAccess, bytes: Uint8Array, location: DirectoryLocation): Map<string, ZipMember> {
  const view = viewOf(bytes);
  const members = new Map<string, ZipMember>();
  let at = 0;
  for (let i = 0; i < location.members; i++) {
    if (at + ENTRY_BYTES > bytes.byteLength || view.getUint32(at, true) !== ENTRY_SIGNATURE) {
      throw invalid(file, 'ZIP_BAD_DIRECTORY', `${location.members} members promised, the directory ends after ${i}`);
    }
    const nameBytes = view.getUint16(at + 28, true);
    const extraBytes = view.getUint16(at + 30, true);
    const next = at + ENTRY_BYTES + nameBytes + extraBytes + view.getUint16(at + 32, true);
    if (next > bytes.byteLength) {
      const message = `member ${i} ends at byte ${next} of a directory of ${bytes.byteLength}`;
      throw invalid(file, 'ZIP_BAD_DIRECTORY', message);
    }
    const name = new TextDecoder().decode(bytes.subarray(at + ENTRY_BYTES, at + ENTRY_BYTES + nameBytes));
    const extra = bytes.subarray(at + ENTRY_BYTES + nameBytes, at + ENTRY_BYTES + nameBytes + extraBytes);
    if (members.has(name)) throw invalid(file, 'ZIP_DUPLICATE_MEMBER', `member ${name} is there twice`);
    members.set(name, parseEntry(file, view, at, name, extra));
    at = next;
  }
  return members;
}

function parseEntry(file: RandomAccess, view: DataView, at: number, name: string, extra: Uint8Array): ZipMember {
  checkName(file, name);
  if (view.getUint16(at + 8, true) & FLAG_ENCRYPTED)
    throw invalid(file, 'ZIP_ENCRYPTED', `member ${name} is encrypted`);
  const methodNumber = view.getUint16(at + 10, true);
  if (methodNumber !== 0 && methodNumber !== 8) {
    const message = `member ${name} is compressed by method ${methodNumber}; only 0 (stored) and 8 (deflated) are read`;
    throw invalid(file, 'ZIP_METHOD', message);
  }
  const wide = zip64Fields(file, name, extra, [
    view.getUint32(at + 24, true),
    view.getUint32(at + 20, true),
    view.getUint32(at + 42, true),
  ]);
  const member: ZipMember = {
    name,
    method: methodNumber === 0 ? 'stored' : 'deflated',
    size: wide[0],
    compressedSize: wide[1],
    headerOffset: wide[2],
    crc32: view.getUint32(at + 16, true),
  };
  checkSizes(file, member);
  return member;
}

/** Replaces the fields marked `IN_ZIP64` by the values of the zip64 extra field, which are in the same order. */
function zip64Fields(
  file: RandomAccess,
  name: string,
  extra: Uint8Array,
  fields: [number, number, number],
): [number, number, number] {
  if (!fields.includes(IN_ZIP64)) return fields;
  const view = viewOf(extra);
  for (let at = 0; at + 4 <= extra.byteLength; ) {
    const bytes = view.getUint16(at + 2, true);
    if (view.getUint16(at, true) === ZIP64_EXTRA_ID && at + 4 + bytes <= extra.byteLength) {
      let next = at + 4;
      const wide = fields.map((value) => {
        if (value !== IN_ZIP64) return value;
        if (next + 8 > at + 4 + bytes)
          throw invalid(file, 'ZIP_BAD_ZIP64', `member ${name}: its zip64 field is too short`);
        const result = safeUint64(file, view, next, `zip64 size of ${name}`);
        next += 8;
        return result;
      });
      return wide as [number, number, number];
    }
    at += 4 + bytes;
  }
  throw invalid(file, 'ZIP_BAD_ZIP64', `member ${name}: its sizes are promised in a zip64 field that is not there`);
}

/** Names appear in messages and may be used as paths, so they must not leave the folder or control a terminal. */
function checkName(file: RandomAccess, name: string): void {
  const climbs = name.startsWith('/') || /^[A-Za-z]:/.test(name) || name.split(/[\\/]/).includes('..');
  if (name === '' || climbs || /\p{Cc}/u.test(name)) {
    throw invalid(file, 'ZIP_BAD_NAME', `member name ${quoted(name)} is empty, leaves its folder or is not printable`);
  }
}

function checkSizes(file: RandomAccess, { name, method, size, compressedSize, headerOffset }: ZipMember): void {
  if (method === 'stored' && size !== compressedSize) {
    const message = `member ${name} is stored with ${compressedSize} bytes but promises ${size}`;
    throw invalid(file, 'ZIP_SIZE_MISMATCH', message);
  }
  if (size > (compressedSize + 1) * MAX_DEFLATE_RATIO) {
    throw invalid(
      file,
      'ZIP_BOMB',
      `member ${name} promises ${size} bytes from ${compressedSize}; deflate reaches ${MAX_DEFLATE_RATIO}:1 at most`,
    );
  }
  if (headerOffset + compressedSize > file.size) {
    throw invalid(
      file,
      'ZIP_BAD_OFFSET',
      `member ${name} promised at ${headerOffset} with ${compressedSize} bytes, the file has ${file.size}`,
    );
  }
}

/** A small file whose members share bytes could inflate to terabytes. */
function checkOverlap(file: RandomAccess, members: ZipMember[], directoryOffset: number): void {
  members.sort((a, b) => a.headerOffset - b.headerOffset);
  for (const [i, { name, headerOffset, compressedSize }] of members.entries()) {
    const limit = members[i + 1]?.headerOffset ?? directoryOffset;
    if (headerOffset + compressedSize > limit) {
      throw invalid(
        file,
        'ZIP_OVERLAP',
        `member ${name} ends at ${headerOffset + compressedSize}, the next part of the file begins at ${limit}`,
      );
    }
  }
}

function safeUint64(file: RandomAccess, view: DataView, at: number, what: string): number {
  const value = view.getBigUint64(at, true);
  if (value > BigInt(Number.MAX_SAFE_INTEGER))
    throw invalid(file, 'ZIP_BAD_ZIP64', `${what} of ${value} is beyond any file`);
  return Number(value);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
