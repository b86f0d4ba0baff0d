/**
 * One part: what a run finished between two points in time. A line of JSON says what is in the file, with the sha256 of all
 * that follows: records one after another, each with its length before it, as structured clones (`node:v8`). A clone keeps
 * every bit of a number, which JSON does not: -0, NaN, bigints.
 */
import { createHash } from 'node:crypto';
import { deserialize, serialize } from 'node:v8';
import { CodedError } from '../../../base/index.js';
import { readSmallFile, writeFileAtomically } from '../../../files/index.js';

/** A part is saved when it has `PART_BYTES` (`saved-run.ts`), or with one more batch, whose layers may be large. */
const MAX_PART_BYTES = 2 ** 31 - 1;
const LINE_END = 0x0a;
const LENGTH_BYTES = 4;

export interface PartHeader {
  /** sha256 of the run's identity. */
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

/** One record as it lies in a part. */
export function encodeRecord(record: unknown): Buffer {
  const bytes = serialize(record);
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(bytes.byteLength);
  return Buffer.concat([length, bytes]);
}

/** Writes a part whole or not at all. @throws FileError */
export async function writePart(
  path: string,
  header: PartHeader,
  stamps: readonly (string | null)[],
  records: readonly Buffer[],
): Promise<void> {
  const payload = [encodeRecord(stamps), ...records];
  const hash = createHash('sha256');
  for (const bytes of payload) hash.update(bytes);
  const line = JSON.stringify({ ...header, sha256: hash.digest('hex') });
  await writeFileAtomically(path, async (file) => {
    await file.write(Buffer.from(`${line}\n`));
    for (const bytes of payload) await file.write(bytes);
  });
}

/**
 * Reads a part.
 * @param run sha256 of the identity that it must have
 * @param from number of the image that it must begin with
 * @returns what is wrong with it, as text, where it is damaged or does not fit; null where there is none
 */
export async function readPart<T>(path: string, run: string, from: number): Promise<Part<T> | string | null> {
  let bytes: Buffer;
  try {
    bytes = await readSmallFile(path, MAX_PART_BYTES, 'a part');
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
function* decodedRecords(payload: Buffer): Generator<unknown> {
  for (let at = 0; at < payload.byteLength; ) {
    const begin = at + LENGTH_BYTES;
    at = begin + payload.readUInt32LE(at);
    yield deserialize(payload.subarray(begin, at));
  }
}
