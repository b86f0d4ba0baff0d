/** Asks the worker, one task at a time, and shows how far it is. */
import type { Failure, FromWorker, TaskName, Tasks, ToWorker } from '../run/messages.js';

export interface Progress {
  what: string;
  done: number;
  /** Null where nobody knows. */
  total: number | null;
}

/** What the worker refused. */
export class Refused extends Error {
  constructor(readonly failure: Failure) {
    super(failure.message);
  }
}

interface Waiting {
  done(value: never): void;
  fail(error: Error): void;
  progress(progress: Progress): void;
}

export class Link {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;
  #ended: Refused | null = null;

  constructor() {
    this.#worker = new Worker(new URL('./pipeline.js', import.meta.url), { type: 'module' });
    this.#worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#take(data);
    this.#worker.onerror = (event) => this.#end(event.message || 'its file does not load');
  }

  ask<T extends TaskName>(
    task: T,
    args: Parameters<Tasks[T]>,
    progress: (progress: Progress) => void = () => {},
  ): Promise<Awaited<ReturnType<Tasks[T]>>> {
    if (this.#ended !== null) return Promise.reject(this.#ended);
    const id = ++this.#last;
    this.#send({ id, task, args });
    return new Promise((done, fail) => this.#waiting.set(id, { done, fail, progress }));
  }

  /** Ends the task that was asked for last. */
  stop(): void {
    this.#send({ stop: this.#last });
  }

  #send(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  #take(message: FromWorker): void {
    const waiting = this.#waiting.get(message.id);
    if (waiting === undefined) return;
    if (message.is === 'progress') {
      waiting.progress(message);
      return;
    }
    this.#waiting.delete(message.id);
    if (message.is === 'done') waiting.done(message.value as never);
    else waiting.fail(new Refused(message.failure));
  }

  #end(why: string): void {
    const coded = { code: 'WORKER_ENDED', hint: 'Reload the page.', program: [], exitCode: 4 } as const;
    const failure = {
      coded,
      message: `the worker of this page ended: ${why}`,
      stack: undefined,
      command: null,
      unusable: null,
    };
    this.#ended = new Refused(failure);
    for (const { fail } of this.#waiting.values()) fail(this.#ended);
    this.#waiting.clear();
  }
}
