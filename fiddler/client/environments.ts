import { ask } from './answer.js';
import { filterOf, firstOf, listAll } from './lists.js';
import { apiPath, type Sender } from './request.js';
import { type Environment, environment } from './schemas/environment.js';
import type { EnvironmentType } from './schemas/events.js';

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
