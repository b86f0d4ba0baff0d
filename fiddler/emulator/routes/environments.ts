import { z } from 'zod';
import { notFound } from '../http/api-failure.js';
import { normal, paginated } from '../http/envelope.js';
import { filtered } from '../http/filter.js';
import { IdParams, PageQuery, parsed } from '../http/parsed.js';
import type { Environment } from '../store/environments.js';
import type { Routes } from './context.js';
import { modelOf } from './models.js';
import { Views } from './views.js';

const ListQuery = PageQuery.extend({ type: z.enum(['PRODUCTION', 'PRE_PRODUCTION']).optional() });

const FIELDS = {
  id: ({ id }: Environment) => id,
  name: ({ name }: Environment) => name,
  type: ({ type }: Environment) => type,
  model_id: ({ model_id }: Environment) => model_id,
};

export const environmentRoutes: Routes = (api, { store }) => {
  const views = new Views(store);

  api.get('/v3/environments', async (request) => {
    const query = parsed(ListQuery, request.query, 'query');
    const environments = filtered(store.environments.list(), query.filter, FIELDS);
    return paginated(environments, query, (environment) => views.environment(environment));
  });

  api.get('/v3/models/:id/environments', async (request) => {
    const query = parsed(ListQuery, request.query, 'query');
    const model = modelOf(store, request.params);
    const ofModel = store.environments
      .list()
      .filter(({ model_id, type }) => model_id === model.id && type === (query.type ?? type));
    const environments = filtered(ofModel, query.filter, FIELDS);
    return paginated(environments, query, (environment) => views.environment(environment));
  });

  api.get('/v3/environments/:id', async (request) => {
    const environment = store.environments.get(parsed(IdParams, request.params).id);
    if (environment === null) throw notFound('Environment');
    return normal(views.environment(environment));
  });
};
