/**
 * One run of a publish, from the journal's state to its end: looks whether it may send, sends what is not done, and reads
 * back whether the server has it. What turns out to be missing is sent once more.
 */
import type { FiddlerClient, Model } from '../../client/index.js';
import type { Journal } from '../journal/journal.js';
import type { Chunk, PublishEnvironment, PublishMode, PublishPlan } from '../plan/plan.js';
import type { Problem } from '../plan/problems.js';
import type { Published, PublishProgress } from '../plan/progress.js';
import { PublishError } from '../publish-error.js';
import { Confirm, type Confirmation } from './confirm.js';
import { Gate } from './gate.js';
import { Lookup } from './lookup.js';
import { ModelJobs } from './model-jobs.js';
import { otherTimes, refuseOtherTimes } from './other-times.js';
import { Pace, READ_LIMITS } from './pace.js';
import type { StopSignal } from './stop-signal.js';
import { PublishWorkers } from './workers.js';

/** Passes over the chunks that are not done: a server that loses events again and again is not helped by more. */
const MAX_PASSES = 10;
/** Events stored twice that an error names. */
const IDS_NAMED = 5;

export interface PublishingOptions {
  model: Model;
  environment: PublishEnvironment;
  mode: PublishMode;
  concurrency: number;
  wait: boolean;
  resend: boolean;
  force: boolean;
  confirm: boolean;
  settleSeconds: number;
  lagSeconds: number;
  jobSeconds: number;
  /** Jobs of other journals. */
  others: ReadonlySet<string>;
  clockSkewSeconds: number;
  stop: StopSignal;
  onProgress?: ((progress: PublishProgress) => void) | undefined;
}

type Outcome = Pick<Published, 'sent' | 'alreadyThere' | 'jobs' | 'lookedUp' | 'finished' | 'confirmed' | 'warnings'>;

export class Publishing {
  readonly #reads = new Pace(READ_LIMITS);
  readonly #place;
  readonly #jobs: ModelJobs;
  readonly #lookup: Lookup;
  /** By chunk: events that were not on the server when this run first sent them. */
  readonly #sent = new Map<number, number>();
  readonly #begun = new Set<string>();
  /** Chunks that this run has read back whole. */
  readonly #confirmed = new Set<Chunk>();
  readonly #warnings: Problem[] = [];
  #lookedUp = 0;
  /** Whether the next pass sends without a look what was sent and not answered: the user's word, which holds once. */
  #blindly: boolean;

  readonly #client: FiddlerClient;
  readonly #journal: Journal;
  readonly #plan: PublishPlan;
  readonly #options: PublishingOptions;

  constructor(client: FiddlerClient, journal: Journal, plan: PublishPlan, options: PublishingOptions) {
    this.#client = client;
    this.#journal = journal;
    this.#plan = plan;
    this.#options = options;

    const { model, environment } = options;
    const reads = this.#reads;
    this.#blindly = options.resend;
    this.#place = { client, model, environment };
    this.#jobs = new ModelJobs({ ...options, client, journal, reads });
    this.#lookup = new Lookup({
      ...options,
      place: this.#place,
      jobs: this.#jobs,
      journal,
      reads,
      onWait: this.#onWait,
    });
  }

  /** @throws PublishError, FiddlerError */
  async run(doneRows: number): Promise<Outcome> {
    const options = this.#options;
    const journal = this.#journal;
    const plan = this.#plan;
    let confirmed: boolean | null = null;
    let missing = Number.POSITIVE_INFINITY;
    for (let passes = 0; ; ) {
      const open = plan.chunks.filter((chunk) => !isDone(journal, chunk));
      if (open.length > 0) {
        if (++passes > MAX_PASSES) throw this.#incomplete(open);
        if (passes === 1) await this.#refuseOtherTimes(open);
        await this.#send(open, doneRows);
        if (!options.wait) break;
        continue;
      }
      const confirmation = options.confirm ? await this.#confirm() : null;
      confirmed = confirmation?.told ?? null;
      if (confirmation === null || confirmation.short.length === 0) break;
      // What was sent again and is as invisible as before may be there all the same: no third time.
      if (confirmation.missing >= missing)
        throw this.#incomplete(plan.chunks.filter((chunk) => !isDone(journal, chunk)));
      missing = confirmation.missing;
    }
    const finished = plan.chunks.every((chunk) => isDone(journal, chunk));
    const sent = [...this.#sent.values()].reduce((sum, rows) => sum + rows, 0);
    const lookedUp = this.#lookedUp;
    const begun = this.#begun;
    const warnings = this.#warnings;
    return { sent, alreadyThere: plan.rows - sent, jobs: [...begun], lookedUp, finished, confirmed, warnings };
  }

  async #send(open: readonly Chunk[], doneRows: number): Promise<void> {
    const client = this.#client;
    const journal = this.#journal;
    const plan = this.#plan;
    const options = this.#options;
    const place = this.#place;
    const jobs = this.#jobs;
    const lookup = this.#lookup;
    const gate = await Gate.open({ ...options, place, jobs, journal }, open);
    const resend = this.#blindly;
    this.#blindly = false;
    const sent = this.#sent;
    const workers = new PublishWorkers(client, journal, plan, { ...options, resend, gate, lookup, doneRows, sent });
    await workers.run();
    this.#lookedUp += workers.sender.lookedUp;
    for (const id of workers.jobs) this.#begun.add(id);
    if (options.wait && options.confirm) {
      await gate.awaitMeeting(() => this.#onWait('another run that began at the same moment'));
    }
  }

  /** Chunks that the server does not have whole are open again. @throws PublishError `PUBLISH_STORED_TWICE`, `PUBLISH_NOT_VISIBLE` */
  async #confirm(): Promise<Confirmation> {
    const journal = this.#journal;
    const plan = this.#plan;
    const options = this.#options;
    const place = this.#place;
    const reads = this.#reads;
    const onWait = this.#onWait;
    // What an earlier run has seen may be deleted since.
    const unasked = plan.chunks.filter((chunk) => !this.#confirmed.has(chunk));
    const confirmation = await new Confirm({ ...options, place, plan, journal, reads, onWait }).run(unasked);
    if (!confirmation.told) return { ...confirmation, short: [] };
    if (confirmation.repeated > 0) throw storedTwice(confirmation, journal.path);
    const noneIsSeen = confirmation.found === 0 && !plan.chunks.some(({ index }) => journal.isSeen(index));
    if (confirmation.missing > 0 && noneIsSeen && !this.#blindly) throw this.#notVisible(confirmation);
    const short = new Set(confirmation.short.map(({ chunk }) => chunk));
    for (const chunk of unasked) if (!short.has(chunk)) this.#confirmed.add(chunk);
    await reopen(journal, confirmation);
    return confirmation;
  }

  /** @throws PublishError `PUBLISH_OTHER_TIMES` */
  async #refuseOtherTimes(open: readonly Chunk[]): Promise<void> {
    const { stop, onProgress } = this.#options;
    const compared = { place: this.#place, plan: this.#plan, stop };
    const found = await otherTimes(compared, open);
    if (found === null) return;
    await refuseOtherTimes(compared, found);
    if (found.all) return;
    const problem = notCompared(this.#options.model);
    this.#warnings.push(problem);
    onProgress?.({ stage: 'warning', problem });
  }

  readonly #onWait = (what: string): void => {
    this.#options.onProgress?.({ stage: 'waiting', what });
  };

  #notVisible({ missing }: Confirmation): PublishError {
    const events = `none of ${missing.toLocaleString('en')} events`;
    return new PublishError(
      'PUBLISH_NOT_VISIBLE',
      `the server has taken the events, but ${events} can be read back after ${this.#options.lagSeconds} s`,
      {
        exitCode: 5,
        hint: 'Run the same command again later: it looks again, and sends nothing before it has seen some. If events take longer on your server, raise --lag. If they never appear, --resend sends them once more.',
      },
    );
  }

  #incomplete(open: readonly Chunk[]): PublishError {
    const rows = open.reduce((sum, chunk) => sum + chunk.rows, 0);
    return new PublishError(
      'PUBLISH_INCOMPLETE',
      `${rows.toLocaleString('en')} events were sent more than once, and the server still does not show all of them`,
      {
        exitCode: 5,
        hint: 'Look at the event count in Fiddler: the server may store fewer events, or show fewer, than there are.',
      },
    );
  }
}

export function isDone(journal: Journal, chunk: Chunk): boolean {
  return journal.stateOf(chunk.index).is === 'done';
}

/** The next pass looks once more, and sends what is missing. */
export async function reopen(journal: Journal, { short }: Confirmation): Promise<void> {
  for (const { chunk, found } of short) {
    const reason = `the server has ${found.toLocaleString('en')} of ${chunk.rows.toLocaleString('en')} events`;
    await journal.note(chunk.index, { state: 'failed', job_id: null, reason });
  }
}

function notCompared({ name, version }: Model): Problem {
  return {
    severity: 'warning',
    code: 'PUBLISH_TIMES_NOT_COMPARED',
    message: `model ${name} ${version} has more events than are read: whether it has these with other times is not known`,
    hint: 'If you publish events again whose times you corrected, delete the earlier ones first.',
    count: 1,
  };
}

export function storedTwice({ repeated, repeatedIds }: Confirmation, journal: string): PublishError {
  const events = repeated === 1 ? '1 event is' : `${repeated.toLocaleString('en')} events are`;
  const ids = repeated <= IDS_NAMED ? `: ${repeatedIds.join(', ')}` : '';
  return new PublishError('PUBLISH_STORED_TWICE', `${events} stored more than once on the server${ids}`, {
    exitCode: 5,
    hint: `Another run has published them too. To put it right: image-drift delete --journal ${journal} (or --ids FILE, for these alone), then publish again.`,
  });
}
