import { randomUUID } from 'node:crypto';
import { notFound } from '../http/envelope.js';
import type { ModelBody } from '../model/model-body.js';
import type { Database, Value } from './database.js';

export interface Stored {
  id: string;
  created_at: number;
  updated_at: number;
}

interface TableOptions {
  name: string;
  /** What clients call an item of it. */
  what: string;
  /** Gives the rows; the table is `t` in it. */
  select?: string;
  order?: string;
  /** Columns of JSON. */
  json?: readonly string[];
}

type Row = Record<string, unknown>;

/** A table as records: each has an id, and the times when it was made and changed. Objects are kept as JSON. */
export class Table<T extends Stored, New = Omit<T, keyof Stored>> {
  protected readonly database: Database;
  readonly #now: () => number;
  readonly #options: TableOptions;

  constructor(database: Database, now: () => number, options: TableOptions) {
    this.database = database;
    this.#now = now;
    this.#options = options;
  }

  /** Those with these values, oldest first unless the table has another order. */
  list(where: Partial<T> = {}): T[] {
    const { order = 't.created_at, t.rowid' } = this.#options;
    return this.#select(where, ` ORDER BY ${order}`);
  }

  find(where: Partial<T>): T | null {
    return this.#select(where)[0] ?? null;
  }

  get(id: string): T | null {
    return this.find({ id } as Partial<T>);
  }

  /** @throws ApiFailure 404 */
  needed(id: string): T {
    const found = this.get(id);
    if (found === null) throw notFound(this.#options.what);
    return found;
  }

  insert(values: New): T {
    const now = this.#now();
    const row = { id: randomUUID(), ...values, created_at: now, updated_at: now };
    const names = Object.keys(row);
    const places = names.map(() => '?').join(', ');
    this.database.run(`INSERT INTO ${this.#options.name} (${names.join(', ')}) VALUES (${places})`, ...valuesOf(row));
    return this.get(row.id) as T;
  }

  update(id: string, values: Partial<New>): T {
    const row = { ...values, updated_at: this.#now() };
    const set = Object.keys(row).map((name) => `${name} = ?`);
    this.database.run(`UPDATE ${this.#options.name} SET ${set.join(', ')} WHERE id = ?`, ...valuesOf(row), id);
    return this.get(id) as T;
  }

  /** Deletes a row with what belongs to it; jobs of a model stay. @returns whether it was there */
  delete(id: string): boolean {
    return this.database.run(`DELETE FROM ${this.#options.name} WHERE id = ?`, id) > 0;
  }

  protected read(row: Row): T {
    return row as unknown as T;
  }

  #select(where: Partial<T>, order = ''): T[] {
    const { name, select = `SELECT * FROM ${name} t`, json = [] } = this.#options;
    const tests = Object.keys(where).map((column) => `t.${column} IS ?`);
    const condition = tests.length === 0 ? '' : ` WHERE ${tests.join(' AND ')}`;
    const rows = this.database.all<Row>(`${select}${condition}${order}`, ...valuesOf(where));
    return rows.map((row) => {
      for (const column of json) row[column] = JSON.parse(row[column] as string);
      return this.read(row);
    });
  }
}

function valuesOf(row: object): Value[] {
  return Object.values(row).map((value: unknown) =>
    typeof value === 'object' && value !== null ? JSON.stringify(value) : (value as Value),
  );
}

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
  info: Record<string, unknown>;
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
