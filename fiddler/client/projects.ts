import { ask, createOnce, deleteOnce, jsonBody } from './answer.js';
import { Conflict } from './fiddler-error.js';
import { filterOf, firstOf, listAll } from './lists.js';
import { apiPath, type Sender } from './request.js';
import { type Environment, type EnvironmentType, environment, type Project, project } from './schemas/common.js';

export class Projects {
  readonly #sender: Sender;

  constructor(sender: Sender) {
    this.#sender = sender;
  }

  /** The project of that name, or null. */
  byName(name: string): Promise<Project | null> {
    return firstOf(this.#sender, ['projects'], name, [filterOf({ field: 'name', value: name })], project);
  }

  /** @throws NotFound */
  get(id: string): Promise<Project> {
    return ask(this.#sender, { method: 'GET', path: apiPath('projects', id), repeatable: true }, project);
  }

  list(): AsyncIterable<Project> {
    return listAll(this.#sender, ['projects'], [], project);
  }

  /** @throws Conflict when there is one of that name */
  create(name: string): Promise<Project> {
    const body = jsonBody({ name });
    return createOnce(this.#sender, {
      create: () => ask(this.#sender, { method: 'POST', path: apiPath('projects'), body, repeatable: false }, project),
      find: () => this.byName(name),
    });
  }

  /** As one step also when somebody else creates it at the same moment. */
  async getOrCreate(name: string): Promise<{ project: Project; created: boolean }> {
    const there = await this.byName(name);
    if (there !== null) return { project: there, created: false };
    try {
      return { project: await this.create(name), created: true };
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
      const now = await this.byName(name);
      if (now === null) throw error;
      return { project: now, created: false };
    }
  }

  /** @throws NotFound */
  delete(id: string): Promise<void> {
    return deleteOnce(this.#sender, apiPath('projects', id));
  }
}

/** Datasets, as the user calls them. Only publishing makes them. */
export class Environments {
  readonly #sender: Sender;

  constructor(sender: Sender) {
    this.#sender = sender;
  }

  byName(modelId: string, name: string): Promise<Environment | null> {
    const filter = filterOf({ field: 'name', value: name }, { field: 'model_id', value: modelId });
    return firstOf(this.#sender, ['environments'], name, [filter], environment);
  }

  /** @throws NotFound */
  get(id: string): Promise<Environment> {
    return ask(this.#sender, { method: 'GET', path: apiPath('environments', id), repeatable: true }, environment);
  }

  listOf(modelId: string, type: EnvironmentType = 'PRE_PRODUCTION'): AsyncIterable<Environment> {
    return listAll(this.#sender, ['models', modelId, 'environments'], [['type', type]], environment);
  }
}
