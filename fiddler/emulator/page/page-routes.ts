import { readFile } from 'node:fs/promises';
import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { ApiFailure, normal } from '../http/envelope.js';
import { parsed } from '../http/parsed.js';
import { metricOf } from '../metrics/metrics.js';
import { binsWithin } from '../metrics/time-bins.js';
import type { Context, Routes } from '../routes/resource.js';
import type { Job, Model } from '../store/tables.js';
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
    const model = store.models.needed(id);
    const [jsd, psi] = ['jsd', 'psi'].map((metric) => metricOf(store, model, { metric, column, baselineId }));
    const envId = store.environments.production(id);
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
  return {
    id: model.id,
    name: model.name,
    version: model.version,
    project: model.project_name,
    events: store.events.count(store.environments.production(model.id)),
    datasets: store.environments
      .list({ model_id: model.id, type: 'PRE_PRODUCTION' })
      .map(({ id, name }) => ({ name, rows: store.events.count(id) })),
    baselines: store.baselines.list({ model_id: model.id }).map(({ id, name, type }) => ({ id, name, type })),
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

/** The page at `/`: one document, one script, one style sheet. A content security policy allows nothing else. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
};

const DOCUMENT = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Local emulator of Fiddler</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/client.css">
<script type="module" src="/client.js"></script>
</head>
<body>
<header>
<h1>Local emulator</h1>
<p>This is image-drift’s emulator, for trying things out on this machine. It is not Fiddler and not made by Fiddler.</p>
</header>
<main id="main"><noscript><p class="note">This page needs JavaScript.</p></noscript></main>
</body>
</html>
`;

/** The page itself needs no token. It shows nothing until it has the token from its own address. */
export function servePage(app: FastifyInstance): void {
  app.get('/', async (_request, reply) => reply.headers(HEADERS).type('text/html; charset=utf-8').send(DOCUMENT));
  const files = { 'client.js': 'text/javascript; charset=utf-8', 'client.css': 'text/css; charset=utf-8' };
  for (const [name, type] of Object.entries(files)) {
    app.get(`/${name}`, async (_request, reply) =>
      reply
        .headers(HEADERS)
        .type(type)
        .send(await bundled(name)),
    );
  }
}

async function bundled(name: string): Promise<Buffer> {
  try {
    return await readFile(new URL(name, import.meta.url));
  } catch {
    throw new ApiFailure(404, 'ObjectNotFound', 'The page was not built; npm run build makes it');
  }
}
