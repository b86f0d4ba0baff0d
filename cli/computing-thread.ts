import { parentPort, workerData } from 'node:worker_threads';
import { type SentError, sendError } from '../base/index.js';
import { type Answer, answerOrders } from '../files/index.js';
import { COMPUTATIONS } from './computations.js';
import type { ComputingRequest, ComputingSetting } from './computing.js';
import { codedError, stacks } from './failure.js';
import { stayOffline } from './offline.js';

type AnyComputation = (...args: readonly unknown[]) => Promise<unknown>;

if ((workerData as ComputingSetting).offline) stayOffline();

// The main thread would get the error without its code.
process.once('uncaughtException', (error) => {
  parentPort!.postMessage({ error: sent(error) } satisfies Answer<unknown>);
  process.exit(1);
});

answerOrders(
  ({ name, args }: ComputingRequest) => (COMPUTATIONS as unknown as Record<string, AnyComputation>)[name]!(...args),
  { sent },
);

function sent(error: unknown): SentError {
  const known = codedError(error) ?? error;
  const shown = known instanceof Error ? known : new Error(String(known));
  return { ...sendError(shown), stack: stacks(shown) };
}
