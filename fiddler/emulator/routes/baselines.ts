import { z } from 'zod';
import { badRequest, conflict, normal, notFound, paginated } from '../http/envelope.js';
import { filtered, IdParams, PageQuery, parsed } from '../http/parsed.js';
import type { Baseline } from '../store/baselines.js';
import type { Store } from '../store/store.js';
import { nameRule, type Routes } from './context.js';
import { modelOf } from './models.js';
import { Views } from './views.js';

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

export const baselineRoutes: Routes = (api, { store }) => {
  const views = new Views(store);
  const fields = {
    id: ({ id }: Baseline) => id,
    name: ({ name }: Baseline) => name,
    type: ({ type }: Baseline) => type,
    model_id: ({ model_id }: Baseline) => model_id,
    environment_type: ({ env_id }: Baseline) => store.environments.get(env_id)?.type,
  };

  api.get('/v3/baselines', async (request) => {
    const query = parsed(PageQuery, request.query, 'query');
    const baselines = filtered(store.baselines.list(), query.filter, fields);
    return paginated(baselines, query, (baseline) => views.baseline(baseline));
  });

  api.get('/v3/models/:id/baselines', async (request) => {
    const query = parsed(PageQuery, request.query, 'query');
    const model = modelOf(store, request.params);
    const ofModel = store.baselines.list().filter(({ model_id }) => model_id === model.id);
    return paginated(filtered(ofModel, query.filter, fields), query, (baseline) => views.baseline(baseline));
  });

  api.post('/v3/baselines', async (request) => {
    const body = parsed(NewBaseline, request.body);
    const model = modelOf(store, { id: body.model_id });
    const env_id = environmentId(store, model.id, body);
    if (store.baselines.byName(model.id, body.name) !== null) throw conflict('Baseline');
    const { name, type, start_time = null, end_time = null, offset_delta = null, window_bin_size = null } = body;
    const baseline = { model_id: model.id, env_id, name, type, start_time, end_time, offset_delta, window_bin_size };
    return normal(views.baseline(store.baselines.create(baseline)));
  });

  api.get('/v3/baselines/:id', async (request) => {
    const baseline = store.baselines.get(parsed(IdParams, request.params).id);
    if (baseline === null) throw notFound('Baseline');
    return normal(views.baseline(baseline));
  });

  api.delete('/v3/baselines/:id', async (request) => {
    if (!store.baselines.delete(parsed(IdParams, request.params).id)) throw notFound('Baseline');
    return normal({});
  });
};

/** @throws ApiFailure 400 if the baseline's type does not fit its environment or window; 404 for an unknown dataset */
function environmentId(store: Store, modelId: string, body: NewBaseline): string {
  const { type, env_type, env_id, start_time, end_time, offset_delta, window_bin_size } = body;
  if (type === 'ROLLING') {
    if (env_type !== 'PRODUCTION') throw badRequest('A rolling baseline is one of production');
    if (!offset_delta || !window_bin_size)
      throw badRequest('A rolling baseline needs offset_delta and window_bin_size');
    return store.environments.production(modelId).id;
  }
  if (env_type === 'PRODUCTION') {
    const given = typeof start_time === 'number' && typeof end_time === 'number';
    if (!given || start_time >= end_time)
      throw badRequest('A static baseline of production needs start_time before end_time');
    return store.environments.production(modelId).id;
  }
  if (!env_id) throw badRequest('env_id: a baseline of a dataset needs the id of that dataset');
  const environment = store.environments.get(env_id);
  if (environment === null || environment.model_id !== modelId) throw notFound('Environment');
  return environment.id;
}
