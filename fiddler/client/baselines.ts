import { ask, createOnce, deleteOnce, jsonBody } from './answer.js';
import { filterOf, firstOf, listAll } from './lists.js';
import { apiPath, type Sender } from './request.js';
import { type Baseline, baseline, type NewBaseline } from './schemas/metrics.js';

/** What production is compared with. Publishing a dataset makes a static one of the same name by itself. */
export class Baselines {
  readonly #sender: Sender;

  constructor(sender: Sender) {
    this.#sender = sender;
  }

  byName(modelId: string, name: string): Promise<Baseline | null> {
    const filter = filterOf({ field: 'name', value: name }, { field: 'model_id', value: modelId });
    return firstOf(this.#sender, ['baselines'], name, [filter], baseline);
  }

  /** @throws NotFound */
  get(id: string): Promise<Baseline> {
    return ask(this.#sender, { method: 'GET', path: apiPath('baselines', id), repeatable: true }, baseline);
  }

  listOf(modelId: string): AsyncIterable<Baseline> {
    return listAll(this.#sender, ['models', modelId, 'baselines'], [filterOf()], baseline);
  }

  /** @throws Conflict when the model has one of that name */
  create(wanted: NewBaseline): Promise<Baseline> {
    const body = jsonBody(creation(wanted));
    return createOnce(this.#sender, {
      create: () =>
        ask(this.#sender, { method: 'POST', path: apiPath('baselines'), body, repeatable: false }, baseline),
      find: async () => {
        const found = await this.byName(wanted.model_id, wanted.name);
        return found !== null && isAsWanted(found, wanted) ? found : null;
      },
    });
  }

  /** @throws NotFound */
  delete(id: string): Promise<void> {
    return deleteOnce(this.#sender, apiPath('baselines', id));
  }
}

/** Members in the wire's order: `env_id` always, the others only where given. */
function creation(wanted: NewBaseline): object {
  return {
    name: wanted.name,
    model_id: wanted.model_id,
    type: wanted.type,
    env_type: wanted.env_type,
    env_id: wanted.env_id ?? null,
    start_time: wanted.start_time,
    end_time: wanted.end_time,
    offset_delta: wanted.offset_delta,
    window_bin_size: wanted.window_bin_size,
  };
}

function isAsWanted(found: Baseline, wanted: NewBaseline): boolean {
  const sameEnvironment = wanted.env_id == null || found.environment == null || found.environment.id === wanted.env_id;
  return found.type === wanted.type && sameEnvironment;
}
