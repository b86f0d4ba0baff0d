/**
 * What threads send each other: orders, answered in turn until `null`, and answers. An error keeps its code on the way.
 */
import { type MessagePort, parentPort, type Worker } from 'node:worker_threads';
import { CodedError, type ErrorExitCode } from '../base/index.js';

export type Answer<Result> = { result: Result } | { error: SentError };

/** An error as it is sent: threads cannot send each other objects of a class. */
export interface SentError {
  /** Null for an error without a code: a bug. */
  coded: { code: string; hint: string | null; program: readonly string[]; exitCode: ErrorExitCode } | null;
  message: string;
  stack: string | undefined;
}

export function sendError(error: unknown): SentError {
  if (!(error instanceof Error)) return { coded: null, message: String(error), stack: undefined };
  const { message, stack } = error;
  if (!(error instanceof CodedError)) return { coded: null, message, stack };
  const { code, hint, program, exitCode } = error;
  return { coded: { code, hint, program, exitCode }, message, stack };
}

export function receiveError({ coded, message, stack }: SentError): Error {
  const error = coded === null ? new Error(message) : new ReceivedError(message, coded);
  if (stack !== undefined) error.stack = stack;
  return error;
}

class ReceivedError extends CodedError {
  override readonly exitCode: ErrorExitCode;

  constructor(message: string, { code, hint, program, exitCode }: NonNullable<SentError['coded']>) {
    super(code, message, { hint: hint ?? undefined, program });
    this.exitCode = exitCode;
  }
}

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
  const port = parentPort!;
  let last: Promise<void> = Promise.resolve();
  port.on('message', (order: Order | null) => {
    if (order === null) closeSoon(port);
    else last = last.then(() => answerOne(order));
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
function closeSoon(port: MessagePort): void {
  let turns = 0;
  const timer = setInterval(() => {
    if (++turns < TURNS) return;
    clearInterval(timer);
    port.close();
  }, TURN_MS);
}

/**
 * Lets a thread end by itself as soon as it has time for the message `null`. A thread that does not end within two
 * seconds is terminated, and one that does not even do that is left behind. Node 20 may abort the process where a
 * thread is terminated while V8 still optimises its code (`ForIsolate`, `Assertion failed: (data.first) != nullptr`).
 */
export async function endThread(worker: Worker): Promise<void> {
  worker.ref();
  let late: NodeJS.Timeout | undefined;
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

/** Says what kind of program follows in `--eval` or on standard input. */
const OF_TEXT = '--input-type';

/**
 * A thread takes over its process's flags, and fails where they announce a program as text
 * (`node --input-type=module --eval …`). It then gets none; those of NODE_OPTIONS it has in any case.
 */
export function threadFlags(flags: readonly string[] = process.execArgv): { execArgv?: string[] } {
  return flags.some((flag) => flag === OF_TEXT || flag.startsWith(`${OF_TEXT}=`)) ? { execArgv: [] } : {};
}
