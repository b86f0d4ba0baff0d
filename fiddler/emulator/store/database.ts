/**
 * The embedded store: SQLite in WebAssembly, so that nothing is compiled at installation. WAL without shared memory,
 * which this build lacks, needs an exclusive lock. Commits are on disk (`synchronous=FULL`) before an answer.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import sqlite from 'node-sqlite3-wasm';
import { EmulatorError } from '../emulator-error.js';

export type Value = number | string | Uint8Array | null;

export class Database {
  readonly #connection: InstanceType<typeof sqlite.Database>;

  private constructor(connection: InstanceType<typeof sqlite.Database>) {
    this.#connection = connection;
  }

  /** @param folder held by `lockFolder` @throws EmulatorError `EMULATOR_STORE` if damaged, or of a newer version */
  static open(folder: string): Database {
    const path = join(folder, 'fiddler.db');
    rmSync(`${path}.lock`, { recursive: true, force: true });
    let connection: InstanceType<typeof sqlite.Database> | undefined;
    try {
      connection = new sqlite.Database(path);
      connection.get('PRAGMA locking_mode=EXCLUSIVE');
      connection.get('PRAGMA journal_mode=WAL');
      connection.get('PRAGMA synchronous=FULL');
      const version = (connection.get('PRAGMA user_version') as { user_version: number }).user_version;
      if (version === 0) connection.exec(`BEGIN; ${SCHEMA}; PRAGMA user_version=${SCHEMA_VERSION}; COMMIT`);
      else if (version !== SCHEMA_VERSION) {
        throw new Error(`the store has version ${version}, this program reads ${SCHEMA_VERSION}`);
      }
      return new Database(connection);
    } catch (error) {
      connection?.close();
      throw new EmulatorError('EMULATOR_STORE', `${path}: ${(error as Error).message}`, {
        hint: 'Give another --data folder, or remove this one to begin anew.',
        cause: error,
      });
    }
  }

  all<T>(sql: string, ...values: Value[]): T[] {
    return this.#connection.all(sql, values) as T[];
  }

  get<T>(sql: string, ...values: Value[]): T | null {
    return this.#connection.get(sql, values) as T | null;
  }

  /** @returns the number of changed rows */
  run(sql: string, ...values: Value[]): number {
    return this.#connection.run(sql, values).changes;
  }

  /** Runs the same statement for many rows. */
  runEach(sql: string, rows: Iterable<Value[]>): void {
    const statement = this.#connection.prepare(sql);
    try {
      for (const row of rows) statement.run(row);
    } finally {
      statement.finalize();
    }
  }

  /** Runs the same query for many values. @returns the rows found for each value */
  allEach<T>(sql: string, each: readonly Value[][]): T[][] {
    const statement = this.#connection.prepare(sql);
    try {
      return each.map((values) => statement.all(values) as T[]);
    } finally {
      statement.finalize();
    }
  }

  /** Runs all of the work or none of it. Inside another transaction, the work becomes part of that transaction. */
  transaction<T>(work: () => T): T {
    if (this.#connection.inTransaction) return work();
    this.#connection.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.#connection.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.#connection.inTransaction) this.#connection.exec('ROLLBACK');
      throw error;
    }
  }

  close(): void {
    if (this.#connection.isOpen) this.#connection.close();
  }
}

/**
 * The tables; times are ms since 1970, what is only returned is the JSON that came. `counts` is derived from `events`
 * in the same transaction: rows per bin and hour, so that a day's histogram adds up a few hundred numbers.
 */
const SCHEMA_VERSION = 1;

const SCHEMA = `
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE projects (
  id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
);
CREATE TABLE files (
  id TEXT PRIMARY KEY, filename TEXT NOT NULL, type TEXT NOT NULL, status TEXT NOT NULL,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
);
CREATE TABLE file_parts (
  file_id TEXT NOT NULL REFERENCES files(id) ON DELETE CASCADE, number INTEGER NOT NULL, part_id TEXT NOT NULL,
  PRIMARY KEY (file_id, number)
) WITHOUT ROWID;
CREATE TABLE models (
  id TEXT PRIMARY KEY, project_id TEXT NOT NULL REFERENCES projects(id) ON DELETE CASCADE,
  name TEXT NOT NULL, version TEXT NOT NULL, body TEXT NOT NULL,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, UNIQUE (project_id, name, version)
);
CREATE TABLE environments (
  id TEXT PRIMARY KEY, model_id TEXT NOT NULL REFERENCES models(id) ON DELETE CASCADE,
  name TEXT NOT NULL, type TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
  UNIQUE (model_id, type, name)
);
CREATE TABLE baselines (
  id TEXT PRIMARY KEY, model_id TEXT NOT NULL REFERENCES models(id) ON DELETE CASCADE,
  env_id TEXT NOT NULL REFERENCES environments(id) ON DELETE CASCADE,
  name TEXT NOT NULL, type TEXT NOT NULL, start_time INTEGER, end_time INTEGER,
  offset_delta INTEGER, window_bin_size TEXT,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, UNIQUE (model_id, name)
);
CREATE TABLE jobs (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, kind TEXT NOT NULL,
  model_id TEXT NOT NULL, status TEXT NOT NULL, progress REAL NOT NULL, error_reason TEXT, error_message TEXT,
  info TEXT NOT NULL, extras TEXT NOT NULL, request TEXT NOT NULL,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
);
CREATE INDEX jobs_of_model ON jobs (model_id);
CREATE TABLE events (
  row INTEGER PRIMARY KEY, env_id TEXT NOT NULL REFERENCES environments(id) ON DELETE CASCADE,
  event_id TEXT NOT NULL, time INTEGER NOT NULL, fields TEXT NOT NULL
);
CREATE INDEX events_by_time ON events (env_id, time);
CREATE INDEX events_by_id ON events (env_id, event_id);
CREATE TABLE vectors (
  row INTEGER NOT NULL REFERENCES events(row) ON DELETE CASCADE, name TEXT NOT NULL, data BLOB NOT NULL,
  PRIMARY KEY (row, name)
) WITHOUT ROWID;
CREATE TABLE counts (
  env_id TEXT NOT NULL REFERENCES environments(id) ON DELETE CASCADE, feature TEXT NOT NULL,
  hour INTEGER NOT NULL, bin INTEGER NOT NULL, count INTEGER NOT NULL,
  PRIMARY KEY (env_id, feature, hour, bin)
) WITHOUT ROWID;
CREATE TABLE alert_rules (
  id TEXT PRIMARY KEY, model_id TEXT NOT NULL REFERENCES models(id) ON DELETE CASCADE,
  body TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
);
`;
