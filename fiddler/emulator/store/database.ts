/**
 * The embedded store: SQLite in WebAssembly, so that nothing is compiled at installation.
 *
 * This build has no shared memory, which WAL needs unless one connection locks the file exclusively. This connection
 * does. Every commit reaches the disk (`synchronous=FULL`) before a request is answered.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import sqlite from 'node-sqlite3-wasm';
import { EmulatorError } from '../emulator-error.js';
import { SCHEMA, SCHEMA_VERSION } from './schema.js';

export type Value = number | string | Uint8Array | null;

export class Database {
  readonly #connection: InstanceType<typeof sqlite.Database>;

  private constructor(connection: InstanceType<typeof sqlite.Database>) {
    this.#connection = connection;
  }

  /**
   * @param folder held by `lockFolder`
   * @throws EmulatorError `EMULATOR_STORE` if the file is damaged or comes from a newer version
   */
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
