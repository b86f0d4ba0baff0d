import * as z from 'zod';
import { badRequest, conflict, normal } from '../http/envelope.js';
import { members, PageQuery, parsed } from '../http/parsed.js';
import { recount } from '../ingest/change-events.js';
import { readSample } from '../ingest/read-events.js';
import { dataFile, named } from '../jobs/job-runner.js';
import { binningsOf } from '../metrics/binning.js';
import { METRICS } from '../metrics/metrics.js';
import { inferModel } from '../model/infer-model.js';
import { contradictions, ModelBody, ModelPatch, patched, Spec } from '../model/model-body.js';
import type { Store } from '../store/store.js';
import type { Model } from '../store/tables.js';
import { idOf, itemRoute, nameRule, pageOf, type Routes } from './resource.js';

const NewModel = ModelBody.extend({
  name: nameRule(2, 30),
  project_id: z.string(),
  version: z.string().min(1).max(64).default('v1'),
});

export const modelRoutes: Routes = (api, { store, views, jobs }) => {
  const fields = members<Model>('id', 'name', 'version', 'project_id');
  const view = (model: Model) => views.model(model);
  const modelOf = (request: { params: unknown }) => store.models.needed(idOf(request));
  itemRoute(api, '/v3/models', { table: store.models, view, fields });

  api.get('/v3/models', async (request) => {
    const models = store.models.list();
    if (parsed(PageQuery, request.query, 'query').ordering?.startsWith('-')) models.reverse();
    return pageOf(request, models, { fields, view: (model) => views.modelSummary(model) });
  });

  api.post('/v3/models', async (request) => {
    const { name, project_id, version, ...body } = parsed(NewModel, request.body);
    checkSound(body);
    store.projects.needed(project_id);
    checkNew(store, { project_id, name, version });
    const model = store.transaction(() => {
      const created = store.models.insert({ project_id, name, version, body });
      store.environments.insert({ model_id: created.id, type: 'PRODUCTION', name: 'production' });
      return created;
    });
    return normal(view(model));
  });

  api.patch('/v3/models/:id', async (request) => {
    const model = modelOf(request);
    const patch = parsed(ModelPatch, request.body);
    const { version = model.version } = patch;
    const body = patched(model, patch);
    checkSound(body);
    if (version !== model.version) checkNew(store, { ...model, version });
    const updated = store.transaction(() => {
      const after = store.models.update(model.id, { version, body });
      if (patch.schema || patch.spec) recount(store, after);
      return after;
    });
    return normal(view(updated));
  });

  api.delete('/v3/models/:id', async (request, reply) => {
    const model = modelOf(request);
    const { id, name } = jobs.add({
      name: `Deleting model ${model.name}`,
      kind: 'delete_model',
      model_id: model.id,
      info: { resource_type: 'MODEL', resource_name: model.name, ...modelInfo(model) },
      request: {},
    });
    return reply.code(202).send(normal({ job: { id, name } }));
  });

  api.get('/v3/models/:id/columns', async (request) => {
    const { schema } = modelOf(request);
    return normal(schema.columns.map((column) => ({ id: column.name, ...column })));
  });

  api.get('/v3/models/:id/metrics', async (request) => normal(catalogue(store, modelOf(request))));
};

/** @throws ApiFailure 409 */
function checkNew({ models }: Store, { project_id, name, version }: Pick<Model, 'project_id' | 'name' | 'version'>) {
  if (models.find({ project_id, name, version }) !== null) throw conflict('Model');
}

/** What jobs say about the model that they work on. */
export function modelInfo({ id, name, project_name }: Model) {
  return { project_name, model_name: name, model_uuid: id };
}

function checkSound(body: Parameters<typeof contradictions>[0]): void {
  const wrong = contradictions(body);
  if (wrong.length > 0) throw badRequest(wrong[0] as string, wrong);
}

/** Which metrics there are, and which columns they can be asked for; custom features are columns, too. */
function catalogue({ organization }: Store, model: Model) {
  const binned = new Set(binningsOf(model).map(({ id }) => id));
  const features = model.spec.custom_features.map(({ name }) => ({ id: name, name, data_type: 'custom feature' }));
  const columns = model.schema.columns.map(({ name, data_type }) => ({ id: name, name, data_type }));
  const all = [...features, ...columns];
  const metrics = METRICS.map(({ id, name, type, needs_baseline, needs_column }) => ({
    id,
    name,
    type,
    requires_baseline: needs_baseline,
    columns: needs_column
      ? all.filter((column) => fits(id, column.data_type, binned.has(column.id))).map((of) => of.id)
      : [],
  }));
  const { id, name, version } = model;
  const project = { id: model.project_id, name: model.project_name };
  const metric_types = [...new Set(METRICS.map(({ type }) => type))];
  return { organization, project, model: { id, name, version }, metric_types, metrics, columns: all };
}

function fits(metric: string, dataType: string, isBinned: boolean): boolean {
  if (METRICS.find(({ id }) => id === metric)?.type === 'data_integrity') return dataType !== 'custom feature';
  return metric === 'average' ? dataType === 'float' || dataType === 'int' : isBinned;
}

const Request = z.object({
  file_id: z.string(),
  spec: Spec.nullish(),
  max_cardinality: z.number().int().min(1).max(100_000).default(1_000),
  sample_size: z.number().int().min(10_000).max(100_000).default(10_000),
});

export const modelFactoryRoutes: Routes = (api, { store, seed }) => {
  api.post('/v3/model-factory', async (request) => {
    const { file_id, spec, max_cardinality, sample_size } = parsed(Request, request.body);
    const { path, format } = dataFile(store, file_id);
    const sample = await named(path, () => readSample(path, format, sample_size));
    return normal(inferModel(sample, { spec: spec ?? null, maxCardinality: max_cardinality, seed }));
  });
};
