import { randomUUID } from 'node:crypto';
import type { Database } from './database.js';

export interface Project {
  id: string;
  name: string;
  created_at: number;
  updated_at: number;
}

export class Projects {
  readonly #database: Database;
  readonly #now: () => number;

  constructor(database: Database, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  /** Oldest first. */
  list(): Project[] {
    return this.#database.all('SELECT * FROM projects ORDER BY created_at, rowid');
  }

  get(id: string): Project | null {
    return this.#database.get('SELECT * FROM projects WHERE id = ?', id);
  }

  byName(name: string): Project | null {
    return this.#database.get('SELECT * FROM projects WHERE name = ?', name);
  }

  create(name: string): Project {
    const project = { id: randomUUID(), name, created_at: this.#now(), updated_at: this.#now() };
    this.#database.run(
      'INSERT INTO projects VALUES (?, ?, ?, ?)',
      project.id,
      name,
      project.created_at,
      project.updated_at,
    );
    return project;
  }

  /** Also deletes its models and everything that belongs to them. */
  delete(id: string): boolean {
    return this.#database.run('DELETE FROM projects WHERE id = ?', id) > 0;
  }
}
