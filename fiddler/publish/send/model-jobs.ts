/**
 * The jobs of a model's environment that no chunk of this journal is known to have begun: ours or another run's. While
 * one runs, or has just ended, its events may be invisible, so stored events alone do not show what was published.
 */

import {
  isJobFailure,
  isRunning,
  isStatusUnknown,
  type Job,
  NotFound,
  serverTime,
  Unsupported,
} from '../../client/index.js';
import type { PublishEnvironment } from '../options/index.js';
import type { PublishContext } from './context.js';

/** Jobs of a model that are looked at, newest first. */
const MAX_JOBS_LISTED = 500;
/** Jobs in a look before each request: as many as the server gives in one answer. */
export const NEWEST_JOBS = 50;

/** What sends has the jobs, too. */
export type RunContext = PublishContext & { jobs: ModelJobs };

export class ModelJobs {
  /** When a job without times was first seen to have ended, by the clock of this process. */
  readonly #endedBy = new Map<string, number>();
  readonly #context: PublishContext;
  readonly #others: ReadonlySet<string>;

  /** @param others jobs of other journals that lie beside this one, of other events: known, and none of ours */
  constructor(context: PublishContext, others: ReadonlySet<string>) {
    this.#context = context;
    this.#others = others;
  }

  /** How long events of a job that has ended can stay invisible, ms. */
  get lagMs(): number {
    return 1_000 * this.#context.lagSeconds;
  }

  /** Those that no chunk of this journal has begun, newest first. Null where the server does not list jobs. */
  async strangers(most = MAX_JOBS_LISTED): Promise<Job[] | null> {
    const jobs = await this.ofEnvironment(most);
    return jobs === null ? null : jobs.filter((job) => this.isStranger(job));
  }

  isStranger({ id }: Job): boolean {
    return !this.#context.journal.isOwnJob(id) && !this.#others.has(id);
  }

  /** The newest, at least so many if there are. Null where the server does not list jobs. */
  async ofEnvironment(most: number): Promise<Job[] | null> {
    const { client, model, environment, reads } = this.#context;
    const jobs: Job[] = [];
    let listed = 0;
    let first: Job | null = null;
    await reads.next();
    try {
      for await (const job of client.jobs.list({ modelId: model.id })) {
        first ??= job;
        if (couldBeOf(job, environment)) jobs.push(job);
        // If the list begins with the oldest, the newest come last.
        if (++listed >= most && !this.isLater(job, first)) break;
      }
    } catch (error) {
      if (error instanceof Unsupported || error instanceof NotFound) return null;
      throw error;
    }
    for (const job of jobs) {
      if (!isRunning(job) && !this.#endedBy.has(job.id)) this.#endedBy.set(job.id, performance.now());
    }
    return jobs;
  }

  /** Whether events of the job may be stored and not be visible yet. */
  mayAppear(job: Job): boolean {
    if (isRunning(job)) return true;
    return (
      job.status !== 'FAILURE' && job.status !== 'REVOKED' && this.#secondsSinceEnd(job) < this.#context.lagSeconds
    );
  }

  /** Whether it was made after the other, and at most so long. False where times are missing or the same. */
  isLater(job: Job, than: Job, atMostMs = Number.POSITIVE_INFINITY): boolean {
    const [one, other] = [job, than].map((of) => timeOf(of['created_at']));
    return one != null && other != null && one > other && one - other <= atMostMs;
  }

  /** However it ends: what it stored is looked at next. @throws FiddlerError `JOB_TIMEOUT` */
  async waitFor({ id }: Job): Promise<void> {
    const { client, timeoutSeconds, stop } = this.#context;
    try {
      await stop.race(client.jobs.wait(id, { intervalSeconds: 1, timeoutSeconds }));
    } catch (error) {
      if (error instanceof NotFound || isJobFailure(error)) return;
      if (!isStatusUnknown(error) || isRunning(await client.jobs.get(id))) throw error;
    }
  }

  /** The list has the times of its jobs (Fiddler's API description); where it has not, from when we saw the end. */
  #secondsSinceEnd(job: Job): number {
    const time = [job['completed_at'], job['updated_at'], job['created_at']].map(timeOf).find((at) => at !== null);
    if (time !== undefined && time !== null) {
      return (Date.now() + this.#context.clockSkewSeconds * 1_000 - time) / 1_000;
    }
    return (performance.now() - (this.#endedBy.get(job.id) ?? performance.now())) / 1_000;
  }
}

function timeOf(value: unknown): number | null {
  return typeof value === 'string' || typeof value === 'number' ? (serverTime(value)?.getTime() ?? null) : null;
}

/** A job that says it is about something else is not ours. */
function couldBeOf({ info, name }: Job, environment: PublishEnvironment): boolean {
  // Making or deleting a model, deleting or updating events: these bring no events.
  if (info['resource_type'] === 'MODEL' || /^(delet|updat)/i.test(name ?? '')) return false;
  const type = info['env_type'];
  if (typeof type === 'string' && type !== environment.type) return false;
  const of = info['env_name'];
  return environment.type === 'PRODUCTION' || typeof of !== 'string' || of === environment.name;
}
