import type { ModelBody } from '../model/model-body.js';
import type { Database } from './database.js';
import { Table } from './table.js';

export interface Project {
  id: string;
  name: string;
  created_at: number;
  updated_at: number;
}

export class Projects extends Table<Project> {
  constructor(database: Database, now: () => number) {
    super(database, now, 'projects');
  }

  byName(name: string): Project | null {
    return this.find('name = ?', name);
  }

  create(name: string): Project {
    return this.insert(name);
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

export class Models extends Table<Model> {
  constructor(database: Database, now: () => number) {
    const select = 'SELECT t.*, p.name AS project_name FROM models t JOIN projects p ON p.id = t.project_id';
    super(database, now, 'models', select);
  }

  has(projectId: string, name: string, version: string): boolean {
    return this.find('t.project_id = ? AND t.name = ? AND t.version = ?', projectId, name, version) !== null;
  }

  create(projectId: string, name: string, version: string, body: ModelBody): Model {
    return this.insert(projectId, name, version, JSON.stringify(body));
  }

  update(id: string, version: string, body: ModelBody): Model {
    const sql = 'UPDATE models SET version = ?, body = ?, updated_at = ? WHERE id = ?';
    this.database.run(sql, version, JSON.stringify(body), this.now(), id);
    return this.get(id)!;
  }

  protected override read({ body, ...row }: Omit<Model, keyof ModelBody> & { body: string }): Model {
    return { ...(JSON.parse(body) as ModelBody), ...row };
  }
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

export class Environments extends Table<Environment> {
  constructor(database: Database, now: () => number) {
    super(database, now, 'environments');
  }

  ofName(modelId: string, type: EnvironmentType, name: string): Environment | null {
    return this.find('model_id = ? AND type = ? AND name = ?', modelId, type, name);
  }

  production(modelId: string): Environment {
    return this.ofName(modelId, 'PRODUCTION', PRODUCTION_NAME)!;
  }

  createProduction(modelId: string): Environment {
    return this.create(modelId, 'PRODUCTION', PRODUCTION_NAME);
  }

  create(modelId: string, type: EnvironmentType, name: string): Environment {
    return this.insert(modelId, name, type);
  }
}
