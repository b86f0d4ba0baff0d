import { randomUUID } from 'node:crypto';
import type { ModelBody } from '../model/model-body.js';
import type { Database } from './database.js';

export interface Project {
  id: string;
  name: string;
  created_at: number;
  updated_at: number;
}

export class Projects {
  readonly #database: Database;
  readonly #now: () => number;

  constructor(database: Database, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  /** Oldest first. */
  list(): Project[] {
    return this.#database.all('SELECT * FROM projects ORDER BY created_at, rowid');
  }

  get(id: string): Project | null {
    return this.#database.get('SELECT * FROM projects WHERE id = ?', id);
  }

  byName(name: string): Project | null {
    return this.#database.get('SELECT * FROM projects WHERE name = ?', name);
  }

  create(name: string): Project {
    const project = { id: randomUUID(), name, created_at: this.#now(), updated_at: this.#now() };
    this.#database.run(
      'INSERT INTO projects VALUES (?, ?, ?, ?)',
      project.id,
      name,
      project.created_at,
      project.updated_at,
    );
    return project;
  }

  /** Also deletes its models and everything that belongs to them. */
  delete(id: string): boolean {
    return this.#database.run('DELETE FROM projects WHERE id = ?', id) > 0;
  }
}

export interface Model extends ModelBody {
  id: string;
  project_id: string;
  project_name: string;
  name: string;
  version: string;
  created_at: number;
  updated_at: number;
}

interface Row {
  id: string;
  project_id: string;
  project_name: string;
  name: string;
  version: string;
  body: string;
  created_at: number;
  updated_at: number;
}

const SELECT = 'SELECT m.*, p.name AS project_name FROM models m JOIN projects p ON p.id = m.project_id';

export class Models {
  readonly #database: Database;
  readonly #now: () => number;

  constructor(database: Database, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  /** Oldest first. */
  list(): Model[] {
    return this.#database.all<Row>(`${SELECT} ORDER BY m.created_at, m.rowid`).map(modelOf);
  }

  get(id: string): Model | null {
    const row = this.#database.get<Row>(`${SELECT} WHERE m.id = ?`, id);
    return row && modelOf(row);
  }

  has(projectId: string, name: string, version: string): boolean {
    const sql = 'SELECT 1 FROM models WHERE project_id = ? AND name = ? AND version = ?';
    return this.#database.get(sql, projectId, name, version) !== null;
  }

  create(projectId: string, name: string, version: string, body: ModelBody): Model {
    const id = randomUUID();
    const now = this.#now();
    const json = JSON.stringify(body);
    this.#database.run('INSERT INTO models VALUES (?, ?, ?, ?, ?, ?, ?)', id, projectId, name, version, json, now, now);
    return this.get(id)!;
  }

  update(id: string, version: string, body: ModelBody): Model {
    const json = JSON.stringify(body);
    this.#database.run(
      'UPDATE models SET version = ?, body = ?, updated_at = ? WHERE id = ?',
      version,
      json,
      this.#now(),
      id,
    );
    return this.get(id)!;
  }

  /** Also deletes its environments, events, baselines and alert rules. Its jobs stay. */
  delete(id: string): void {
    this.#database.run('DELETE FROM models WHERE id = ?', id);
  }
}

function modelOf({ body, ...row }: Row): Model {
  return { ...(JSON.parse(body) as ModelBody), ...row };
}

/** The environments of a model hold its events: one production environment, and its datasets. */
export type EnvironmentType = 'PRODUCTION' | 'PRE_PRODUCTION';

export interface Environment {
  id: string;
  model_id: string;
  name: string;
  type: EnvironmentType;
  created_at: number;
  updated_at: number;
}

const PRODUCTION_NAME = 'production';

export class Environments {
  readonly #database: Database;
  readonly #now: () => number;

  constructor(database: Database, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  /** Oldest first. */
  list(): Environment[] {
    return this.#database.all('SELECT * FROM environments ORDER BY created_at, rowid');
  }

  get(id: string): Environment | null {
    return this.#database.get('SELECT * FROM environments WHERE id = ?', id);
  }

  find(modelId: string, type: EnvironmentType, name: string): Environment | null {
    const sql = 'SELECT * FROM environments WHERE model_id = ? AND type = ? AND name = ?';
    return this.#database.get(sql, modelId, type, name);
  }

  production(modelId: string): Environment {
    return this.find(modelId, 'PRODUCTION', PRODUCTION_NAME)!;
  }

  createProduction(modelId: string): Environment {
    return this.create(modelId, 'PRODUCTION', PRODUCTION_NAME);
  }

  create(modelId: string, type: EnvironmentType, name: string): Environment {
    const id = randomUUID();
    const now = this.#now();
    this.#database.run('INSERT INTO environments VALUES (?, ?, ?, ?, ?, ?)', id, modelId, name, type, now, now);
    return this.get(id)!;
  }
}
