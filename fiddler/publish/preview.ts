/** What a publish would send, to the byte, without sending anything: the dry run. */

import { eventColumns, parquetOf, rowsOf } from './chunks/encode.js';
import { readChunks } from './chunks/read-chunks.js';
import { type Chunk, goesAsFile, type PublishPlan } from './plan/plan.js';
import { type PrepareOptions, preparePublish } from './plan/prepare.js';
import type { Problem } from './progress.js';

const ROWS_SHOWN = 2;
const VALUES_SHOWN = 3;

export interface PreviewRequest {
  method: 'POST';
  path: string;
  /** Size of the body; for an upload, the size of the file. */
  bytes: number;
}

export interface PreviewChunk {
  chunk: Chunk;
  file: string;
  requests: readonly PreviewRequest[];
}

export interface PublishPreview {
  rows: number;
  bytes: number;
  chunks: readonly PreviewChunk[];
  /** The first rows as they would be stored, vectors shortened. */
  firstRows: readonly Record<string, unknown>[];
  problems: readonly Problem[];
  timestamps: PublishPlan['timestamps'];
}

/** @throws DataError, FileError for files that cannot be read; what is wrong otherwise is in `problems` */
export async function planPublish(options: Omit<PrepareOptions, 'now'> & { now?: number }): Promise<PublishPreview> {
  const { plan, problems } = await preparePublish({ ...options, now: options.now ?? Date.now() });
  const chunks: PreviewChunk[] = [];
  const firstRows: Record<string, unknown>[] = [];
  for await (const { chunk, batch } of readChunks(plan, () => true)) {
    options.signal?.throwIfAborted();
    const target = {
      model_id: options.model?.id ?? '<model id>',
      env_type: options.environment.type,
      env_name: options.environment.type === 'PRE_PRODUCTION' ? options.environment.name : null,
    };
    const columns = eventColumns(plan.columns, batch);
    const isShown = firstRows.length < ROWS_SHOWN;
    const rows = isShown || plan.mode === 'stream' ? rowsOf(columns, batch.rows) : [];
    if (isShown) firstRows.push(...rows.slice(0, ROWS_SHOWN - firstRows.length).map(shortened));
    const requests = goesAsFile(plan, chunk)
      ? [
          post('/v3/files/upload', parquetOf(columns, batch.rows).byteLength),
          post('/v3/events', jsonBytes({ source: { file_id: FILE_ID, type: 'FILE' }, ...target })),
        ]
      : [post('/v3/events', jsonBytes({ source: { events: rows, type: 'EVENTS' }, ...target }))];
    chunks.push({ chunk, file: plan.files[chunk.file]?.path ?? '', requests });
  }
  const bytes = chunks.flatMap(({ requests }) => requests).reduce((sum, request) => sum + request.bytes, 0);
  return { rows: plan.rows, bytes, chunks, firstRows, problems: problems.list(), timestamps: plan.timestamps };
}

/** As long as the id that the server will give. */
const FILE_ID = '00000000-0000-0000-0000-000000000000';

function post(path: string, bytes: number): PreviewRequest {
  return { method: 'POST', path, bytes };
}

function jsonBytes(body: unknown): number {
  return Buffer.byteLength(JSON.stringify(body));
}

function shortened(row: Record<string, unknown>): Record<string, unknown> {
  const shorten = (value: unknown) =>
    Array.isArray(value) && value.length > VALUES_SHOWN
      ? [...value.slice(0, VALUES_SHOWN), `… ${value.length - VALUES_SHOWN} more`]
      : value;
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, shorten(value)]));
}
