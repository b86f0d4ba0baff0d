/**
 * Does the work that was accepted: each job waits its time, then works while no other does. What it changes and that
 * it succeeded are one transaction, so that a killed emulator does every job once: those unfinished begin anew.
 */
import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { CodedError } from 'image-drift/base';
import { ApiFailure } from '../http/envelope.js';
import type { Store } from '../store/store.js';
import type { Job, JobKind, NewJob } from '../store/tables.js';

/**
 * Prepares (reads files), and gives back what changes the store in one go.
 * @returns a function that returns the job's `extras`
 */
export type JobWork = (job: Job) => Promise<() => Record<string, unknown>>;

export class JobRunner {
  readonly #stopping = new AbortController();
  readonly #running = new Set<Promise<void>>();
  /** The end of the queue: who works waits for it. */
  #last: Promise<void> = Promise.resolve();
  readonly #store: Store;
  readonly #work: Readonly<Record<JobKind, JobWork>>;
  readonly #seconds: number;

  /** @param seconds how long a job takes at least */
  constructor(store: Store, work: Readonly<Record<JobKind, JobWork>>, seconds: number) {
    this.#store = store;
    this.#work = work;
    this.#seconds = seconds;
    // Every job that waits listens to it; Node suspects a leak beyond ten.
    setMaxListeners(0, this.#stopping.signal);
  }

  /** Goes on with what an earlier run of the emulator left. */
  resume(): void {
    for (const job of this.#store.jobs.unfinished()) this.#begin(job);
  }

  add(job: NewJob): Job {
    const added = this.#store.jobs.insert({ ...job, status: 'PENDING', progress: 0, extras: {} });
    this.#begin(added);
    return added;
  }

  /** Whether a job that has not ended brings events to this dataset. */
  isPublishing(modelId: string, dataset: string): boolean {
    return this.#store.jobs
      .unfinished()
      .some(({ kind, model_id, info }) => kind === 'publish' && model_id === modelId && info['env_name'] === dataset);
  }

  /** Waits for the work at hand; jobs that only wait stay for the next start. */
  async close(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#running);
  }

  #begin(job: Job): void {
    // What fails here is the store itself (a full disk); the job stays unfinished and the next start takes it up.
    const done = this.#run(job)
      .catch(() => undefined)
      .finally(() => this.#running.delete(done));
    this.#running.add(done);
  }

  async #run(job: Job): Promise<void> {
    try {
      const { signal } = this.#stopping;
      await delay((this.#seconds * 1000) / 2, undefined, { signal });
      this.#store.jobs.update(job.id, { status: 'STARTED', progress: 50 });
      await delay((this.#seconds * 1000) / 2, undefined, { signal });
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      throw error;
    }
    const before = this.#last;
    const done = before.then(() => this.#perform(job));
    this.#last = done.catch(() => undefined);
    await done;
  }

  async #perform(job: Job): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    try {
      const change = await this.#work[job.kind](job);
      this.#store.transaction(() => {
        this.#store.jobs.update(job.id, { status: 'SUCCESS', progress: 100, extras: change() });
      });
    } catch (error) {
      const error_message = error instanceof Error ? error.message : String(error);
      this.#store.jobs.update(job.id, { status: 'FAILURE', error_reason: reasonOf(error), error_message });
    }
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof ApiFailure) return error.reason;
  return error instanceof CodedError ? error.code : 'InternalServerError';
}
