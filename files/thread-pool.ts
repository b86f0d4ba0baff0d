/**
 * Threads that answer orders: an idle one, a new one, or the order waits. They start with the first orders, and do not
 * keep the process alive while idle. The system gives a core to whoever has work, so pools need not share them out.
 * A thread answers its orders in turn, until it gets `null`.
 */
import { leaveThread, type Thread, threadPort } from '#platform';
import { receiveError, type SentError, sendError } from '../base/index.js';

export interface PoolRules<Order> {
  /** At least 1. */
  threads: number;
  /** Orders that a thread has at once: while the calling thread is busy, it goes on with the next. */
  depth: number;
  /** Starts a thread that calls `answerOrders`. @param thread a number, from 0, that no other thread has meanwhile */
  start(thread: number): Thread;
  /**
   * What a thread is sent; the order is rejected with what this throws.
   * @param place a number that no other order has meanwhile; those of a thread are `depth` in a row
   */
  message(order: Order, place: number): { message: unknown; transfer?: ArrayBuffer[] };
  /**
   * A thread has died of the first of its orders. @param cause an error, its exit code, or text
   * @returns why the order is given up; null: it is tried again
   */
  died(order: Order, cause: unknown, deaths: number): Error | null;
  /** The error of orders that are not answered when the pool is closed, or come later. */
  closed(order: Order): Error;
  /** An order that takes longer is given up, in seconds. Default: none is. */
  seconds?: number;
  /** Whether a busy thread may have this order as its next. Default: yes. */
  mayQueue?(order: Order): boolean;
  /** Whether an order that `message` refused with this waits until another is answered. Default: no. */
  mayWait?(error: unknown): boolean;
  /** The order in a place is answered, or its thread has ended. */
  release?(place: number): void;
  /** A thread has ended before the pool was closed. */
  ended?(thread: number): void;
}

interface Job<Order, Result> {
  order: Order;
  deaths: number;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

interface Seat<Order, Result> {
  number: number;
  /** In the order in which they were given. Answers come in the same order. */
  jobs: { job: Job<Order, Result>; place: number }[];
  /** Gives up the first order. */
  timer: ReturnType<typeof setTimeout> | undefined;
  /** It ends soon and gets no more orders. Until then it may still write to its places. */
  isEnding: boolean;
}

export class ThreadPool<Order, Result> {
  readonly #rules: PoolRules<Order>;
  readonly #waiting: Job<Order, Result>[] = [];
  readonly #seats = new Map<Thread, Seat<Order, Result>>();
  #isClosed = false;

  constructor(rules: PoolRules<Order>) {
    this.#rules = rules;
  }

  /** Answers may come in another order than orders. @throws what `message`, `died` and `closed` give, and what the thread throws */
  answer(order: Order): Promise<Result> {
    if (this.#isClosed) return Promise.reject(this.#rules.closed(order));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ order, deaths: 0, resolve, reject });
      this.#assign();
    });
  }

  /** Ends all threads. Idle ones may end by themselves, which is safer. */
  async close({ atOnce = false }: { atOnce?: boolean } = {}): Promise<void> {
    this.#isClosed = true;
    const seats = [...this.#seats].map(([worker, seat]) => ({ worker, jobs: seat.jobs.splice(0), seat }));
    for (const { seat, jobs } of seats) {
      clearTimeout(seat.timer);
      for (const { job } of jobs) job.reject(this.#rules.closed(job.order));
    }
    for (const job of this.#waiting.splice(0)) job.reject(this.#rules.closed(job.order));
    await Promise.all(
      seats.map(({ worker, jobs }) => (atOnce || jobs.length > 0 ? worker.terminate() : endThread(worker))),
    );
  }

  #assign(): void {
    while (this.#waiting.length > 0) {
      const [job] = this.#waiting as [Job<Order, Result>];
      const worker = this.#nextWorker(job.order);
      if (worker === null) return;
      this.#waiting.shift();
      try {
        this.#give(worker, job);
      } catch (error) {
        if (this.#rules.mayWait?.(error) && this.#isBusy) {
          this.#waiting.unshift(job);
          return;
        }
        job.reject(error);
      }
    }
  }

  /** A thread that is idle, a new one, or the one with the fewest orders; null if all have enough. */
  #nextWorker(order: Order): Thread | null {
    const [first, ...others] = [...this.#seats].filter(([, { isEnding }]) => !isEnding);
    if (first === undefined) return this.#start();
    const [worker, { jobs }] = others.reduce((a, b) => (b[1].jobs.length < a[1].jobs.length ? b : a), first);
    if (jobs.length === 0) return worker;
    const { depth, mayQueue } = this.#rules;
    return this.#start() ?? (jobs.length < depth && (mayQueue?.(order) ?? true) ? worker : null);
  }

  /** Null where there are as many as asked for. This also replaces a thread that has ended. */
  #start(): Thread | null {
    if (this.#seats.size >= this.#rules.threads) return null;
    const number = this.#freeNumber();
    const worker = this.#rules.start(number);
    this.#seats.set(worker, { number, jobs: [], timer: undefined, isEnding: false });
    worker.unref();
    worker.on('message', (answer) => this.#finish(worker, answer as Answer<Result>));
    worker.on('error', (error) => this.#lose(worker, error));
    worker.on('exit', (code) => this.#bury(worker, code));
    return worker;
  }

  #freeNumber(): number {
    const taken = new Set([...this.#seats.values()].map(({ number }) => number));
    let number = 0;
    while (taken.has(number)) number++;
    return number;
  }

  #give(worker: Thread, job: Job<Order, Result>): void {
    const seat = this.#seats.get(worker)!;
    const { depth } = this.#rules;
    const taken = new Set(seat.jobs.map(({ place }) => place));
    let place = depth * seat.number;
    while (taken.has(place)) place++;
    const { message, transfer = [] } = this.#rules.message(job.order, place);
    worker.postMessage(message, transfer);
    worker.ref();
    if (seat.jobs.push({ job, place }) === 1) this.#watch(worker, seat);
  }

  get #isBusy(): boolean {
    return [...this.#seats.values()].some(({ jobs }) => jobs.length > 0);
  }

  /** The time of an order begins when the thread begins with it. */
  #watch(worker: Thread, seat: Seat<Order, Result>): void {
    const { seconds } = this.#rules;
    clearTimeout(seat.timer);
    if (seconds === undefined || seat.jobs.length === 0) return;
    seat.timer = setTimeout(() => {
      this.#lose(worker, `it took more than ${seconds} s`);
      void worker.terminate();
    }, 1000 * seconds);
  }

  #finish(worker: Thread, answer: Answer<Result>): void {
    const seat = this.#seats.get(worker);
    const given = seat?.jobs.shift();
    if (seat === undefined || given === undefined) return;
    this.#watch(worker, seat);
    if ('error' in answer && answer.error.coded === null) {
      // An error that nobody expected may have left the thread broken, so the next order gets a new one.
      seat.isEnding = true;
      this.#waiting.unshift(...seat.jobs.splice(0).map(({ job }) => job));
      void worker.terminate();
    } else {
      this.#rules.release?.(given.place);
      if (seat.jobs.length === 0) worker.unref();
    }
    this.#assign();
    if ('result' in answer) given.job.resolve(answer.result);
    else given.job.reject(receiveError(answer.error));
  }

  #lose(worker: Thread, cause: unknown): void {
    const seat = this.#seats.get(worker);
    if (seat === undefined) return;
    seat.isEnding = true;
    clearTimeout(seat.timer);
    const [first, ...others] = seat.jobs.splice(0);
    // The thread had not begun the others, so they do not count as tried.
    this.#waiting.unshift(...others.map(({ job }) => job));
    if (first !== undefined) this.#retryOrReject(first.job, cause);
    this.#assign();
  }

  /** An order that is tried again comes first. */
  #retryOrReject(job: Job<Order, Result>, cause: unknown): void {
    const reason = this.#rules.died(job.order, cause, ++job.deaths);
    if (reason === null) this.#waiting.unshift(job);
    else job.reject(reason);
  }

  #bury(worker: Thread, cause: unknown): void {
    this.#lose(worker, cause);
    const seat = this.#seats.get(worker);
    this.#seats.delete(worker);
    if (seat === undefined || this.#isClosed) return;
    const { depth } = this.#rules;
    for (let place = depth * seat.number; place < depth * (seat.number + 1); place++) this.#rules.release?.(place);
    this.#rules.ended?.(seat.number);
    this.#assign();
  }
}

export type Answer<Result> = { result: Result } | { error: SentError };

export interface Answering<Result> {
  /** The buffers of a result, which are given away instead of copied. Default: none. */
  buffersOf?(result: Result): ArrayBuffer[];
  /** An error as it is sent. Default: `sendError`. */
  sent?(error: unknown): SentError;
}

/** In the thread: answers orders in their order, until the order `null`. */
export function answerOrders<Order, Result>(
  answer: (order: Order) => Result | Promise<Result>,
  { buffersOf = () => [], sent = sendError }: Answering<Result> = {},
): void {
  const port = threadPort();
  let last: Promise<void> = Promise.resolve();
  port.on('message', (order) => {
    if (order === null) closeSoon();
    else last = last.then(() => answerOne(order as Order));
  });

  async function answerOne(order: Order): Promise<void> {
    try {
      const result = await answer(order);
      port.postMessage({ result } satisfies Answer<Result>, buffersOf(result));
    } catch (error) {
      port.postMessage({ error: sent(error) } satisfies Answer<Result>);
    }
  }
}

/** Longest wait for a thread that is asked to end; one that is idle takes milliseconds. */
const ENDING_MS = 2_000;

/** What a thread waits before it ends, in so many turns of its event loop. */
const TURNS = 5;
const TURN_MS = 20;

/**
 * Closes the port a moment later. V8 may be compiling in the background, and may need garbage of this thread
 * collected. On Node 20, a thread that has left its event loop waits for that compilation and collects nothing: both
 * wait for ever.
 */
function closeSoon(): void {
  let turns = 0;
  const timer = setInterval(() => {
    if (++turns < TURNS) return;
    clearInterval(timer);
    leaveThread();
  }, TURN_MS);
}

/**
 * Lets a thread end by itself as soon as it has time for the message `null`. A thread that does not end within two
 * seconds is terminated, and one that does not even do that is left behind. Node 20 may abort the process where a
 * thread is terminated while V8 still optimises its code (`ForIsolate`, `Assertion failed: (data.first) != nullptr`).
 */
export async function endThread(worker: Thread): Promise<void> {
  worker.ref();
  let late: ReturnType<typeof setTimeout> | undefined;
  // Whatever it dies of, it has ended.
  const ended = new Promise((resolve) => {
    worker.once('exit', resolve);
    late = setTimeout(() => {
      void worker.terminate();
      late = setTimeout(resolve, ENDING_MS);
    }, ENDING_MS);
  });
  worker.postMessage(null);
  await ended;
  clearTimeout(late);
  worker.unref();
}
