/** Worker threads. */
import { setImmediate } from 'node:timers/promises';
import { parentPort, threadId, Worker, workerData } from 'node:worker_threads';
import type { Port, Thread, ThreadMaker } from '../platform.js';

/** Lets whatever waits on this thread have its turn. */
export function nextTurn(): Promise<void> {
  return setImmediate();
}

/** Whether a thread finds what a path names: in a page, only the thread that was given it does. */
export const threadsHaveFiles = true;

/**
 * @param data copied to the thread, for `threadData`
 * @param youngMegabytes room for young objects: V8's default of 48 MB fills with garbage where little is on its heap
 */
export function startThread(make: ThreadMaker, data: unknown, youngMegabytes?: number): Thread {
  const resourceLimits = youngMegabytes === undefined ? {} : { maxYoungGenerationSizeMb: youngMegabytes };
  return make(
    class extends Worker {
      constructor(script: URL) {
        super(script, { workerData: data, resourceLimits, ...threadFlags() });
      }
    },
  );
}

/** In a thread: what it was started with. */
export async function threadData<T>(): Promise<T> {
  return workerData as T;
}

/** In a thread: to the one that started it. */
export function threadPort(): Port {
  return parentPort!;
}

/** In a thread: ends it as soon as nothing is under way. The port of a worker of Deno has no `close`. */
export function leaveThread(): void {
  if ('close' in parentPort!) parentPort.close();
  else process.exit();
}

/** 0 outside of threads. */
export function threadNumber(): number {
  return threadId;
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
