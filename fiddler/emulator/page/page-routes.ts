/** Collects the data of the page. */
import { z } from 'zod';
import { notFound } from '../http/api-failure.js';
import { normal } from '../http/envelope.js';
import { parsed } from '../http/parsed.js';
import { metricOf } from '../metrics/metrics.js';
import { binsWithin } from '../metrics/time-bins.js';
import type { Context, Routes } from '../routes/context.js';
import type { Job } from '../store/jobs.js';
import type { Model } from '../store/models.js';
import type { PageDrift, PageJob, PageModel, PageState } from './page-data.js';

const MAX_JOBS = 50;
/** Charts of more days have one point per week. */
const MAX_DAYS = 190;
const DAY = 86_400_000;

const DriftQuery = z.object({ model: z.string(), baseline: z.string(), feature: z.string() });

export const pageRoutes: Routes = (app, context) => {
  const { store } = context;

  app.get('/emulator/state', async () => {
    const jobs = store.jobs.list();
    const state: PageState = {
      projects: store.projects.list().map(({ name }) => name),
      models: store.models.list().map((model) => pageModel(context, model)),
      jobs: jobs.slice(0, MAX_JOBS).map(pageJob),
      jobCount: jobs.length,
    };
    return normal(state);
  });

  app.get('/emulator/drift', async (request) => {
    const { model: id, baseline: baselineId, feature: column } = parsed(DriftQuery, request.query, 'query');
    const model = store.models.get(id);
    if (model === null) throw notFound('Model');
    const [jsd, psi] = ['jsd', 'psi'].map((metric) => metricOf(store, model, { metric, column, baselineId }));
    const envId = store.environments.production(id).id;
    const extent = store.events.extent(envId);
    const days = extent === null ? 0 : (extent.last - extent.first) / DAY;
    const bin = days > MAX_DAYS ? 'Week' : 'Day';
    const bins = extent === null ? [] : binsWithin({ from: extent.first, to: extent.last + 1 }, bin);
    const drift: PageDrift = {
      bin,
      bins: bins.map((range) => ({
        from: range.from,
        rows: store.events.count(envId, range.from, range.to),
        jsd: jsd!(range),
        psi: psi!(range),
      })),
    };
    return normal(drift);
  });
};

function pageModel({ store }: Context, model: Model): PageModel {
  const environments = store.environments.list().filter(({ model_id }) => model_id === model.id);
  return {
    id: model.id,
    name: model.name,
    version: model.version,
    project: model.project_name,
    events: store.events.count(store.environments.production(model.id).id),
    datasets: environments
      .filter(({ type }) => type === 'PRE_PRODUCTION')
      .map(({ id, name }) => ({ name, rows: store.events.count(id) })),
    baselines: store.baselines
      .list()
      .filter(({ model_id }) => model_id === model.id)
      .map(({ id, name, type }) => ({ id, name, type })),
    features: model.spec.custom_features
      .filter(({ type, centroids }) => type !== 'ENRICHMENT' && (centroids?.length ?? 0) > 0)
      .map(({ name }) => name),
  };
}

function pageJob(job: Job): PageJob {
  const { info, error_reason, error_message } = job;
  const environment = info['env_type'] === 'PRE_PRODUCTION' ? info['env_name'] : info['env_type'] && 'production';
  return {
    id: job.id,
    name: job.name,
    status: job.status,
    progress: job.progress,
    model: String(info['model_name'] ?? ''),
    environment: String(environment ?? ''),
    error: error_reason && `${error_reason}: ${error_message}`,
    rows: typeof job.extras['rows'] === 'number' ? job.extras['rows'] : null,
    created: job.created_at,
  };
}
