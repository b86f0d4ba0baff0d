/** Where events are: one production environment a model, and the datasets published to it. */
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
  row_count: number;
}

const SELECT = 'SELECT e.*, (SELECT count(*) FROM events WHERE env_id = e.id) AS row_count FROM environments e';
const PRODUCTION_NAME = 'production';

export class Environments {
  constructor(
    private readonly database: Database,
    private readonly now: () => number,
  ) {}

  /** Oldest first. */
  list(): Environment[] {
    return this.database.all(`${SELECT} ORDER BY e.created_at, e.rowid`);
  }

  get(id: string): Environment | null {
    return this.database.get(`${SELECT} WHERE e.id = ?`, id);
  }

  find(modelId: string, type: EnvironmentType, name: string): Environment | null {
    return this.database.get(`${SELECT} WHERE e.model_id = ? AND e.type = ? AND e.name = ?`, modelId, type, name);
  }

  production(modelId: string): Environment {
    return this.find(modelId, 'PRODUCTION', PRODUCTION_NAME)!;
  }

  createProduction(modelId: string): Environment {
    return this.create(modelId, 'PRODUCTION', PRODUCTION_NAME);
  }

  create(modelId: string, type: EnvironmentType, name: string): Environment {
    const id = randomUUID();
    const now = this.now();
    this.database.run('INSERT INTO environments VALUES (?, ?, ?, ?, ?, ?)', id, modelId, name, type, now, now);
    return this.get(id)!;
  }
}
