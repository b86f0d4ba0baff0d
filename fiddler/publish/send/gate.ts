/**
 * Before a run sends anything: does another run publish to this model right now, and may the server have these events
 * already, from a run whose journal is lost or out of date? Asked at every run and before each request.
 * Two runs can begin at the same moment and see nothing of each other. So each waits a random time first, and looks
 * right before its first request. That request publishes one event, goes alone, and is followed by another look: of two
 * runs, the one whose job was made later sees the other's, and stops.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { FiddlerError, isRunning, type Job, UnknownOutcome } from '../../client/index.js';
import type { Journal } from '../journal/journal.js';
import { type Chunk, rangeOf } from '../plan/plan.js';
import { PublishError } from '../publish-error.js';
import { NEWEST_JOBS, type RunContext } from './model-jobs.js';
import { hasStored } from './stored-ids.js';

/** A request that was sent before our job was there has arrived by then. */
const MEETING_MS = 5_000;

export class Gate {
  /** The server may have events of chunks that the journal calls new: each is looked at before it is sent. */
  lookFirst = false;
  /** Jobs of others have ended so lately that their events may not be visible yet. */
  othersLately = false;
  readonly openedAt = Date.now();
  readonly #known = new Set<string>();
  /** Jobs that no chunk knows and that are ours all the same: of requests without an answer, and of those under way. */
  #allowed = 0;
  /** Whether this run's first request was answered, and no other run was there before it. */
  #isFirst = false;
  /** The job of that request, as the server lists it. */
  #firstJob: Job | null = null;
  #turn: Promise<void> = Promise.resolve();
  readonly #context: RunContext;

  private constructor(context: RunContext) {
    this.#context = context;
  }

  /** @param chunks those that are not done @throws PublishError `PUBLISH_OTHER_RUN`; FiddlerError */
  static async open(context: RunContext, chunks: readonly Chunk[]): Promise<Gate> {
    const gate = new Gate(context);
    const { journal, settleSeconds, stop, jobs } = context;
    gate.#allowed = chunks.filter(({ index }) => isInDoubt(journal, index)).length;
    await stop.race(sleep(Math.random() * settleSeconds * 1_000));
    const strangers = (await jobs.strangers()) ?? [];
    gate.#refuseOthers(strangers.filter((job) => isRunning(job)));
    for (const { id } of strangers) gate.#known.add(id);
    gate.othersLately = strangers.some((job) => jobs.mayAppear(job));
    gate.lookFirst = gate.othersLately || (await gate.#mayHaveEvents(chunks));
    // What a process that is dead sent may still be on its way.
    if (gate.lookFirst) await stop.race(sleep(settleSeconds * 1_000));
    return gate;
  }

  /**
   * Sends a publishing request right after a look for other runs; one by one until one has been answered.
   * @param rows that it brings @param send gives the id of the job @throws PublishError `PUBLISH_OTHER_RUN`
   */
  async pass(rows: number, send: () => Promise<string>): Promise<void> {
    if (this.#isFirst) return void (await this.#sendAlone(send));
    const sent = this.#turn.then(() => this.#passFirst(rows, send));
    this.#turn = sent.catch(() => undefined);
    return sent;
  }

  /** Has another run begun since the last look? @throws PublishError `PUBLISH_OTHER_RUN` */
  async watch(): Promise<void> {
    const before = this.#allowed;
    const newest = (await this.#context.jobs.strangers(NEWEST_JOBS)) ?? [];
    const unknown = this.#unknown(newest);
    for (const job of unknown) if (this.#isWithdrawn(job)) this.#known.add(job.id);
    this.#refuseOthers(this.#unknown(unknown), before);
  }

  /** Waits until a withdrawn run of the same moment has stored what it sent: only then can duplicates be seen. */
  async awaitMeeting(): Promise<void> {
    const { stop, jobs, onWait } = this.#context;
    const newest = this.#firstJob === null ? [] : ((await jobs.strangers(NEWEST_JOBS)) ?? []);
    for (const job of newest.filter((one) => this.#isWithdrawn(one) && jobs.mayAppear(one))) {
      onWait('another run that began at the same moment');
      await jobs.waitFor(job);
      await stop.race(sleep(jobs.lagMs));
    }
  }

  async #passFirst(rows: number, send: () => Promise<string>): Promise<void> {
    this.#context.stop.check();
    const job = await this.#sendAlone(send);
    if (!this.#isFirst) await this.#withdrawIfLater(job, rows);
    this.#isFirst = true;
  }

  async #sendAlone(send: () => Promise<string>): Promise<string> {
    await this.watch();
    // Where its answer gets lost, there may be a job that nobody knows.
    this.#allowed++;
    try {
      const job = await send();
      this.#allowed--;
      return job;
    } catch (error) {
      if (error instanceof FiddlerError && !(error instanceof UnknownOutcome)) this.#allowed--;
      throw error;
    }
  }

  /** Jobs of the same moment, or without times, have no order: both stop. @throws PublishError `PUBLISH_OTHER_RUN` */
  async #withdrawIfLater(jobId: string, rows: number): Promise<void> {
    const { force, jobs } = this.#context;
    const newest = (await jobs.ofEnvironment(NEWEST_JOBS)) ?? [];
    const own = newest.find(({ id }) => id === jobId);
    const strangers = this.#unknown(newest.filter((job) => jobs.isStranger(job)));
    const earlier = strangers.filter((job) => own === undefined || !jobs.isLater(job, own));
    if (!force && earlier.length > this.#allowed) throw this.#otherRun(earlier, rows);
    for (const { id } of strangers) this.#known.add(id);
    this.#firstJob = own ?? null;
  }

  /** Whether the job is of a run that began at the same moment as this one. That run sees our older job, and stops. */
  #isWithdrawn(job: Job): boolean {
    return this.#firstJob !== null && this.#context.jobs.isLater(job, this.#firstJob, MEETING_MS);
  }

  #unknown(jobs: readonly Job[]): Job[] {
    return jobs.filter(({ id }) => !this.#known.has(id));
  }

  /** @param before what was allowed when the jobs were asked for: a request of ours may have been answered since */
  #refuseOthers(jobs: readonly Job[], before = this.#allowed): void {
    if (this.#context.force || jobs.length <= Math.max(before, this.#allowed)) return;
    throw this.#otherRun(jobs, 0);
  }

  /** @param sent events that this run had sent before it could see the other */
  #otherRun(jobs: readonly Job[], sent: number): PublishError {
    const { model, environment } = this.#context.place;
    const shown = jobs.slice(0, 5).map(({ id }) => id);
    const ids =
      jobs.length > shown.length ? `${shown.join(', ')} and ${jobs.length - shown.length} more` : shown.join(', ');
    const place = environment.type === 'PRODUCTION' ? 'production' : `baseline ${environment.name}`;
    const there = jobs.length === 1 ? 'a job is' : `${jobs.length} jobs are`;
    const events = sent === 1 ? '1 event of this run was' : `${sent.toLocaleString('en')} events of this run were`;
    const too = sent === 0 ? '' : `; ${events} sent at the same moment, and may be stored twice`;
    const message = `${place} of model ${model.name} ${model.version}: ${there} there that this journal did not begin: ${ids}${too}`;
    const hint =
      'Another run may be publishing the same events. Wait until it has ended, then run this again: it looks up what is there and sends the rest. If these jobs publish other events, --force goes on.';
    return new PublishError('PUBLISH_OTHER_RUN', message, { exitCode: 5, hint });
  }

  /** Is there anything in the dataset, or in the time range, at all? */
  async #mayHaveEvents(chunks: readonly Chunk[]): Promise<boolean> {
    const { place } = this.#context;
    if (place.environment.type === 'PRE_PRODUCTION') {
      const dataset = await place.client.environments.byName(place.model.id, place.environment.name);
      if (dataset === null) return false;
      return dataset.row_count !== 0 || (await hasStored(place, { times: null, envId: dataset.id })) === true;
    }
    const times = rangeOf(chunks);
    return times !== null && (await hasStored(place, { times })) === true;
  }
}

function isInDoubt(journal: Journal, chunk: number): boolean {
  const state = journal.stateOf(chunk);
  return state.is === 'unknown' && !state.failed;
}
