import { randomUUID } from 'node:crypto';
import type { Database } from './database.js';

export interface AlertRule {
  id: string;
  model_id: string;
  /** The body as the client sent it, with what was changed since. */
  body: Record<string, unknown>;
  created_at: number;
  updated_at: number;
}

type Row = Omit<AlertRule, 'body'> & { body: string };

export class AlertRules {
  readonly #database: Database;
  readonly #now: () => number;

  constructor(database: Database, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  /** Oldest first. */
  list(): AlertRule[] {
    return this.#database.all<Row>('SELECT * FROM alert_rules ORDER BY created_at, rowid').map(ruleOf);
  }

  get(id: string): AlertRule | null {
    const row = this.#database.get<Row>('SELECT * FROM alert_rules WHERE id = ?', id);
    return row && ruleOf(row);
  }

  create(modelId: string, body: Record<string, unknown>): AlertRule {
    const id = randomUUID();
    const now = this.#now();
    this.#database.run('INSERT INTO alert_rules VALUES (?, ?, ?, ?, ?)', id, modelId, JSON.stringify(body), now, now);
    return this.get(id)!;
  }

  update(id: string, body: Record<string, unknown>): AlertRule {
    const sql = 'UPDATE alert_rules SET body = ?, updated_at = ? WHERE id = ?';
    this.#database.run(sql, JSON.stringify(body), this.#now(), id);
    return this.get(id)!;
  }

  delete(id: string): boolean {
    return this.#database.run('DELETE FROM alert_rules WHERE id = ?', id) > 0;
  }
}

function ruleOf({ body, ...row }: Row): AlertRule {
  return { ...row, body: JSON.parse(body) };
}
