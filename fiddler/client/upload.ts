/** Uploads: one POST for a small file, parts for a large one, and going on where an earlier upload was cut. */
import type { z } from 'zod';
import { ask } from './answer.js';
import { FiddlerError, NotFound } from './fiddler-error.js';
import { jsonBody } from './json-body.js';
import { formBody } from './multipart-form.js';
import { apiPath, type RequestBody, type Sender } from './request.js';
import { type FiddlerFile, file, part } from './schemas/file.js';
import { type OpenSource, openSource, type UploadSource } from './upload-source.js';

/** From here on the official client sends parts, of this size. */
const PART_BYTES = 100 * 1024 * 1024;
/** The official client refuses more; what a server does with more is not known. */
const MAX_FILE_BYTES = 500 * 1024 * 1024;
/** Fiddler's own limit of part numbers. */
const MAX_PARTS = 1000;

/** What is needed to go on with an upload in parts; plain JSON, to be written to a journal. */
export interface UploadResume {
  fileId: string;
  /** The size of the whole file. */
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

export async function uploadFile(sender: Sender, from: UploadSource, options: UploadOptions): Promise<FiddlerFile> {
  const source = await openSource(from, options.filename);
  try {
    checkSize(source, options);
    const whole = options.resume === undefined && source.size < (options.partBytes ?? PART_BYTES);
    return await (whole ? uploadWhole(sender, source, options.filename) : uploadInParts(sender, source, options));
  } finally {
    await source.close();
  }
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
