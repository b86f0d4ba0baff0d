/** What routes have in common: their context, and a resource that is listed, read and deleted. */

import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { normal, notFound, paginated } from '../http/envelope.js';
import { type Fields, filtered, PageQuery, parsed } from '../http/parsed.js';
import type { JobRunner } from '../jobs/job-runner.js';
import type { Store } from '../store/store.js';
import type { Stored, Table } from '../store/tables.js';
import type { Views } from './views.js';

export interface Context {
  store: Store;
  views: Views;
  jobs: JobRunner;
  now: () => number;
  seed: number;
  deduplicate: boolean;
}

export type Routes = (api: FastifyInstance, context: Context) => void;

/** Fiddler's rule for names: a letter, then letters, digits and underscores, all in lower case. */
export function nameRule(least: number, most: number) {
  return z
    .string()
    .min(least)
    .max(most)
    .regex(/^[a-z][a-z0-9_]*$/, 'only a-z, 0-9 and _ are possible, and a letter at the beginning');
}

/** Any text is accepted as an id: one that is not a UUID is unknown, as any other. */
const IdParams = z.object({ id: z.string() });

/** The id in the address. */
export function idOf({ params }: { params: unknown }): string {
  return parsed(IdParams, params).id;
}

export interface Resource<T> {
  table: Pick<Table<T & Stored>, 'list' | 'needed' | 'delete'>;
  view(item: T, query: unknown): unknown;
  /** The members that filters can name. */
  fields: Fields<T>;
}

/** One page of the items that the filter lets through. */
export function pageOf<T>(
  { query }: { query: unknown },
  items: readonly T[],
  { view, fields }: Omit<Resource<T>, 'table'>,
) {
  const page = parsed(PageQuery, query, 'query');
  return paginated(filtered(items, page.filter, fields), page, (item) => view(item, query));
}

export function listRoute<T>(api: FastifyInstance, path: string, resource: Resource<T>): void {
  api.get(path, async (request) => pageOf(request, resource.table.list(), resource));
}

export function itemRoute<T>(api: FastifyInstance, path: string, { table, view }: Resource<T>): void {
  api.get(`${path}/:id`, async (request) => normal(view(table.needed(idOf(request)), request.query)));
}

export function deleteRoute<T>(api: FastifyInstance, path: string, what: string, { table }: Resource<T>): void {
  api.delete(`${path}/:id`, async (request) => {
    if (!table.delete(idOf(request))) throw notFound(what);
    return normal({});
  });
}
