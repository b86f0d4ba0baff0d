/** The environments of a model hold its events: one production environment, and its datasets. */
import { randomUUID } from 'node:crypto';
import type { Database } from './database.js';

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
