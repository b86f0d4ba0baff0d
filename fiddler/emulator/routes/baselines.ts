import * as z from 'zod';
import { badRequest, conflict, normal, notFound } from '../http/envelope.js';
import { members, parsed } from '../http/parsed.js';
import type { Store } from '../store/store.js';
import type { Baseline } from '../store/tables.js';
import { deleteRoute, idOf, itemRoute, listRoute, nameRule, pageOf, type Routes } from './resource.js';

const NewBaseline = z.object({
  name: nameRule(3, 256),
  model_id: z.string(),
  type: z.enum(['STATIC', 'ROLLING']),
  env_type: z.enum(['PRODUCTION', 'PRE_PRODUCTION']),
  env_id: z.string().nullish(),
  start_time: z.number().int().nullish(),
  end_time: z.number().int().nullish(),
  offset_delta: z.number().int().min(1).nullish(),
  window_bin_size: z.enum(['Hour', 'Day', 'Week', 'Month']).nullish(),
});
type NewBaseline = z.output<typeof NewBaseline>;

export const baselineRoutes: Routes = (api, { store, views }) => {
  const { baselines, environments, models } = store;
  const fields = {
    ...members<Baseline>('id', 'name', 'type', 'model_id'),
    environment_type: ({ env_id }: Baseline) => environments.get(env_id)?.type,
  };
  const view = (baseline: Baseline) => views.baseline(baseline);
  const resource = { table: baselines, view, fields };
  listRoute(api, '/v3/baselines', resource);
  itemRoute(api, '/v3/baselines', resource);
  deleteRoute(api, '/v3/baselines', 'Baseline', resource);

  api.get('/v3/models/:id/baselines', async (request) => {
    const model_id = models.needed(idOf(request)).id;
    return pageOf(request, baselines.list({ model_id }), resource);
  });

  api.post('/v3/baselines', async (request) => {
    const body = parsed(NewBaseline, request.body);
    const model_id = models.needed(body.model_id).id;
    const env_id = environmentId(store, model_id, body);
    const { name, type, start_time = null, end_time = null, offset_delta = null, window_bin_size = null } = body;
    if (baselines.find({ model_id, name }) !== null) throw conflict('Baseline');
    return normal(
      view(baselines.insert({ model_id, env_id, name, type, start_time, end_time, offset_delta, window_bin_size })),
    );
  });
};

/** @throws ApiFailure 400 if the baseline's type does not fit its environment or window; 404 for an unknown dataset */
function environmentId(store: Store, modelId: string, body: NewBaseline): string {
  const { type, env_type, env_id, start_time, end_time, offset_delta, window_bin_size } = body;
  if (type === 'ROLLING') {
    if (env_type !== 'PRODUCTION') throw badRequest('A rolling baseline is one of production');
    if (!offset_delta || !window_bin_size)
      throw badRequest('A rolling baseline needs offset_delta and window_bin_size');
    return store.environments.production(modelId);
  }
  if (env_type === 'PRODUCTION') {
    const given = typeof start_time === 'number' && typeof end_time === 'number';
    if (!given || start_time >= end_time)
      throw badRequest('A static baseline of production needs start_time before end_time');
    return store.environments.production(modelId);
  }
  if (!env_id) throw badRequest('env_id: a baseline of a dataset needs the id of that dataset');
  const environment = store.environments.get(env_id);
  if (environment === null || environment.model_id !== modelId) throw notFound('Environment');
  return environment.id;
}
