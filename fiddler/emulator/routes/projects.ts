import * as z from 'zod';
import { badRequest, conflict, normal } from '../http/envelope.js';
import { members, parsed } from '../http/parsed.js';
import type { Environment, Job, Project } from '../store/tables.js';
import { deleteRoute, idOf, itemRoute, listRoute, nameRule, pageOf, type Routes } from './resource.js';

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

export const projectRoutes: Routes = (api, { store: { projects }, views }) => {
  const view = (project: Project) => views.project(project);
  const resource = { table: projects, view, fields: members<Project>('id', 'name') };
  listRoute(api, '/v3/projects', resource);
  itemRoute(api, '/v3/projects', resource);
  deleteRoute(api, '/v3/projects', 'Project', resource);

  api.post('/v3/projects', async (request) => {
    const { name } = parsed(NewProject, request.body);
    if (projects.find({ name }) !== null) throw conflict('Project');
    return normal(view(projects.insert({ name })));
  });
};

const EnvironmentQuery = z.object({ type: z.enum(['PRODUCTION', 'PRE_PRODUCTION']).optional() });

export const environmentRoutes: Routes = (api, { store: { environments, models }, views }) => {
  const fields = members<Environment>('id', 'name', 'type', 'model_id');
  const resource = { table: environments, view: (one: Environment) => views.environment(one), fields };
  listRoute(api, '/v3/environments', resource);
  itemRoute(api, '/v3/environments', resource);

  api.get('/v3/models/:id/environments', async (request) => {
    const { type } = parsed(EnvironmentQuery, request.query, 'query');
    const model_id = models.needed(idOf(request)).id;
    return pageOf(request, environments.list({ model_id, ...(type && { type }) }), resource);
  });
};

const JobQuery = z.object({
  model_id: z.string().optional(),
  /** Fiddler's Python client sends `True` and `False`. */
  verbose: z
    .string()
    .optional()
    .transform((text) => text?.toLowerCase() === 'true' || text === '1'),
});

export const jobRoutes: Routes = (api, { store: { jobs }, views }) => {
  const fields = {
    ...members<Job>('id', 'model_id', 'status', 'name'),
    model_uuid: ({ model_id }: Job) => model_id,
  };
  const view = (job: Job, query: unknown) => views.job(job, parsed(JobQuery, query, 'query').verbose);
  const resource = { table: jobs, view, fields };
  itemRoute(api, '/v3/jobs', resource);

  api.get('/v3/jobs', async (request) => {
    const { model_id } = parsed(JobQuery, request.query, 'query');
    return pageOf(request, jobs.list(model_id === undefined ? {} : { model_id }), resource);
  });
};
