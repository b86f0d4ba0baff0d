/**
 * The folder `<out>.parts/` beside an output, for what an unfinished run has done: `run.json`, the parts and a lock.
 * Nothing else may be in it. It is removed when the output is in place.
 */

import { createHash } from 'node:crypto';
import { mkdir, readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { CodedError, printable, shown } from '../../../base/index.js';
import {
  FileError,
  fileError,
  type LockOwner,
  RunLock,
  readSmallFile,
  readSmallText,
  writeFileAtomically,
} from '../../../files/system/index.js';

const RUN = 'run.json';
const LOCK = 'lock';
const PART = /^\d{8}\.part$/;
const OURS = /^(run\.json|\d{8}\.part|lock|lock\.takeover(\.[\da-f-]{36})?|\.(run\.json|\d{8}\.part)\..*\.partial)$/;
/** An identity of a few hashes and flags. */
const MAX_RUN_BYTES = 2 ** 20;
const FORMAT = 1;
/** A run that was killed a moment ago may still be there. */
const GRACE_MS = 3_000;
/** The run that had the lock may remove the folder while this one waits. */
const LOCK_TRIES = 3;
/** A run on another machine that shows no sign of life for so long has ended. */
const SILENT_MS = 30_000;

interface RunFile {
  format: typeof FORMAT;
  run: RunIdentity;
  began: string;
}

export class PartsFolder {
  readonly path: string;
  #lock: RunLock | null = null;

  constructor(out: string) {
    this.path = `${out}.parts`;
  }

  get isLocked(): boolean {
    return this.#lock !== null;
  }

  /** @throws FileError `PARTS_FOLDER` if something else is in it, or it is a file */
  async exists(): Promise<boolean> {
    let names: string[];
    try {
      names = await readdir(this.path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw fileError(this.path, error);
    }
    const other = names.find((name) => !OURS.test(name));
    if (other === undefined) return true;
    throw new FileError('PARTS_FOLDER', `${this.path}: holds ${printable(other)}, which is not a part of a run`, {
      hint: 'Unfinished runs are kept in this folder. Move it away, or name another --out.',
    });
  }

  /** Makes the folder if there is none. @throws FileError `OUT_IN_USE` if another run has the lock */
  async lock(onWait?: (owner: LockOwner, milliseconds: number) => void): Promise<void> {
    for (let tries = 1; this.#lock === null; tries++) {
      try {
        await mkdir(this.path, { recursive: true });
        this.#lock = await RunLock.take(join(this.path, LOCK), {
          held: (owner) => this.#held(owner),
          silentMs: SILENT_MS,
          graceMs: GRACE_MS,
          onWait,
        });
      } catch (error) {
        // Empty where the other run has removed what it had in it, and this one has made the folder again.
        await rmdir(this.path).catch(() => undefined);
        const known = fileError(this.path, error);
        const isRemoved = known instanceof FileError && known.code === 'FILE_NOT_FOUND';
        if (!isRemoved || tries === LOCK_TRIES) throw known;
      }
    }
  }

  #held(owner: LockOwner | null): FileError {
    const who = owner === null ? 'another run' : `process ${owner.pid} on ${printable(owner.host)}`;
    return new FileError('OUT_IN_USE', `${this.path}: ${who} is working on this output`, {
      hint: `Wait for it to end, or name another --out. If it has ended for certain, delete ${join(this.path, LOCK)}.`,
      exitCode: 5,
    });
  }

  /** @throws FileError `OUT_IN_USE` if another run has taken the folder over meanwhile */
  check(): void {
    this.#lock?.check();
  }

  async hasParts(): Promise<boolean> {
    return (await readdir(this.path)).some((name) => PART.test(name));
  }

  /** Null where it cannot be read: the parts are then of nobody. */
  async run(): Promise<RunIdentity | null> {
    try {
      const text = await readSmallText(join(this.path, RUN), MAX_RUN_BYTES);
      const file = JSON.parse(text) as Partial<RunFile> | null;
      const { format, run } = file ?? {};
      const isRun = format === FORMAT && Object.values(run ?? {}).every((value) => typeof value === 'string');
      return isRun ? (run ?? null) : null;
    } catch {
      return null;
    }
  }

  async writeRun(run: RunIdentity): Promise<void> {
    const file: RunFile = { format: FORMAT, run, began: new Date().toISOString() };
    const text = `${JSON.stringify(file, null, 1)}\n`;
    await writeFileAtomically(join(this.path, RUN), (written) => written.write(Buffer.from(text)));
  }

  /** @param number from 1 on */
  partPath(number: number): string {
    return join(this.path, `${String(number).padStart(8, '0')}.part`);
  }

  /** Removes all parts after the first `kept`, the last one first: what is left is whole, whenever this is cut off. */
  async removeParts(kept: number): Promise<void> {
    const names = (await readdir(this.path)).filter((name) => PART.test(name)).sort();
    for (const name of names.reverse()) {
      if (Number.parseInt(name, 10) > kept) await rm(join(this.path, name), { force: true });
    }
  }

  async remove(): Promise<void> {
    if (this.#lock === null) return;
    this.check();
    await this.removeParts(0);
    for (const name of await readdir(this.path)) {
      if (OURS.test(name) && !name.startsWith(LOCK)) await rm(join(this.path, name), { force: true });
    }
    await this.release();
    await rmdir(this.path).catch(() => undefined);
  }

  async release(): Promise<void> {
    await this.#lock?.release();
    this.#lock = null;
  }
}

/** A part is saved when it has `PART_BYTES` (`saved-run.ts`), or with one more batch, whose layers may be large. */
const MAX_PART_BYTES = 2 ** 31 - 1;
const LINE_END = 0x0a;
const LENGTH_BYTES = 4;

export interface PartHeader {
  run: string;
  /** Numbers of the images: from the first on, up to the one after the last. */
  from: number;
  to: number;
}

export interface Part<T> extends PartHeader {
  records: T[];
  /** One for each image where the input has them. */
  stamps: (string | null)[];
}

const CHUNK_BYTES = 2 ** 20;

/**
 * The records of a part, encoded, each after its length. Their memory is used for the next part, too, and is shared
 * memory, which V8 does not count: it would collect the garbage of the whole heap again and again as this grows.
 */
export class PartRecords {
  byteLength = 0;
  readonly #chunks: { room: Buffer<ArrayBufferLike>; filled: number }[] = [];
  #current = 0;

  get pieces(): Uint8Array[] {
    return this.#chunks.map(({ room, filled }) => room.subarray(0, filled));
  }

  append(record: unknown): void {
    const bytes = serialize(record);
    const room = this.#take(LENGTH_BYTES + bytes.byteLength);
    room.writeUInt32LE(bytes.byteLength);
    room.set(bytes, LENGTH_BYTES);
  }

  clear(): void {
    for (const chunk of this.#chunks) chunk.filled = 0;
    [this.byteLength, this.#current] = [0, 0];
  }

  #take(bytes: number): Buffer<ArrayBufferLike> {
    const { room, filled } = this.#chunks[this.#current] ?? this.#addChunk(bytes);
    if (room.byteLength - filled < bytes) {
      this.#current++;
      return this.#take(bytes);
    }
    this.#chunks[this.#current]!.filled += bytes;
    this.byteLength += bytes;
    return room.subarray(filled, filled + bytes);
  }

  #addChunk(bytes: number) {
    // Some Nodes are started without shared memory.
    const Room = typeof SharedArrayBuffer === 'undefined' ? ArrayBuffer : SharedArrayBuffer;
    const room: Buffer<ArrayBufferLike> = Buffer.from(new Room(Math.max(bytes, CHUNK_BYTES)));
    const chunk = { room, filled: 0 };
    this.#chunks.push(chunk);
    return chunk;
  }
}

export async function writePart(
  path: string,
  header: PartHeader,
  stamps: readonly (string | null)[],
  records: PartRecords,
): Promise<void> {
  const first = new PartRecords();
  first.append(stamps);
  const payload = [...first.pieces, ...records.pieces];
  const hash = createHash('sha256');
  for (const bytes of payload) hash.update(bytes);
  const line = JSON.stringify({ ...header, sha256: hash.digest('hex') });
  await writeFileAtomically(path, async (file) => {
    await file.write(Buffer.from(`${line}\n`));
    for (const bytes of payload) await file.write(bytes);
  });
}

/**
 * @param run sha256 of the identity that it must have @param from number of the image that it must begin with
 * @returns what is wrong with it, as text, where it is damaged or does not fit; null where there is none
 */
export async function readPart<T>(path: string, run: string, from: number): Promise<Part<T> | string | null> {
  let bytes: Buffer;
  try {
    bytes = Buffer.from((await readSmallFile(path, MAX_PART_BYTES, 'a part')).buffer);
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    return error.code === 'FILE_NOT_FOUND' ? null : error.message;
  }
  const end = bytes.indexOf(LINE_END);
  const header = parsedHeader(bytes.subarray(0, Math.max(0, end)));
  const payload = bytes.subarray(end + 1);
  const sha256 = createHash('sha256').update(payload).digest('hex');
  if (header === null || header.sha256 !== sha256) return `${path}: is damaged`;
  if (header.run !== run) return `${path}: is of another run`;
  if (header.from !== from || header.to <= from) return `${path}: does not begin where the part before it ends`;
  try {
    const [stamps, ...records] = [...decodedRecords(payload)];
    return { run, from, to: header.to, stamps: stamps as (string | null)[], records: records as T[] };
  } catch {
    return `${path}: was written by a newer version of Node`;
  }
}

function parsedHeader(line: Buffer): (PartHeader & { sha256: string }) | null {
  try {
    const { run, from, to, sha256 } = JSON.parse(line.toString('utf8')) as Partial<PartHeader & { sha256: string }>;
    const isWhole = typeof run === 'string' && typeof sha256 === 'string';
    return isWhole && Number.isSafeInteger(from) && Number.isSafeInteger(to)
      ? { run, from: from as number, to: to as number, sha256 }
      : null;
  } catch {
    return null;
  }
}

/** The bytes are those that were written: their hash is checked before. */
function* decodedRecords(payload: Buffer): Iterable<unknown> {
  for (let at = 0; at < payload.byteLength; ) {
    const begin = at + LENGTH_BYTES;
    at = begin + payload.readUInt32LE(at);
    yield deserialize(payload.subarray(begin, at));
  }
}

/** What a run is: all that its events follow from. What another run has finished fits only if all of it is the same. */
export type RunIdentity = Readonly<Record<string, string>>;

/** Longer values are hashes and lists, of which the beginning tells them apart. */
const TOLD_CHARACTERS = 40;

export function identitySha256(identity: RunIdentity): string {
  const sorted = Object.entries(identity).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex');
}

/** `layers was fc.0, now layer4`, of everything that differs; null where nothing does. */
export function difference(was: RunIdentity, is: RunIdentity): string | null {
  const names = new Set([...Object.keys(was), ...Object.keys(is)]);
  const different = [...names].filter((name) => was[name] !== is[name]);
  if (different.length === 0) return null;
  return different.map((name) => `${shown(name)} was ${told(was[name])}, now ${told(is[name])}`).join('; ');
}

function told(value: string | undefined): string {
  if (value === undefined) return 'not given';
  return value.length > TOLD_CHARACTERS ? `${shown(value.slice(0, TOLD_CHARACTERS))}…` : shown(value);
}
