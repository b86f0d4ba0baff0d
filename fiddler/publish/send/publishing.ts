/**
 * One run of a publish, from the journal's state to its end: looks whether it may send, sends what is not done, and reads
 * back whether the server has it. What turns out to be missing is sent once more.
 */
import type { Model } from '../../client/index.js';
import type { Journal } from '../journal/journal.js';
import type { Chunk } from '../plan/plan.js';
import type { Problem } from '../problems.js';
import type { Published } from '../progress.js';
import { PublishError } from '../publish-error.js';
import { Confirm, type Confirmation } from './confirm.js';
import { isDone, type PublishContext } from './context.js';
import { Gate } from './gate.js';
import { Lookup } from './lookup.js';
import { ModelJobs } from './model-jobs.js';
import { otherTimes, refuseOtherTimes } from './other-times.js';
import { PublishWorkers } from './workers.js';

/** Passes over the chunks that are not done: a server that loses events again and again is not helped by more. */
const MAX_PASSES = 10;
/** Events stored twice that an error names. */
const IDS_NAMED = 5;

type Outcome = Pick<Published, 'sent' | 'alreadyThere' | 'jobs' | 'lookedUp' | 'finished' | 'confirmed' | 'warnings'>;

export class Publishing {
  readonly #context: PublishContext;
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

  /** @param others jobs of other journals */
  constructor(context: PublishContext, others: ReadonlySet<string>) {
    this.#context = context;
    this.#blindly = context.resend;
    this.#jobs = new ModelJobs(context, others);
    this.#lookup = new Lookup(context, this.#jobs);
  }

  /** @throws PublishError, FiddlerError */
  async run(doneRows: number): Promise<Outcome> {
    const context = this.#context;
    const { plan, wait, confirm } = context;
    let confirmed: boolean | null = null;
    let missing = Number.POSITIVE_INFINITY;
    for (let passes = 0; ; ) {
      const open = plan.chunks.filter((chunk) => !isDone(context, chunk));
      if (open.length > 0) {
        if (++passes > MAX_PASSES) throw this.#incomplete(open);
        if (passes === 1) await this.#refuseOtherTimes(open);
        await this.#send(open, doneRows);
        if (!wait) break;
        continue;
      }
      const confirmation = confirm ? await this.#confirm() : null;
      confirmed = confirmation?.told ?? null;
      if (confirmation === null || confirmation.short.length === 0) break;
      // What was sent again and is as invisible as before may be there all the same: no third time.
      if (confirmation.missing >= missing)
        throw this.#incomplete(plan.chunks.filter((chunk) => !isDone(context, chunk)));
      missing = confirmation.missing;
    }
    const finished = plan.chunks.every((chunk) => isDone(context, chunk));
    const sent = [...this.#sent.values()].reduce((sum, rows) => sum + rows, 0);
    const lookedUp = this.#lookedUp;
    const begun = this.#begun;
    const warnings = this.#warnings;
    return { sent, alreadyThere: plan.rows - sent, jobs: [...begun], lookedUp, finished, confirmed, warnings };
  }

  async #send(open: readonly Chunk[], doneRows: number): Promise<void> {
    const context = this.#context;
    const gate = await Gate.open(context, this.#jobs, open);
    const resend = this.#blindly;
    this.#blindly = false;
    const pass = { gate, lookup: this.#lookup, resend, sent: this.#sent };
    const workers = new PublishWorkers(context, pass, doneRows);
    await workers.run();
    this.#lookedUp += workers.sender.lookedUp;
    for (const id of workers.jobs) this.#begun.add(id);
    if (context.wait && context.confirm) {
      await gate.awaitMeeting(() => context.onWait('another run that began at the same moment'));
    }
  }

  /** Chunks that the server does not have whole are open again. @throws PublishError `PUBLISH_STORED_TWICE`, `PUBLISH_NOT_VISIBLE` */
  async #confirm(): Promise<Confirmation> {
    const { journal, plan } = this.#context;
    // What an earlier run has seen may be deleted since.
    const unasked = plan.chunks.filter((chunk) => !this.#confirmed.has(chunk));
    const confirmation = await new Confirm(this.#context).run(unasked);
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
    const { model, onProgress } = this.#context;
    const found = await otherTimes(this.#context, open);
    if (found === null) return;
    await refuseOtherTimes(this.#context, found);
    if (found.all) return;
    const problem = notCompared(model);
    this.#warnings.push(problem);
    onProgress?.({ stage: 'warning', problem });
  }

  #notVisible({ missing }: Confirmation): PublishError {
    const events = `none of ${missing.toLocaleString('en')} events`;
    return new PublishError(
      'PUBLISH_NOT_VISIBLE',
      `the server has taken the events, but ${events} can be read back after ${this.#context.lagSeconds} s`,
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

function storedTwice({ repeated, repeatedIds }: Confirmation, journal: string): PublishError {
  const events = repeated === 1 ? '1 event is' : `${repeated.toLocaleString('en')} events are`;
  const ids = repeated <= IDS_NAMED ? `: ${repeatedIds.join(', ')}` : '';
  return new PublishError('PUBLISH_STORED_TWICE', `${events} stored more than once on the server${ids}`, {
    exitCode: 5,
    hint: `Another run has published them too. To put it right: image-drift delete --journal ${journal} (or --ids FILE, for these alone), then publish again.`,
  });
}
