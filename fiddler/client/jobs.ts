import { ask } from './answer.js';
import { Rejected } from './fiddler-error.js';
import { filterOf, listAll } from './lists.js';
import { apiPath, type Sender } from './request.js';
import { type Job, job } from './schemas/job.js';
import { type WaitOptions, waitForJob } from './wait-for-job.js';

export class Jobs {
  readonly #sender: Sender;

  constructor(sender: Sender) {
    this.#sender = sender;
  }

  /** `verbose`: with the detail of each task in `extras`. @throws NotFound */
  get(id: string, { verbose = false }: { verbose?: boolean } = {}): Promise<Job> {
    // The spelling of the official client, which is the one that every server must know.
    const query = [['verbose', verbose ? 'True' : 'False']] as const;
    return ask(this.#sender, { method: 'GET', path: apiPath('jobs', id), query, repeatable: true }, job);
  }

  /** Newest first, as far as the server sorts them so. */
  async *list({ modelId }: { modelId?: string } = {}): AsyncGenerator<Job> {
    if (modelId === undefined) {
      yield* listAll(this.#sender, ['jobs'], [], job);
      return;
    }
    const query = [filterOf({ field: 'model_id', value: modelId })];
    let begun = false;
    try {
      for await (const one of this.#about(modelId, query)) {
        begun = true;
        yield one;
      }
    } catch (error) {
      // By what jobs can be filtered is described nowhere: a server that refuses this is asked for all.
      if (begun || !(error instanceof Rejected)) throw error;
      yield* this.#about(modelId, []);
    }
  }

  async *#about(modelId: string, query: ReturnType<typeof filterOf>[]): AsyncGenerator<Job> {
    for await (const one of listAll(this.#sender, ['jobs'], query, job)) if (isAbout(one, modelId)) yield one;
  }

  /**
   * Waits for the end of a job, and gives it when it is a success.
   * @throws FiddlerError `JOB_FAILED` with the server's reason, `JOB_REVOKED`, `JOB_TIMEOUT`, `JOB_STATUS_UNKNOWN`; NotFound; Unavailable
   */
  wait(id: string, options: WaitOptions = {}): Promise<Job> {
    const poll = () => ask(this.#sender, { method: 'GET', path: apiPath('jobs', id), repeatable: true }, job);
    return waitForJob(this.#sender, { poll, detail: () => this.get(id, { verbose: true }) }, options);
  }
}

/** Also true where the job does not say: the server's filter is believed then. */
function isAbout({ info }: Job, modelId: string): boolean {
  const named = info['model_uuid'];
  return typeof named !== 'string' || named === modelId;
}
