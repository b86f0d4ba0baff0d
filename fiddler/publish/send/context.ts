/** What a run has from its beginning to its end. It is passed whole to all that takes part. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Settled } from '../../../base/index.js';
import type { FiddlerClient } from '../../client/index.js';
import type { Journal } from '../journal/journal.js';
import type { publishFields } from '../options/index.js';
import type { Chunk, PublishPlan } from '../plan/plan.js';
import type { Problem } from '../progress.js';
import { INTERRUPTED, PublishError } from '../publish-error.js';
import type { StoredPlace } from './stored-ids.js';

interface Opened {
  client: FiddlerClient;
  journal: Journal;
  isNew: boolean;
  plan: PublishPlan;
  warnings: Problem[];
  /** How far the server's clock is ahead of ours. */
  clockSkewSeconds: number;
}

/** What the caller said, settled, and what was made of it. */
export interface PublishContext extends Omit<Settled<typeof publishFields>, 'journal'>, Opened {
  /** Whose stored events are asked for. */
  place: StoredPlace;
  reads: Pace;
  writes: Pace;
  stop: StopSignal;
  onWait: (what: string) => void;
}

export function contextOf(options: Settled<typeof publishFields>, opened: Opened): PublishContext {
  const { model, environment, signal, onProgress } = options;
  return {
    ...options,
    ...opened,
    place: { client: opened.client, model, environment },
    reads: new Pace(READ_LIMITS),
    writes: new Pace(WRITE_LIMITS),
    stop: new StopSignal(signal),
    onWait: (what) => onProgress?.({ stage: 'waiting', what }),
  };
}

export function isDone({ journal }: Pick<PublishContext, 'journal'>, chunk: Chunk): boolean {
  return journal.stateOf(chunk.index).is === 'done';
}

export function doneRowsOf(context: PublishContext): number {
  return context.plan.chunks.reduce((sum, chunk) => sum + (isDone(context, chunk) ? chunk.rows : 0), 0);
}

interface Limit {
  requests: number;
  milliseconds: number;
}

const READ_LIMITS: readonly Limit[] = [
  { requests: 30, milliseconds: 1_000 },
  { requests: 1_000, milliseconds: 60_000 },
];
export const WRITE_LIMITS: readonly Limit[] = [
  { requests: 10, milliseconds: 1_000 },
  { requests: 300, milliseconds: 60_000 },
];

/** How long the next request has to wait, in ms, when the ones before were sent at these times (ascending). */
export function waitBefore(sent: readonly number[], limits: readonly Limit[], now: number): number {
  let wait = 0;
  for (const { requests, milliseconds } of limits) {
    const oldest = sent[sent.length - requests];
    if (oldest !== undefined) wait = Math.max(wait, oldest + milliseconds - now);
  }
  return wait;
}

/**
 * Keeps below Fiddler's published rate limits (docs.fiddler.ai, REST API: metadata reads 30 a second and 1,000 a
 * minute, writes 10 a second and 300 a minute). A 429 all the same is a matter of the client's retry policy.
 */
export class Pace {
  #sent: number[] = [];
  #turn: Promise<void> = Promise.resolve();
  readonly #kept: number;
  readonly #limits: readonly Limit[];

  constructor(limits: readonly Limit[]) {
    this.#limits = limits;
    this.#kept = Math.max(...limits.map(({ requests }) => requests));
  }

  /** Resolves when one more request may be sent. */
  next(): Promise<void> {
    this.#turn = this.#turn.then(async () => {
      const wait = waitBefore(this.#sent, this.#limits, performance.now());
      if (wait > 0) await sleep(wait);
      this.#sent.push(performance.now());
      if (this.#sent.length > 2 * this.#kept) this.#sent = this.#sent.slice(-this.#kept);
    });
    return this.#turn;
  }
}

/** Why a running publish should end: the caller's signal, or a failure of another of its workers. */
export class StopSignal {
  readonly #controller = new AbortController();
  readonly signal: AbortSignal;
  #failure: unknown = null;

  constructor(outer: AbortSignal | undefined) {
    this.signal = outer === undefined ? this.#controller.signal : AbortSignal.any([outer, this.#controller.signal]);
  }

  /** The first failure counts; the others followed from it. */
  fail(error: unknown): void {
    if (this.signal.aborted) return;
    this.#failure = error;
    this.#controller.abort();
  }

  check(): void {
    if (this.signal.aborted) throw this.reason();
  }

  /** The error that the whole publish throws. */
  reason(): unknown {
    return this.#failure ?? interrupted();
  }

  /** Ends the wait, not the work, when the signal comes. */
  async race<T>(work: Promise<T>): Promise<T> {
    this.check();
    let leave: () => void = () => undefined;
    const stopped = new Promise<never>((_, reject) => {
      leave = () => reject(this.reason());
      this.signal.addEventListener('abort', leave);
    });
    try {
      return await Promise.race([work, stopped]);
    } finally {
      this.signal.removeEventListener('abort', leave);
      work.catch(() => undefined);
    }
  }
}

function interrupted(): PublishError {
  const hint = 'Run the same command again to go on.';
  return new PublishError(INTERRUPTED, 'stopped; what was done is in the journal', { exitCode: 5, hint });
}
