/**
 * Was a chunk published whose request got no answer? The server is asked until what it says can be relied on:
 *
 * 1. Its jobs: every unfinished one of this model that is not known to be another chunk's could be ours; each is waited
 *    for, as its events come only now.
 * 2. Its events: the stored ids of the chunk's time range. All there: published.
 * 3. Some missing: a request can still be on its way (sent by a process that is dead, or being worked on right now), so
 *    both are asked again after the settle time, and only two equal answers count.
 * 4. Still missing, but a job of this environment has ended well of which nobody knows whose it is, or there are no
 *    jobs to tell (a stream): its events may not be visible yet (Fiddler's documents say 3 to 5 minutes), so asking
 *    goes on until they are, or until that time is over.
 *
 * This is as far as a server lets one know: one that shows events later than that, or carries out a request that was
 * on the wire for longer than the settle time, can still be told an event twice.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type FiddlerClient, FiddlerError, type Job, type Model, NotFound, Unsupported } from '../../fiddler/index.js';
import type { Journal } from '../journal/journal.js';
import type { Chunk, PublishEnvironment, PublishMode } from '../plan/plan.js';
import { PublishError } from '../publish-error.js';
import type { Pace } from './pace.js';
import type { StopSignal } from './stop-signal.js';
import { storedIds } from './stored-ids.js';

/** Jobs of a model that are looked at, newest first. */
const MAX_JOBS_LISTED = 500;
const ENDED = ['SUCCESS', 'FAILURE', 'REVOKED'];

export interface LookupOptions {
  client: FiddlerClient;
  model: Model;
  environment: PublishEnvironment;
  mode: PublishMode;
  journal: Journal;
  /** Requests that are sent at once: as many chunks can be in doubt. */
  concurrency: number;
  reads: Pace;
  /** Between two looks that must agree. */
  settleSeconds: number;
  /** How long events of a request that was taken can stay invisible. */
  lagSeconds: number;
  /** Longest wait for a job that could be ours. */
  jobSeconds: number;
  stop: StopSignal;
  onWait: (what: string) => void;
}

export class Lookup {
  constructor(private readonly options: LookupOptions) {}

  /** Once, without settling: for events that were never sent by this journal. Null where the server does not tell. */
  async now(chunk: Chunk, ids: readonly string[]): Promise<Set<string> | null> {
    const stored = await this.stored(chunk);
    return stored && among(ids, stored);
  }

  /**
   * The ids of the chunk that the server has, for certain.
   * @throws PublishError `PUBLISH_OUTCOME_UNKNOWN` where it does not tell; FiddlerError
   */
  async settled(chunk: Chunk, ids: readonly string[]): Promise<Set<string>> {
    const began = performance.now();
    let before: number | null = null;
    for (;;) {
      const jobs = await this.settledJobs();
      const found = await this.now(chunk, ids);
      if (found === null) throw outcomeUnknown(this.options.model, chunk);
      if (found.size === ids.length) return found;
      const seconds = (performance.now() - began) / 1_000;
      const mayAppear = this.mayAppear(jobs) && seconds < this.options.lagSeconds;
      if (found.size === before && !mayAppear) return found;
      before = found.size;
      if (mayAppear) this.options.onWait('events of a request without an answer to appear on the server');
      await this.options.stop.race(sleep(this.options.settleSeconds * 1_000));
    }
  }

  private async stored(chunk: Chunk): Promise<Set<string> | null> {
    const { client, model, environment, reads } = this.options;
    await reads.next();
    return storedIds(client, model, environment, chunk.times);
  }

  /** Jobs that may be of a chunk in doubt, all ended; null where the server does not list jobs. */
  private async settledJobs(): Promise<Job[] | null> {
    for (;;) {
      const jobs = await this.strangers();
      const running = jobs?.filter(({ status }) => !ENDED.includes(status)) ?? [];
      if (running.length === 0) return jobs;
      this.options.onWait(`${running.length} unfinished job${running.length > 1 ? 's' : ''} of the model`);
      for (const { id } of running) await this.waitFor(id);
    }
  }

  /**
   * Jobs of this environment that no chunk is known to have begun: every unfinished one, and of the others, which are
   * listed newest first, those since this publish began.
   */
  private async strangers(): Promise<Job[] | null> {
    const { client, model, environment, journal, mode, reads } = this.options;
    if (mode === 'stream') return null;
    const jobs: Job[] = [];
    await reads.next();
    try {
      for await (const job of client.jobs.list({ modelId: model.id })) {
        if (jobs.length === MAX_JOBS_LISTED) break;
        if (couldBeOf(job, environment)) jobs.push(job);
      }
    } catch (error) {
      if (error instanceof Unsupported || error instanceof NotFound) return null;
      throw error;
    }
    // Behind our oldest known job there can be those of lost answers: of chunks found since, and of those in doubt now.
    const lost = journal.foundWithoutJob + this.options.concurrency;
    const oldest = jobs.findLastIndex(({ id }) => journal.isOwnJob(id)) + lost;
    return jobs.filter(({ id, status }, i) => !journal.isOwnJob(id) && (i <= oldest || !ENDED.includes(status)));
  }

  private async waitFor(jobId: string): Promise<void> {
    const { client, jobSeconds, stop } = this.options;
    try {
      await stop.race(client.jobs.wait(jobId, { intervalSeconds: 1, timeoutSeconds: jobSeconds }));
    } catch (error) {
      // How it ended does not matter, only that it did: what it stored is looked at next.
      if (error instanceof NotFound) return;
      if (error instanceof FiddlerError && ['JOB_FAILED', 'JOB_REVOKED'].includes(error.code)) return;
      throw error;
    }
  }

  private mayAppear(jobs: readonly Job[] | null): boolean {
    if (jobs === null) return true;
    return jobs.filter(({ status }) => status === 'SUCCESS').length > this.options.journal.foundWithoutJob;
  }
}

/** A job that says that it is about something else is none of ours. */
function couldBeOf({ info }: Job, environment: PublishEnvironment): boolean {
  const type = info['env_type'];
  if (typeof type === 'string' && type !== environment.type) return false;
  const name = info['env_name'];
  return environment.type === 'PRODUCTION' || typeof name !== 'string' || name === environment.name;
}

function among(ids: readonly string[], stored: ReadonlySet<string>): Set<string> {
  return new Set(ids.filter((id) => stored.has(id)));
}

function outcomeUnknown(model: Model, chunk: Chunk): PublishError {
  const why = model.event_id_col
    ? 'the server does not let one read events back'
    : `model ${model.name} has no column of event ids (event_id_col)`;
  return new PublishError(
    'PUBLISH_OUTCOME_UNKNOWN',
    `chunk ${chunk.index} (${chunk.rows.toLocaleString('en')} events) was sent and not answered, and ${why}`,
    {
      exitCode: 5,
      hint: 'Look at the event count in Fiddler. If they are not there, run again with --resend, which sends them once more.',
    },
  );
}
