import type { FastifyRequest } from 'fastify';
import * as z from 'zod';
import { ApiFailure, badRequest, normal } from '../http/envelope.js';
import { parsed } from '../http/parsed.js';
import type { Files, FileType } from '../store/files.js';
import type { Routes } from './resource.js';

/** The official client refuses to send more than this. */
const MAX_FILE_BYTES = 500 * 1024 * 1024;
/** The API's limit of part numbers. */
const MAX_PARTS = 1_000;
const MAX_FILENAME = 255;
/** A file and its two fields, with room for fields that other clients add. */
export const MULTIPART_LIMITS = {
  fileSize: MAX_FILE_BYTES,
  files: 1,
  fields: 10,
  fieldSize: 10_000,
  headerPairs: 50,
  parts: 12,
};

const TYPES: readonly [suffix: string, type: FileType][] = [
  ['.csv', 'CSV'],
  ['.parquet', 'PARQUET'],
  ['.pq', 'PARQUET'],
  ['.tar.gz', 'TAR_GZ'],
];

const Init = z.object({ filename: z.string().min(1).max(MAX_FILENAME) });
const PartFields = z.object({ file_id: z.string(), part_number: z.coerce.number().int().min(1).max(MAX_PARTS) });
const Complete = z.object({
  file_id: z.string(),
  parts: z
    .array(z.object({ number: z.number().int(), id: z.string() }))
    .min(1)
    .max(MAX_PARTS),
});

export const fileRoutes: Routes = (api, { store: { files }, views }) => {
  api.post('/v3/files/upload', async (request) => {
    const { received, filename } = await receive(request, files);
    try {
      return normal(views.file(await files.keep(received, filename, typeOf(filename))));
    } finally {
      await files.discard(received);
    }
  });

  api.post('/v3/files/multipart-init', async (request) => {
    const { filename } = parsed(Init, request.body);
    return normal(views.file(files.insert({ filename, type: typeOf(filename), status: 'INITIATED' })));
  });

  api.post('/v3/files/multipart-upload', async (request) => {
    const { received, fields } = await receive(request, files);
    try {
      const { file_id, part_number } = parsed(PartFields, fields);
      const file = files.needed(file_id);
      if (file.status !== 'INITIATED') throw badRequest(`File ${file.filename} is complete already`);
      return normal({ part_id: await files.keepPart(received, file_id, part_number) });
    } finally {
      await files.discard(received);
    }
  });

  api.post('/v3/files/multipart-complete', async (request) => {
    const { file_id, parts } = parsed(Complete, request.body);
    const file = files.needed(file_id);
    const sent = parts.map(({ number, id }) => `${number} ${id}`).join();
    const stored = files
      .parts(file_id)
      .map(({ number, part_id }) => `${number} ${part_id}`)
      .join();
    if (sent !== stored)
      throw badRequest(`File ${file.filename}: these are not the parts that were uploaded, in their order`);
    return normal(views.file(file.status === 'SUCCESSFUL' ? file : await files.complete(file_id)));
  });
};

interface Received {
  /** Name of the received bytes. The caller passes it to `keep` or `keepPart`, and then to `discard`. */
  received: string;
  filename: string;
  fields: Record<string, string>;
}

/** Reads the whole request, because fields can follow the file. @throws ApiFailure 400, 413 */
async function receive(request: FastifyRequest, files: Files): Promise<Received> {
  if (!request.isMultipart()) throw badRequest('multipart/form-data with a part named file is needed');
  const fields: Record<string, string> = {};
  let file: { received: string; filename: string } | null = null;
  try {
    for await (const part of request.parts()) {
      if (part.type === 'field') {
        if (typeof part.value === 'string') fields[part.fieldname] = part.value;
      } else if (part.fieldname === 'file' && file === null) {
        file = { received: await files.receive(part.file), filename: part.filename.slice(0, MAX_FILENAME) };
        if (part.file.truncated) throw tooLarge();
      } else {
        throw badRequest(`Unexpected file part ${part.fieldname.slice(0, 40)}: one part named file is needed`);
      }
    }
    if (file === null) throw badRequest('A part named file is needed');
    return { ...file, fields };
  } catch (error) {
    if (file !== null) await files.discard(file.received);
    throw multipartFailure(error);
  }
}

function multipartFailure(error: unknown): unknown {
  if (error instanceof ApiFailure) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'FST_REQ_FILE_TOO_LARGE') return tooLarge();
  return badRequest(`The multipart body cannot be read: ${message}`);
}

function tooLarge(): ApiFailure {
  return new ApiFailure(413, 'PayloadTooLarge', `More than ${MAX_FILE_BYTES} bytes; send the file in parts`);
}

function typeOf(filename: string): FileType {
  const found = TYPES.find(([suffix]) => filename.toLowerCase().endsWith(suffix));
  if (!found) throw badRequest(`File ${filename.slice(0, 80)}: .csv, .parquet, .pq or .tar.gz is needed`);
  return found[1];
}
