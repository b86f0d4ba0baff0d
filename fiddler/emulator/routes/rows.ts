/** The rows themselves, as a file: how a client sees what is stored. */

import { parquetWriteBuffer } from 'hyparquet-writer';
import { csvText } from 'image-drift/base';
import * as z from 'zod';
import { badRequest, notFound, notOffered } from '../http/envelope.js';
import { parsed } from '../http/parsed.js';
import { checkTimeZone, requestedRange } from '../metrics/time-bins.js';
import type { EventRow } from '../model/values.js';
import type { Model } from '../store/tables.js';
import type { Context, Routes } from './resource.js';

/** As many as the store gives at once without more memory than a laptop has. */
const MAX_ROWS = 1_000_000;

const Download = z.object({
  model_id: z.string(),
  env_type: z.enum(['PRODUCTION', 'PRE_PRODUCTION']),
  env_id: z.string().nullish(),
  csv: z.boolean().nullish(),
  column_names: z.array(z.string()).nullish(),
  time_filter: z.object({ start_time: z.string(), end_time: z.string(), time_zone: z.string().nullish() }).nullish(),
  segment: z.unknown().optional(),
  num_samples: z.number().int().min(1).max(MAX_ROWS).nullish(),
  chunk_size: z.number().int().nullish(),
  fetch_vectors: z.boolean().nullish(),
});

export const rowRoutes: Routes = (api, context) => {
  api.post('/v3/analytics/download-slice-data', async (request, reply) => {
    const body = parsed(Download, request.body);
    const { store, now } = context;
    if (body.segment != null) throw notOffered('segments');
    const model = store.models.needed(body.model_id);
    checkTimeZone(body.time_filter?.time_zone);
    const range = body.time_filter ? requestedRange({ time_range: body.time_filter }, now()) : null;
    const vectors = body.fetch_vectors === true;
    const events = store.events.list({
      envId: environmentId(context, model, body.env_type, body.env_id ?? null),
      from: range?.from,
      to: range?.to,
      most: body.num_samples ?? MAX_ROWS,
      vectors,
    });
    const table = tableOf(model, events, body.column_names ?? null, vectors);
    if (body.csv) return reply.type('text/csv; charset=utf-8').send(csvOf(table));
    return reply.type('application/octet-stream').send(Buffer.from(parquetOf(table)));
  });
};

function environmentId({ store }: Context, model: Model, type: string, id: string | null): string {
  if (type === 'PRODUCTION') return store.environments.production(model.id);
  if (id === null) throw badRequest('env_id: a dataset needs its id');
  const environment = store.environments.get(id);
  if (environment === null || environment.model_id !== model.id) throw notFound('Environment');
  return environment.id;
}

/** Turns stored events back into columns, and columns into parquet or csv. */
interface OutputColumn {
  name: string;
  kind: 'DOUBLE' | 'STRING' | 'INT64' | 'BOOLEAN' | 'VECTOR';
  values: unknown[];
}

/** @param names null for all columns, times and ids included @throws ApiFailure 400 for an unknown name */
function tableOf(
  model: Model,
  events: readonly EventRow[],
  names: readonly string[] | null,
  vectors: boolean,
): OutputColumn[] {
  const { event_ts_col, event_id_col, schema } = model;
  const known = new Map<string, OutputColumn['kind']>();
  for (const { name, data_type } of schema.columns) known.set(name, kindOf(data_type));
  if (event_id_col) known.set(event_id_col, 'STRING');
  if (event_ts_col) known.set(event_ts_col, 'INT64');
  return (names ?? [...known.keys()]).flatMap((name) => {
    const kind = known.get(name);
    if (kind === undefined) throw badRequest(`column_names: ${name} is not a column of the model`);
    if (kind === 'VECTOR' && !vectors) return [];
    return [{ name, kind, values: events.map((event) => cell(model, event, name, kind)) }];
  });
}

function kindOf(dataType: string): OutputColumn['kind'] {
  if (dataType === 'vector') return 'VECTOR';
  if (dataType === 'int' || dataType === 'float') return 'DOUBLE';
  return dataType === 'bool' ? 'BOOLEAN' : 'STRING';
}

function cell(
  { event_ts_col, event_id_col }: Model,
  event: EventRow,
  name: string,
  kind: OutputColumn['kind'],
): unknown {
  if (name === event_ts_col) return BigInt(event.time);
  if (name === event_id_col) return event.eventId;
  if (kind === 'VECTOR') {
    const vector = event.vectors.get(name);
    return vector ? Array.from(vector) : null;
  }
  const value = event.fields[name] ?? null;
  return kind === 'STRING' && value !== null ? String(value) : value;
}

function parquetOf(table: readonly OutputColumn[]): ArrayBuffer {
  const columns = table.map(({ name, values }) => ({ name, data: values }));
  const schema = table.flatMap(({ name, kind }) => elementsOf(name, kind));
  return parquetWriteBuffer({
    columnData: columns,
    schema: [{ name: 'schema', num_children: table.length }, ...schema],
  });
}

type Elements = NonNullable<Parameters<typeof parquetWriteBuffer>[0]['schema']>;

function elementsOf(name: string, kind: OutputColumn['kind']): Elements {
  const repetition_type = 'OPTIONAL';
  switch (kind) {
    case 'VECTOR':
      return [
        { name, repetition_type, num_children: 1, converted_type: 'LIST', logical_type: { type: 'LIST' } },
        { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
        { name: 'element', type: 'DOUBLE', repetition_type },
      ];
    case 'STRING':
      return [{ name, type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' }, repetition_type }];
    default:
      return [{ name, type: kind, repetition_type }];
  }
}

function csvOf(table: readonly OutputColumn[]): string {
  const rows = table[0]?.values.length ?? 0;
  const lines = [table.map(({ name }) => csvText(name)).join(',')];
  for (let row = 0; row < rows; row++) lines.push(table.map(({ values }) => csvText(shown(values[row]))).join(','));
  return `${lines.join('\n')}\n`;
}

function shown(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return Array.isArray(value) ? `[${value.join(', ')}]` : String(value);
}
