/**
 * Keeps below Fiddler's published rate limits, so that a 429 is the exception (docs.fiddler.ai, REST API: metadata
 * reads 30 a second and 1,000 a minute, writes 10 a second and 300 a minute). What a server answers with 429 all the
 * same is the client's retry policy.
 */
import { setTimeout as sleep } from 'node:timers/promises';

interface Limit {
  requests: number;
  milliseconds: number;
}

export const READ_LIMITS: readonly Limit[] = [
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
