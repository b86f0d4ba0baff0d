import { randomUUID } from 'node:crypto';
import type { Database } from './database.js';

type BaselineType = 'STATIC' | 'ROLLING';
type WindowBinSize = 'Hour' | 'Day' | 'Week' | 'Month';

interface NewBaseline {
  model_id: string;
  env_id: string;
  name: string;
  type: BaselineType;
  /** Milliseconds; only for a static baseline in production. */
  start_time: number | null;
  end_time: number | null;
  /** How many windows back; only for a rolling baseline. */
  offset_delta: number | null;
  window_bin_size: WindowBinSize | null;
}

export interface Baseline extends NewBaseline {
  id: string;
  created_at: number;
  updated_at: number;
}

export class Baselines {
  readonly #database: Database;
  readonly #now: () => number;

  constructor(database: Database, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  /** Oldest first. */
  list(): Baseline[] {
    return this.#database.all('SELECT * FROM baselines ORDER BY created_at, rowid');
  }

  get(id: string): Baseline | null {
    return this.#database.get('SELECT * FROM baselines WHERE id = ?', id);
  }

  byName(modelId: string, name: string): Baseline | null {
    return this.#database.get('SELECT * FROM baselines WHERE model_id = ? AND name = ?', modelId, name);
  }

  create(baseline: NewBaseline): Baseline {
    const made = { ...baseline, id: randomUUID(), created_at: this.#now(), updated_at: this.#now() };
    this.#database.run(
      'INSERT INTO baselines VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      made.id,
      made.model_id,
      made.env_id,
      made.name,
      made.type,
      made.start_time,
      made.end_time,
      made.offset_delta,
      made.window_bin_size,
      made.created_at,
      made.updated_at,
    );
    return made;
  }

  delete(id: string): boolean {
    return this.#database.run('DELETE FROM baselines WHERE id = ?', id) > 0;
  }
}

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
