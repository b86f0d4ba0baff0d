/** Accepted work. A job outlives its model and a restart of the emulator. */
import { randomUUID } from 'node:crypto';
import type { Database } from './database.js';

type JobStatus = 'PENDING' | 'STARTED' | 'SUCCESS' | 'FAILURE';
export type JobKind = 'publish' | 'update' | 'delete_events' | 'delete_model';

export interface NewJob {
  name: string;
  kind: JobKind;
  model_id: string;
  /** The fields that clients see. */
  info: Record<string, unknown>;
  /** The input of the work. */
  request: unknown;
}

export interface Job extends NewJob {
  id: string;
  status: JobStatus;
  /** Percent. */
  progress: number;
  error_reason: string | null;
  error_message: string | null;
  extras: Record<string, unknown>;
  created_at: number;
  updated_at: number;
}

type Row = Omit<Job, 'info' | 'extras' | 'request'> & { info: string; extras: string; request: string };

export class Jobs {
  readonly #database: Database;
  readonly #now: () => number;

  constructor(database: Database, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  /** Newest first. */
  list(): Job[] {
    return this.#database.all<Row>('SELECT * FROM jobs ORDER BY seq DESC').map(jobOf);
  }

  /** Oldest first. */
  unfinished(): Job[] {
    return this.#database.all<Row>("SELECT * FROM jobs WHERE status IN ('PENDING', 'STARTED') ORDER BY seq").map(jobOf);
  }

  get(id: string): Job | null {
    const row = this.#database.get<Row>('SELECT * FROM jobs WHERE id = ?', id);
    return row && jobOf(row);
  }

  create(job: NewJob): Job {
    const id = randomUUID();
    const now = this.#now();
    this.#database.run(
      `INSERT INTO jobs (id, name, kind, model_id, status, progress, info, extras, request, created_at, updated_at)
       VALUES (?, ?, ?, ?, 'PENDING', 0, ?, '{}', ?, ?, ?)`,
      id,
      job.name,
      job.kind,
      job.model_id,
      JSON.stringify(job.info),
      JSON.stringify(job.request),
      now,
      now,
    );
    return this.get(id)!;
  }

  start(id: string): void {
    this.#database.run(
      "UPDATE jobs SET status = 'STARTED', progress = 50, updated_at = ? WHERE id = ?",
      this.#now(),
      id,
    );
  }

  succeed(id: string, extras: Record<string, unknown>): void {
    const sql = "UPDATE jobs SET status = 'SUCCESS', progress = 100, extras = ?, updated_at = ? WHERE id = ?";
    this.#database.run(sql, JSON.stringify(extras), this.#now(), id);
  }

  fail(id: string, reason: string, message: string): void {
    const sql = "UPDATE jobs SET status = 'FAILURE', error_reason = ?, error_message = ?, updated_at = ? WHERE id = ?";
    this.#database.run(sql, reason, message, this.#now(), id);
  }
}

function jobOf({ info, extras, request, ...row }: Row): Job {
  return { ...row, info: JSON.parse(info), extras: JSON.parse(extras), request: JSON.parse(request) };
}
