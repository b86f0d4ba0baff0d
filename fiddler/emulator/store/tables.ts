/** What is stored, apart from files and events. */
import type { ModelBody } from '../model/model-body.js';
import type { Database } from './database.js';
import { type Stored, Table } from './table.js';

export interface Project extends Stored {
  name: string;
}

interface NewModel {
  project_id: string;
  name: string;
  version: string;
  body: ModelBody;
}

export interface Model extends ModelBody, Omit<NewModel, 'body'>, Stored {
  project_name: string;
}

export class Models extends Table<Model, NewModel> {
  constructor(database: Database, now: () => number) {
    const select = 'SELECT t.*, p.name AS project_name FROM models t JOIN projects p ON p.id = t.project_id';
    super(database, now, { name: 'models', what: 'Model', select, json: ['body'] });
  }

  protected override read({ body, ...row }: Record<string, unknown>): Model {
    return { ...(body as ModelBody), ...row } as Model;
  }
}

/** The environments of a model hold its events: one production environment, and its datasets. */
export type EnvironmentType = 'PRODUCTION' | 'PRE_PRODUCTION';

export interface Environment extends Stored {
  model_id: string;
  name: string;
  type: EnvironmentType;
}

export class Environments extends Table<Environment> {
  constructor(database: Database, now: () => number) {
    super(database, now, { name: 'environments', what: 'Environment' });
  }

  /** The dataset of that name, or null. */
  dataset(modelId: string, name: string): Environment | null {
    return this.find({ model_id: modelId, type: 'PRE_PRODUCTION', name });
  }

  /** The id of the model's production. */
  production(modelId: string): string {
    return this.find({ model_id: modelId, type: 'PRODUCTION' })!.id;
  }
}

export interface Baseline extends Stored {
  model_id: string;
  env_id: string;
  name: string;
  type: 'STATIC' | 'ROLLING';
  /** Milliseconds; only for a static baseline in production. */
  start_time: number | null;
  end_time: number | null;
  /** How many windows back; only for a rolling baseline. */
  offset_delta: number | null;
  window_bin_size: 'Hour' | 'Day' | 'Week' | 'Month' | null;
}

export interface AlertRule extends Stored {
  model_id: string;
  /** The body as the client sent it, with what was changed since. */
  body: Record<string, unknown>;
}

export type JobKind = 'publish' | 'update' | 'delete_events' | 'delete_model';

export interface NewJob {
  name: string;
  kind: JobKind;
  model_id: string;
  /** The fields that clients see. */
  info: Record<string, unknown>;
  /** The input of the work. */
  request: object;
}

interface JobState {
  status: 'PENDING' | 'STARTED' | 'SUCCESS' | 'FAILURE';
  /** Percent. */
  progress: number;
  error_reason: string | null;
  error_message: string | null;
  extras: Record<string, unknown>;
}

export interface Job extends NewJob, JobState, Stored {}

/** Accepted work. A job outlives its model and a restart of the emulator. Newest first. */
export class Jobs extends Table<Job, NewJob & Partial<JobState>> {
  constructor(database: Database, now: () => number) {
    const json = ['info', 'extras', 'request'];
    super(database, now, { name: 'jobs', what: 'Job', order: 't.seq DESC', json });
  }

  /** Oldest first: those that have begun are older than those that wait. */
  unfinished(): Job[] {
    return [...this.list({ status: 'PENDING' }), ...this.list({ status: 'STARTED' })].reverse();
  }
}
