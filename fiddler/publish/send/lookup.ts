/**
 * Which of a chunk's events does the server have? It is asked until what it says can be relied on:
 *
 * 1. Its jobs: every unfinished one of this model that is not known to be another chunk's could be ours; each is waited
 *    for, as its events come only now.
 * 2. Its events: the stored ids of the chunk's time range. All there: published.
 * 3. Some missing: a request can still be on its way (sent by a process that is dead, or being worked on right now), so
 *    both are asked again after the settle time, and only two equal answers count.
 * 4. Still missing, but a job of this environment has ended well lately of which nobody knows whose it is, or there are
 *    no jobs to tell (a stream): its events may not be visible yet (Fiddler's documents say 3 to 5 minutes), so asking
 *    goes on until they are, or until that time is over.
 *
 * This is as far as a server lets one know: one that shows events later than that, or carries out a request that was
 * on the wire for longer than the settle time, can still be told an event twice.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { isRunning, type Job, type Model } from '../../client/index.js';
import type { Chunk } from '../plan/plan.js';
import { PublishError } from '../publish-error.js';
import type { PublishContext } from './context.js';
import type { ModelJobs } from './model-jobs.js';
import { storedIds } from './stored-ids.js';

/** Looks follow each other at the settle time, then less and less often. */
const LONGEST_PAUSE_SECONDS = 15;

/** How certain a look has to be. */
export interface Doubt {
  /** A request with these events may still be on its way: one look is not enough. */
  underWay: boolean;
  /** When such a request was sent at the latest, ms since 1970. Without jobs, its events can appear from then on. */
  sentAt: number;
  /** How many of the chunk's events the server said that it has; null where it did not say. */
  acknowledged: number | null;
}

export class Lookup {
  readonly #context: PublishContext;
  readonly #jobs: ModelJobs;

  constructor(context: PublishContext, jobs: ModelJobs) {
    this.#context = context;
    this.#jobs = jobs;
  }

  /** A single look, which shows what is visible now. Null where the server does not tell. */
  async now(chunk: Chunk, ids: readonly string[]): Promise<Set<string> | null> {
    await this.#context.reads.next();
    const stored = await storedIds(this.#context.place, chunk.times);
    return stored && new Set(ids.filter((id) => stored.ids.has(id)));
  }

  /**
   * The ids of the chunk that the server has, for certain; null where it does not tell.
   * @throws FiddlerError
   */
  async settled(chunk: Chunk, ids: readonly string[], doubt: Doubt): Promise<Set<string> | null> {
    const { settleSeconds, stop, onWait } = this.#context;
    let before = doubt.underWay ? null : -1;
    for (let looks = 0; ; looks++) {
      const jobs = await this.#settledJobs();
      const found = await this.now(chunk, ids);
      if (found === null || found.size === ids.length) return found;
      const said = doubt.acknowledged !== null && found.size >= doubt.acknowledged;
      const mayAppear = !said && this.#mayAppear(jobs, doubt);
      if ((found.size === before || before === -1) && !mayAppear) return found;
      before = found.size;
      if (mayAppear) onWait('events of a request without an answer to appear on the server');
      await stop.race(sleep(Math.min(LONGEST_PAUSE_SECONDS, settleSeconds * 1.3 ** looks) * 1_000));
    }
  }

  /** Jobs that may be of a chunk in doubt, all ended; null where the server does not list jobs. */
  async #settledJobs(): Promise<Job[] | null> {
    const { onWait } = this.#context;
    const jobs = this.#jobs;
    for (;;) {
      const strangers = await jobs.strangers();
      const running = strangers?.filter((job) => isRunning(job)) ?? [];
      if (running.length === 0) return strangers;
      onWait(`${running.length} unfinished job${running.length > 1 ? 's' : ''} of the model`);
      for (const job of running) await jobs.waitFor(job);
    }
  }

  #mayAppear(strangers: readonly Job[] | null, { sentAt }: Doubt): boolean {
    const { mode, journal, lagSeconds } = this.#context;
    const jobs = this.#jobs;
    if (mode === 'stream' || strangers === null) return Date.now() - sentAt < lagSeconds * 1_000;
    return strangers.filter((job) => jobs.mayAppear(job)).length > journal.foundWithoutJob;
  }
}

/** The error for a chunk that nobody can look up. */
export function outcomeUnknown(model: Model, chunk: Chunk): PublishError {
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
