import { z } from 'zod';
import { conflict, notFound } from '../http/api-failure.js';
import { normal, paginated } from '../http/envelope.js';
import { filtered } from '../http/filter.js';
import { IdParams, PageQuery, parsed } from '../http/parsed.js';
import type { Project } from '../store/projects.js';
import type { Routes } from './context.js';
import { nameRule } from './names.js';
import { Views } from './views.js';

const NewProject = z.object({ name: nameRule(2, 32) });

const FIELDS = { id: ({ id }: Project) => id, name: ({ name }: Project) => name };

export const projectRoutes: Routes = (api, { store }) => {
  const views = new Views(store);

  api.get('/v3/projects', async (request) => {
    const query = parsed(PageQuery, request.query, 'query');
    const projects = filtered(store.projects.list(), query.filter, FIELDS);
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
