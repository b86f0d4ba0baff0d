/** The end of a thread that waits for messages. */
import type { Worker } from 'node:worker_threads';

/** Longest wait for a thread that is asked to end; one that is idle takes milliseconds. */
const ENDING_MS = 2_000;

/**
 * Lets a thread end by itself as soon as it has time for the message `null`, on which it must close its port. Node 20 may abort the
 * process where a thread is terminated while V8 still optimises its code (`ForIsolate`, `Assertion failed: (data.first) != nullptr`).
 */
export async function endThread(worker: Worker): Promise<void> {
  const late = setTimeout(() => void worker.terminate(), ENDING_MS);
  // Whatever it dies of, it has ended.
  const exit = new Promise((resolve) => worker.once('exit', resolve));
  worker.ref();
  worker.postMessage(null);
  await exit;
  clearTimeout(late);
}
