/** The work of each kind of job. */
import { basename } from 'node:path';
import { badRequest } from '../http/envelope.js';
import { addEvents, deleteEvents, updateEvents } from '../ingest/change-events.js';
import { eventsOfFile, rowsOfFile } from '../ingest/read-events.js';
import type { Store } from '../store/store.js';
import type { EnvironmentType, JobKind, Model } from '../store/tables.js';
import type { JobWork } from './job-runner.js';

export interface PublishRequest {
  file_id: string;
  env_type: EnvironmentType;
  env_name: string | null;
}

export interface DeleteEventsRequest {
  event_ids: string[] | null;
  /** Milliseconds; `to` is excluded. */
  from: number;
  to: number;
}

interface JobWorkOptions {
  deduplicate: boolean;
  now: () => number;
}

export function jobWork(store: Store, options: JobWorkOptions): Record<JobKind, JobWork> {
  const modelOf = (id: string) => store.models.needed(id);

  return {
    async publish(job) {
      const { file_id, env_type, env_name } = job.request as PublishRequest;
      const { path, format } = dataFile(store, file_id);
      const { events, oddities } = await named(path, () =>
        eventsOfFile(modelOf(job.model_id), path, format, options.now()),
      );
      return () => {
        const model = modelOf(job.model_id);
        const envId =
          env_type === 'PRODUCTION' ? store.environments.production(model.id) : datasetId(store, model, env_name!);
        const added = addEvents(store, model, envId, events, options.deduplicate);
        return { rows: events.length, stored: added.length, ...oddities };
      };
    },

    async update(job) {
      const { file_id } = job.request as PublishRequest;
      const { path, format } = dataFile(store, file_id);
      const rows: ((name: string) => unknown)[] = [];
      await named(path, async () => {
        for await (const row of rowsOfFile(path, format)) rows.push(row);
      });
      return () => {
        const model = modelOf(job.model_id);
        const updated = updateEvents(store, model, store.environments.production(model.id), rows);
        return { rows: rows.length, updated: updated.length };
      };
    },

    async delete_events(job) {
      const { event_ids, from, to } = job.request as DeleteEventsRequest;
      return () => {
        const model = modelOf(job.model_id);
        const envId = store.environments.production(model.id);
        const events =
          event_ids === null
            ? store.events.list({ envId, from, to, vectors: true })
            : event_ids.flatMap((id) => store.events.byId(envId, id));
        deleteEvents(store, model, envId, events);
        return { deleted: events.length };
      };
    },

    async delete_model(job) {
      return () => {
        store.models.delete(job.model_id);
        return {};
      };
    },
  };
}

/** Finds or creates the dataset, and a static baseline of the same name. */
function datasetId(store: Store, model: Model, name: string): string {
  const model_id = model.id;
  const known = store.environments.dataset(model_id, name);
  const { id } = known ?? store.environments.insert({ model_id, type: 'PRE_PRODUCTION', name });
  if (store.baselines.find({ model_id, name }) === null) {
    const always = { start_time: null, end_time: null, offset_delta: null, window_bin_size: null };
    store.baselines.insert({ model_id, env_id: id, name, type: 'STATIC', ...always });
  }
  return id;
}

/** @throws ApiFailure 400 for a file that is not complete or not a table; 404 for an unknown file */
export function dataFile(store: Store, id: string): { path: string; format: 'csv' | 'parquet' } {
  const file = store.files.needed(id);
  if (file.status !== 'SUCCESSFUL')
    throw badRequest(`File ${file.filename} is not complete: its status is ${file.status}`);
  if (file.type === 'TAR_GZ') throw badRequest(`File ${file.filename} is neither CSV nor parquet`);
  return { path: store.files.path(id), format: file.type === 'CSV' ? 'csv' : 'parquet' };
}

/** Replaces the file's path in error messages by its id, because clients must not learn where files are stored. */
export async function named<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Error) error.message = error.message.replaceAll(path, `file ${basename(path)}`);
    throw error;
  }
}
