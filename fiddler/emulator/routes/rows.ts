/** The rows themselves, as a file: how a client sees what is stored. */
import { z } from 'zod';
import { badRequest, notFound, notOffered } from '../http/api-failure.js';
import { parsed } from '../http/parsed.js';
import { checkTimeZone, requestedRange } from '../metrics/time-bins.js';
import type { Model } from '../store/models.js';
import type { Context, Routes } from './context.js';
import { csvOf, parquetOf, tableOf } from './event-table.js';

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
    const model = store.models.get(body.model_id);
    if (model === null) throw notFound('Model');
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
  if (type === 'PRODUCTION') return store.environments.production(model.id).id;
  if (id === null) throw badRequest('env_id: a dataset needs its id');
  const environment = store.environments.get(id);
  if (environment === null || environment.model_id !== model.id) throw notFound('Environment');
  return environment.id;
}
