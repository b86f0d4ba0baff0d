import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type LockOwner, RunLock } from 'image-drift/files';
import { EmulatorError } from '../emulator-error.js';
import { Database } from './database.js';
import { Events } from './events.js';
import { Files } from './files.js';
import { type AlertRule, type Baseline, Environments, Jobs, Models, type Project, Table } from './tables.js';

export interface Named {
  id: string;
  name: string;
}

export class Store {
  readonly organization: Named;
  readonly user: { id: string; full_name: string; email: string };
  readonly projects: Table<Project>;
  readonly files: Files;
  readonly models: Models;
  readonly environments: Environments;
  readonly baselines: Table<Baseline>;
  readonly jobs: Jobs;
  readonly events: Events;
  readonly alertRules: Table<AlertRule>;
  readonly #database: Database;
  readonly #lock: RunLock;

  private constructor(database: Database, lock: RunLock, folder: string, now: () => number) {
    this.#database = database;
    this.#lock = lock;
    this.organization = { id: this.#constant('organization_id'), name: 'emulator' };
    this.user = { id: this.#constant('user_id'), full_name: 'Local Emulator', email: 'emulator@example.com' };
    this.projects = new Table(database, now, { name: 'projects', what: 'Project' });
    this.files = new Files(database, now, folder);
    this.models = new Models(database, now);
    this.environments = new Environments(database, now);
    this.baselines = new Table(database, now, { name: 'baselines', what: 'Baseline' });
    this.jobs = new Jobs(database, now);
    this.events = new Events(database);
    this.alertRules = new Table(database, now, { name: 'alert_rules', what: 'AlertRule', json: ['body'] });
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
    this.#lock.check();
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

// One emulator a folder, by a file with its process id: SQLite's own lock, a folder (node-sqlite3-wasm uses mkdir),
// outlives a killed process. The owner of this file may remove it.

/** @throws EmulatorError `EMULATOR_FOLDER_IN_USE`, `EMULATOR_FOLDER` */
async function lockFolder(folder: string): Promise<RunLock> {
  const path = join(folder, 'emulator.lock');
  try {
    await mkdir(folder, { recursive: true });
    return await RunLock.take(path, { held: (owner) => inUse(folder, path, owner) });
  } catch (error) {
    if (error instanceof EmulatorError) throw error;
    throw new EmulatorError('EMULATOR_FOLDER', `${folder}: ${(error as Error).message}`, { cause: error });
  }
}

function inUse(folder: string, path: string, owner: LockOwner | null): EmulatorError {
  const who = owner === null ? 'another process' : `process ${owner.pid} on ${owner.host}`;
  return new EmulatorError('EMULATOR_FOLDER_IN_USE', `${folder}: ${who} runs an emulator on it`, {
    hint: `Stop that one, give another folder, or remove ${path} if that process is not an emulator.`,
  });
}
