/** The end of a thread that waits for messages. */
import type { MessagePort, Worker } from 'node:worker_threads';

/** Longest wait for a thread that is asked to end; one that is idle takes milliseconds. */
const ENDING_MS = 2_000;

/** What a thread waits before it ends, in so many turns of its event loop. */
const TURNS = 5;
const TURN_MS = 20;

/**
 * In the thread, on the message `null`: closes its port a moment later. V8 may be compiling in the background, and may need garbage of this
 * thread collected. On Node 20, a thread that has left its event loop waits for that compilation and collects nothing: both wait for ever.
 */
export function closeSoon(port: MessagePort): void {
  let turns = 0;
  const timer = setInterval(() => {
    if (++turns < TURNS) return;
    clearInterval(timer);
    port.close();
  }, TURN_MS);
}

/**
 * Lets a thread end by itself as soon as it has time for the message `null`, on which it must call `closeSoon`. A thread that does not end
 * within two seconds is terminated, and one that does not even do that is left behind. Node 20 may abort the
 * process where a thread is terminated while V8 still optimises its code (`ForIsolate`, `Assertion failed: (data.first) != nullptr`).
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
 * A thread takes over the flags of its process, and ends with an error where they say that a program comes as text: in
 * `node --input-type=module --eval …`. Then it gets none; those of NODE_OPTIONS it has in any case.
 *
 * @param flags those of this process
 */
export function threadFlags(flags: readonly string[] = process.execArgv): { execArgv?: string[] } {
  return flags.some((flag) => flag === OF_TEXT || flag.startsWith(`${OF_TEXT}=`)) ? { execArgv: [] } : {};
}
