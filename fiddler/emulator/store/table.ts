/** A table whose rows have an id, and the times when they were made and changed, as its first and last columns. */
import { randomUUID } from 'node:crypto';
import type { Database, Value } from './database.js';

export abstract class Table<T> {
  protected readonly database: Database;
  protected readonly now: () => number;
  readonly #name: string;
  readonly #select: string;

  /** @param select gives the rows; the table is `t` in it */
  constructor(database: Database, now: () => number, name: string, select = `SELECT * FROM ${name} t`) {
    this.database = database;
    this.now = now;
    this.#name = name;
    this.#select = select;
  }

  /** Oldest first. */
  list(): T[] {
    return this.database.all(`${this.#select} ORDER BY t.created_at, t.rowid`).map((row) => this.read(row));
  }

  get(id: string): T | null {
    return this.find('t.id = ?', id);
  }

  /** Deletes a row with what belongs to it; jobs of a model stay. @returns whether it was there */
  delete(id: string): boolean {
    return this.database.run(`DELETE FROM ${this.#name} WHERE id = ?`, id) > 0;
  }

  protected find(condition: string, ...values: Value[]): T | null {
    const row = this.database.get(`${this.#select} WHERE ${condition}`, ...values);
    return row === null ? null : this.read(row);
  }

  /** @param values of the columns between the id and the times */
  protected insert(...values: Value[]): T {
    const [id, now] = [randomUUID(), this.now()];
    const row = [id, ...values, now, now];
    this.database.run(`INSERT INTO ${this.#name} VALUES (${row.map(() => '?').join(', ')})`, ...row);
    return this.get(id)!;
  }

  protected read(row: unknown): T {
    return row as T;
  }
}
