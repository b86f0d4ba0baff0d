/** The emulator's persistent state, with its organisation and its user. */
import { randomUUID } from 'node:crypto';
import type { RunLock } from 'image-drift/files';
import { AlertRules } from './alert-rules.js';
import { Baselines } from './baselines.js';
import { Database } from './database.js';
import { Environments } from './environments.js';
import { Events } from './events.js';
import { Files } from './files.js';
import { lockFolder } from './folder-lock.js';
import { Jobs } from './jobs.js';
import { Models } from './models.js';
import { Projects } from './projects.js';

export interface Named {
  id: string;
  name: string;
}

export class Store {
  readonly organization: Named;
  readonly user: { id: string; full_name: string; email: string };
  readonly projects: Projects;
  readonly files: Files;
  readonly models: Models;
  readonly environments: Environments;
  readonly baselines: Baselines;
  readonly jobs: Jobs;
  readonly events: Events;
  readonly alertRules: AlertRules;

  readonly #database: Database;
  readonly #lock: RunLock;

  private constructor(database: Database, lock: RunLock, folder: string, now: () => number) {
    this.#database = database;
    this.#lock = lock;

    this.organization = { id: this.#constant('organization_id'), name: 'emulator' };
    this.user = { id: this.#constant('user_id'), full_name: 'Local Emulator', email: 'emulator@example.com' };
    this.projects = new Projects(database, now);
    this.files = new Files(database, now, folder);
    this.models = new Models(database, now);
    this.environments = new Environments(database, now);
    this.baselines = new Baselines(database, now);
    this.jobs = new Jobs(database, now);
    this.events = new Events(database);
    this.alertRules = new AlertRules(database, now);
  }

  /** @throws EmulatorError */
  static async open(folder: string, now: () => number): Promise<Store> {
    const lock = await lockFolder(folder);
    let database: Database | undefined;
    try {
      database = Database.open(folder);
      return new Store(database, lock, folder, now);
    } catch (error) {
      database?.close();
      await lock.release();
      throw error;
    }
  }

  transaction<T>(work: () => T): T {
    return this.#database.transaction(work);
  }

  async close(): Promise<void> {
    this.#database.close();
    await this.#lock.release();
  }

  /** An id that the first start creates and later starts reuse. */
  #constant(key: string): string {
    this.#database.run('INSERT OR IGNORE INTO meta VALUES (?, ?)', key, randomUUID());
    return this.#database.get<{ value: string }>('SELECT value FROM meta WHERE key = ?', key)!.value;
  }
}
