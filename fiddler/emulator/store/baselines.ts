import type { Database } from './database.js';
import { Table } from './table.js';

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

export class Baselines extends Table<Baseline> {
  constructor(database: Database, now: () => number) {
    super(database, now, 'baselines');
  }

  byName(modelId: string, name: string): Baseline | null {
    return this.find('model_id = ? AND name = ?', modelId, name);
  }

  create(made: NewBaseline): Baseline {
    const { model_id, env_id, name, type, start_time, end_time, offset_delta, window_bin_size } = made;
    return this.insert(model_id, env_id, name, type, start_time, end_time, offset_delta, window_bin_size);
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

export class AlertRules extends Table<AlertRule> {
  constructor(database: Database, now: () => number) {
    super(database, now, 'alert_rules');
  }

  create(modelId: string, body: Record<string, unknown>): AlertRule {
    return this.insert(modelId, JSON.stringify(body));
  }

  update(id: string, body: Record<string, unknown>): AlertRule {
    const sql = 'UPDATE alert_rules SET body = ?, updated_at = ? WHERE id = ?';
    this.database.run(sql, JSON.stringify(body), this.now(), id);
    return this.get(id)!;
  }

  protected override read({ body, ...row }: Omit<AlertRule, 'body'> & { body: string }): AlertRule {
    return { ...row, body: JSON.parse(body) };
  }
}
