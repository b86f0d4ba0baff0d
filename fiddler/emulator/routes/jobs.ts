import { z } from 'zod';
import { notFound } from '../http/api-failure.js';
import { normal, paginated } from '../http/envelope.js';
import { filtered } from '../http/filter.js';
import { IdParams, PageQuery, parsed } from '../http/parsed.js';
import type { Job } from '../store/jobs.js';
import type { Routes } from './context.js';
import { Views } from './views.js';

/** Fiddler's Python client sends `True` and `False`. */
const Verbose = z.object({
  verbose: z
    .string()
    .optional()
    .transform((text) => text?.toLowerCase() === 'true' || text === '1'),
});
const ListQuery = PageQuery.extend({ model_id: z.string().optional() });

const FIELDS = {
  id: ({ id }: Job) => id,
  model_id: ({ model_id }: Job) => model_id,
  model_uuid: ({ model_id }: Job) => model_id,
  status: ({ status }: Job) => status,
  name: ({ name }: Job) => name,
};

export const jobRoutes: Routes = (api, { store }) => {
  const views = new Views(store);

  api.get('/v3/jobs', async (request) => {
    const query = parsed(ListQuery, request.query, 'query');
    const { verbose } = parsed(Verbose, request.query, 'query');
    const ofModel = store.jobs.list().filter(({ model_id }) => model_id === (query.model_id ?? model_id));
    return paginated(filtered(ofModel, query.filter, FIELDS), query, (job) => views.job(job, verbose));
  });

  api.get('/v3/jobs/:id', async (request) => {
    const job = store.jobs.get(parsed(IdParams, request.params).id);
    if (job === null) throw notFound('Job');
    return normal(views.job(job, parsed(Verbose, request.query, 'query').verbose));
  });
};
