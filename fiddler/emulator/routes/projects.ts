/** The server itself, its projects, and the environments and jobs of models. */
import { z } from 'zod';
import { badRequest, conflict, normal, notFound, paginated } from '../http/envelope.js';
import { filtered, IdParams, PageQuery, parsed } from '../http/parsed.js';
import type { Job } from '../store/jobs.js';
import type { Environment, Project } from '../store/models.js';
import { nameRule, type Routes } from './context.js';
import { modelOf } from './models.js';
import { Views } from './views.js';

/** The emulated version of Fiddler. Clients read it to find out which calls they can use. */
const SERVER_VERSION = '25.12.0';
/** The first major version of the Python client that uses this API. */
const LEAST_PYTHON_CLIENT = 3;

const Compatibility = z.object({ client_version: z.string(), client_name: z.string() });

export const serverRoutes: Routes = (api, { store }) => {
  api.get('/v3/server-info', async () =>
    normal({ server_version: SERVER_VERSION, feature_flags: {}, organization: store.organization }),
  );

  api.get('/v3/version-compatibility', async (request) => {
    const { client_version, client_name } = parsed(Compatibility, request.query, 'query');
    if (client_name === 'python-sdk' && !(Number.parseInt(client_version, 10) >= LEAST_PYTHON_CLIENT)) {
      throw badRequest(`You are using old fiddler-client version. Please upgrade to 3.0.0 or above`);
    }
    return normal({});
  });
};

const NewProject = z.object({ name: nameRule(2, 32) });

const PROJECT_FIELDS = { id: ({ id }: Project) => id, name: ({ name }: Project) => name };

export const projectRoutes: Routes = (api, { store }) => {
  const views = new Views(store);

  api.get('/v3/projects', async (request) => {
    const query = parsed(PageQuery, request.query, 'query');
    const projects = filtered(store.projects.list(), query.filter, PROJECT_FIELDS);
    return paginated(projects, query, (project) => views.project(project));
  });

  api.post('/v3/projects', async (request) => {
    const { name } = parsed(NewProject, request.body);
    if (store.projects.byName(name) !== null) throw conflict('Project');
    return normal(views.project(store.projects.create(name)));
  });

  api.get('/v3/projects/:id', async (request) => {
    const project = store.projects.get(parsed(IdParams, request.params).id);
    if (project === null) throw notFound('Project');
    return normal(views.project(project));
  });

  api.delete('/v3/projects/:id', async (request) => {
    if (!store.projects.delete(parsed(IdParams, request.params).id)) throw notFound('Project');
    return normal({});
  });
};

const EnvironmentQuery = PageQuery.extend({ type: z.enum(['PRODUCTION', 'PRE_PRODUCTION']).optional() });

const ENVIRONMENT_FIELDS = {
  id: ({ id }: Environment) => id,
  name: ({ name }: Environment) => name,
  type: ({ type }: Environment) => type,
  model_id: ({ model_id }: Environment) => model_id,
};

export const environmentRoutes: Routes = (api, { store }) => {
  const views = new Views(store);

  api.get('/v3/environments', async (request) => {
    const query = parsed(EnvironmentQuery, request.query, 'query');
    const environments = filtered(store.environments.list(), query.filter, ENVIRONMENT_FIELDS);
    return paginated(environments, query, (environment) => views.environment(environment));
  });

  api.get('/v3/models/:id/environments', async (request) => {
    const query = parsed(EnvironmentQuery, request.query, 'query');
    const model = modelOf(store, request.params);
    const ofModel = store.environments
      .list()
      .filter(({ model_id, type }) => model_id === model.id && type === (query.type ?? type));
    const environments = filtered(ofModel, query.filter, ENVIRONMENT_FIELDS);
    return paginated(environments, query, (environment) => views.environment(environment));
  });

  api.get('/v3/environments/:id', async (request) => {
    const environment = store.environments.get(parsed(IdParams, request.params).id);
    if (environment === null) throw notFound('Environment');
    return normal(views.environment(environment));
  });
};

/** Fiddler's Python client sends `True` and `False`. */
const Verbose = z.object({
  verbose: z
    .string()
    .optional()
    .transform((text) => text?.toLowerCase() === 'true' || text === '1'),
});
const JobQuery = PageQuery.extend({ model_id: z.string().optional() });

const JOB_FIELDS = {
  id: ({ id }: Job) => id,
  model_id: ({ model_id }: Job) => model_id,
  model_uuid: ({ model_id }: Job) => model_id,
  status: ({ status }: Job) => status,
  name: ({ name }: Job) => name,
};

export const jobRoutes: Routes = (api, { store }) => {
  const views = new Views(store);

  api.get('/v3/jobs', async (request) => {
    const query = parsed(JobQuery, request.query, 'query');
    const { verbose } = parsed(Verbose, request.query, 'query');
    const ofModel = store.jobs.list().filter(({ model_id }) => model_id === (query.model_id ?? model_id));
    return paginated(filtered(ofModel, query.filter, JOB_FIELDS), query, (job) => views.job(job, verbose));
  });

  api.get('/v3/jobs/:id', async (request) => {
    const job = store.jobs.get(parsed(IdParams, request.params).id);
    if (job === null) throw notFound('Job');
    return normal(views.job(job, parsed(Verbose, request.query, 'query').verbose));
  });
};
