/** Why a running publish should end: the caller's signal, or a failure of another of its workers. */
import { INTERRUPTED, PublishError } from '../publish-error.js';

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
  return new PublishError(INTERRUPTED, 'stopped; what was done is in the journal', {
    exitCode: 5,
    hint: 'Run the same command again to go on.',
  });
}
