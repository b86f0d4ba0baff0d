import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type * as z from 'zod';
import { ask, jsonBody } from './answer.js';
import { FiddlerError, NotFound } from './fiddler-error.js';
import { apiPath, type RequestBody, type Sender } from './request.js';
import { type FiddlerFile, file, part } from './schemas/common.js';

export class Files {
  readonly #sender: Sender;

  constructor(sender: Sender) {
    this.#sender = sender;
  }

  /**
   * One POST below 100 MiB, parts from there. Repeated after a lost answer: nothing refers to a second copy.
   * @throws FiddlerError `FILE_TOO_LARGE`, `FILE_UNREADABLE`, `FILE_CHANGED` (during the upload), `UPLOAD_MISMATCH`
   *   (the resume is of a file of another size), `FILE_EMPTY`
   */
  async upload(from: UploadSource, options: UploadOptions): Promise<FiddlerFile> {
    const source = await openSource(from, options.filename);
    try {
      checkSize(source, options);
      const isWhole = options.resume === undefined && source.size < (options.partBytes ?? PART_BYTES);
      if (isWhole) return await uploadWhole(this.#sender, source, options.filename);
      return await uploadInParts(this.#sender, source, options);
    } finally {
      await source.close();
    }
  }
}

/** From here on the official client sends parts, of this size. */
const PART_BYTES = 100 * 1024 * 1024;
/** The official client refuses more; what a server does with more is not known. */
const MAX_FILE_BYTES = 500 * 1024 * 1024;
/** Fiddler's own limit of part numbers. */
const MAX_PARTS = 1000;

/** What is needed to go on with an upload in parts; plain JSON, to be written to a journal. */
export interface UploadResume {
  fileId: string;
  bytes: number;
  partBytes: number;
  /** The parts that arrived, in order from 1. */
  parts: { number: number; id: string | number }[];
}

export interface UploadOptions {
  /** The name that Fiddler sees; its ending tells the format. */
  filename: string;
  /** Goes on with an earlier upload of the same file; begins anew where the server has forgotten it. */
  resume?: UploadResume;
  /** Told before the first and after each part of an upload in parts, and awaited. */
  onPart?: (resume: UploadResume) => void | Promise<void>;
  /** Size of a part, and the size from which on parts are used. Default 100 MiB. */
  partBytes?: number;
}

async function uploadWhole(sender: Sender, source: OpenSource, filename: string): Promise<FiddlerFile> {
  const body = await formBody({ filename, bytes: source.size, fill: (target) => source.read(0, target) });
  return post(sender, ['files', 'upload'], body, file);
}

async function uploadInParts(sender: Sender, source: OpenSource, options: UploadOptions): Promise<FiddlerFile> {
  const { resume } = options;
  if (resume === undefined) return sendParts(sender, source, options, await begin(sender, source, options));
  checkResume(source, resume);
  try {
    return await sendParts(sender, source, options, { ...resume, parts: [...resume.parts] });
  } catch (error) {
    // The server keeps unfinished uploads for a time that nobody names.
    if (!(error instanceof NotFound)) throw error;
    return sendParts(sender, source, options, await begin(sender, source, options));
  }
}

async function begin(sender: Sender, source: OpenSource, options: UploadOptions): Promise<UploadResume> {
  const { id } = await post(sender, ['files', 'multipart-init'], jsonBody({ filename: options.filename }), file);
  return { fileId: id, bytes: source.size, partBytes: options.partBytes ?? PART_BYTES, parts: [] };
}

async function sendParts(
  sender: Sender,
  source: OpenSource,
  { filename, onPart }: UploadOptions,
  state: UploadResume,
): Promise<FiddlerFile> {
  const { fileId, partBytes, parts } = state;
  await onPart?.({ ...state, parts: [...parts] });
  const count = Math.ceil(source.size / partBytes);
  for (let number = parts.length + 1; number <= count; number++) {
    const start = (number - 1) * partBytes;
    const bytes = Math.min(partBytes, source.size - start);
    const body = await formBody(
      { filename: `part_${number}_${filename}`, bytes, fill: (target) => source.read(start, target) },
      { file_id: fileId, part_number: String(number) },
    );
    const { part_id } = await post(sender, ['files', 'multipart-upload'], body, part);
    parts.push({ number, id: part_id });
    await onPart?.({ ...state, parts: [...parts] });
  }
  return post(sender, ['files', 'multipart-complete'], jsonBody({ file_id: fileId, parts }), file);
}

/** Repeatable: what a lost answer leaves on the server is an upload that nothing refers to. */
function post<T extends z.ZodType>(sender: Sender, path: string[], body: RequestBody, type: T): Promise<z.output<T>> {
  return ask(sender, { method: 'POST', path: apiPath(...path), body, repeatable: true }, type);
}

function checkSize({ name, size }: OpenSource, { partBytes = PART_BYTES }: UploadOptions): void {
  if (size === 0) throw new FiddlerError('FILE_EMPTY', `${name}: is empty`, { permanent: true });
  const most = Math.min(MAX_FILE_BYTES, partBytes * MAX_PARTS);
  if (size <= most) return;
  const message = `${name}: ${size.toLocaleString('en')} bytes, at most ${most.toLocaleString('en')} are uploaded`;
  throw new FiddlerError('FILE_TOO_LARGE', message, { permanent: true, hint: 'Split it into files of fewer rows.' });
}

function checkResume({ name, size }: OpenSource, { bytes, parts }: UploadResume): void {
  const inOrder = parts.every(({ number }, index) => number === index + 1);
  if (bytes === size && inOrder) return;
  const message = `${name}: has ${size.toLocaleString('en')} bytes, the upload to go on with was of ${bytes.toLocaleString('en')}`;
  throw new FiddlerError('UPLOAD_MISMATCH', message, { permanent: true, hint: 'Upload it from the beginning.' });
}

/** What is uploaded: a file, or bytes in memory. Read piece by piece, so that a large file is never held whole. */
export type UploadSource = { path: string } | { bytes: Uint8Array };

interface OpenSource {
  name: string;
  size: number;
  /** @throws FiddlerError `FILE_CHANGED` */
  read(position: number, target: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** @throws FiddlerError `FILE_UNREADABLE` */
async function openSource(source: UploadSource, filename: string): Promise<OpenSource> {
  if ('bytes' in source) {
    const { bytes } = source;
    return {
      name: filename,
      size: bytes.length,
      read: async (position, target) => target.set(bytes.subarray(position, position + target.length)),
      close: async () => {},
    };
  }
  const { path } = source;
  const { handle, size } = await openFile(path);
  return { name: path, size, read: (at, target) => readFully(handle, path, at, target), close: () => handle.close() };
}

async function openFile(path: string): Promise<{ handle: FileHandle; size: number }> {
  let handle: FileHandle | null = null;
  try {
    // At once: a pipe without a writer would keep it waiting for ever.
    handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const stat = await handle.stat();
    if (!stat.isFile()) throw new Error('it is not a file');
    return { handle, size: stat.size };
  } catch (error) {
    await handle?.close();
    const why = error instanceof Error ? error.message : String(error);
    throw new FiddlerError('FILE_UNREADABLE', `${path}: cannot be read: ${why}`, { permanent: true });
  }
}

async function readFully(handle: FileHandle, path: string, position: number, target: Uint8Array): Promise<void> {
  let done = 0;
  while (done < target.length) {
    const { bytesRead } = await handle.read(target, done, target.length - done, position + done);
    if (bytesRead === 0) {
      const end = (position + done).toLocaleString('en');
      const wanted = (position + target.length).toLocaleString('en');
      const message = `${path}: ends at byte ${end}, it had at least ${wanted} when the upload began`;
      throw new FiddlerError('FILE_CHANGED', message, { permanent: true, hint: 'Upload it when nothing writes it.' });
    }
    done += bytesRead;
  }
}

/**
 * Bodies of multipart/form-data (RFC 7578) of known length, which some proxies require, and which can be sent again.
 * The file's part has no Content-Type, as in the official client.
 */
interface FormFile {
  filename: string;
  bytes: number;
  /** Writes the contents into `target`, which has exactly their length. */
  fill(target: Uint8Array): Promise<void>;
}

/** A form whose first field is `file`, followed by plain fields. */
async function formBody(file: FormFile, fields: Record<string, string> = {}): Promise<RequestBody> {
  // 128 random bits: a collision with the contents is practically impossible.
  const boundary = `image-drift-${randomBytes(16).toString('hex')}`;
  const disposition = `form-data; name="file"; filename="${escaped(file.filename)}"`;
  const head = Buffer.from(`--${boundary}\r\nContent-Disposition: ${disposition}\r\n\r\n`);
  const rest = Object.entries(fields).map(
    ([name, value]) => `\r\n--${boundary}\r\nContent-Disposition: form-data; name="${escaped(name)}"\r\n\r\n${value}`,
  );
  const tail = Buffer.from(`${rest.join('')}\r\n--${boundary}--\r\n`);
  const bytes = new Uint8Array(head.length + file.bytes + tail.length);
  bytes.set(head, 0);
  await file.fill(bytes.subarray(head.length, head.length + file.bytes));
  bytes.set(tail, head.length + file.bytes);
  return { contentType: `multipart/form-data; boundary=${boundary}`, bytes };
}

/** Escapes as browsers do (WHATWG HTML, multipart/form-data encoding). */
function escaped(text: string): string {
  return text.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}
