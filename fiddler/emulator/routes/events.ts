/** Events in, changed, and out again: rows in the body at once, files as jobs. */

import type { FastifyReply } from 'fastify';
import * as z from 'zod';
import { badRequest, conflict, normal } from '../http/envelope.js';
import { parsed } from '../http/parsed.js';
import { addEvents, updateEvents } from '../ingest/change-events.js';
import { cellsOf, eventsOfRows } from '../ingest/read-events.js';
import { type DeleteEventsRequest, dataFile, type PublishRequest } from '../jobs/job-runner.js';
import { requestedTime } from '../metrics/time-bins.js';
import type { JobKind, Model } from '../store/tables.js';
import { modelInfo } from './models.js';
import type { Context, Routes } from './resource.js';

/** Limits of the API for one request. */
const MAX_EVENTS = 1_000;
const MAX_IDS = 10_000;

const Row = z.record(z.string(), z.unknown());

const Publish = z.object({
  model_id: z.string(),
  env_type: z.enum(['PRODUCTION', 'PRE_PRODUCTION']),
  env_name: z.string().nullish(),
  source: z.discriminatedUnion('type', [
    z.object({ type: z.literal('EVENTS'), events: z.array(Row).min(1).max(MAX_EVENTS) }),
    z.object({ type: z.literal('FILE'), file_id: z.string() }),
  ]),
});
type Publish = z.output<typeof Publish>;

const Delete = z.object({
  model_id: z.string(),
  event_ids: z.array(z.string()).max(MAX_IDS).nullish(),
  time_range: z.object({ start_time: z.string(), end_time: z.string() }).nullish(),
  update_metrics: z.boolean().nullish(),
});

export const eventRoutes: Routes = (api, context) => {
  const { store, jobs, now, deduplicate } = context;

  api.post('/v3/events', async (request, reply) => {
    const body = parsed(Publish, request.body);
    const model = store.models.needed(body.model_id);
    const { source, env_type, env_name } = body;
    if (env_type === 'PRE_PRODUCTION' && !env_name) throw badRequest('env_name: a dataset needs a name');
    if (env_type === 'PRE_PRODUCTION') checkNewDataset(context, model, env_name as string);
    if (source.type === 'FILE') return acceptFile(context, reply, model, body, 'publish');
    if (env_type === 'PRE_PRODUCTION') throw badRequest('env_type: datasets are published as files, not as rows');
    const { events } = eventsOfRows(model, source.events, now());
    const envId = store.environments.production(model.id);
    store.transaction(() => addEvents(store, model, envId, events, deduplicate));
    const event_ids = events.map(({ eventId }) => eventId);
    return reply.code(202).send(normal({ source_type: 'EVENTS', event_ids }));
  });

  api.patch('/v3/events', async (request, reply) => {
    const body = parsed(Publish, request.body);
    const model = store.models.needed(body.model_id);
    const { source, env_type } = body;
    if (model.event_id_col === null) throw badRequest('Updating events needs a model with event_id_col');
    if (env_type !== 'PRODUCTION') throw badRequest('env_type: datasets cannot change once they are published');
    if (source.type === 'FILE') return acceptFile(context, reply, model, body, 'update');
    const envId = store.environments.production(model.id);
    const rows = source.events.map(cellsOf);
    const event_ids = store.transaction(() => updateEvents(store, model, envId, rows));
    return reply.code(202).send(normal({ source_type: 'EVENTS', event_ids }));
  });

  api.delete('/v3/events', async (request, reply) => {
    const { model_id, event_ids, time_range } = parsed(Delete, request.body);
    const model = store.models.needed(model_id);
    if (!event_ids?.length === !time_range) throw badRequest('Either event_ids or time_range is needed');
    const work: DeleteEventsRequest = {
      event_ids: event_ids?.length ? event_ids : null,
      from: time_range ? requestedTime('time_range.start_time', time_range.start_time) : 0,
      to: time_range ? requestedTime('time_range.end_time', time_range.end_time) : 0,
    };
    const info = {
      resource_type: 'EVENT',
      resource_name: model.name,
      ...modelInfo(model),
      env_type: 'PRODUCTION',
      env_name: null,
    };
    const { id, name } = jobs.add({ name: 'Delete events', kind: 'delete_events', model_id, info, request: work });
    return reply.code(202).send(normal({ job: { id, name } }));
  });
};

/** A dataset is one file: it takes no second one, be the first still on its way. */
function checkNewDataset({ store, jobs }: Context, model: Model, name: string): void {
  const isComing = jobs.isPublishing(model.id, name);
  if (isComing || store.environments.dataset(model.id, name) !== null) throw conflict(`Dataset ${name}`);
}

function acceptFile(
  { store, jobs }: Context,
  reply: FastifyReply,
  model: Model,
  { source, env_type, env_name = null }: Publish,
  kind: JobKind,
) {
  if (source.type !== 'FILE') throw badRequest('source: a file is needed');
  dataFile(store, source.file_id);
  const resource_type = env_type === 'PRODUCTION' ? 'EVENT' : 'DATASET';
  const request: PublishRequest = { file_id: source.file_id, env_type, env_name };
  const { id, name } = jobs.add({
    name: kind === 'update' ? 'Update events' : 'Publish events',
    kind,
    model_id: model.id,
    info: { resource_type, resource_name: model.name, ...modelInfo(model), env_type, env_name },
    request,
  });
  return reply.code(202).send(normal({ source_type: 'FILE', job: { id, name } }));
}
