import { parentPort, workerData } from 'node:worker_threads';
import { type SentError, sendError, setOffline, throwRefused } from '../base/index.js';
import { type Answer, answerOrders } from '../files/index.js';
import { COMPUTATIONS } from './computations.js';
import type { ComputingRequest, ComputingSetting } from './computing.js';
import { codedError, stacks } from './failure.js';

type AnyComputation = (...args: readonly unknown[]) => Promise<unknown>;

setOffline((workerData as ComputingSetting).offline);

// The main thread would get the error without its code.
process.once('uncaughtException', (error) => {
  parentPort!.postMessage({ error: sent(error) } satisfies Answer<unknown>);
  process.exit(1);
});

answerOrders(
  ({ name, args }: ComputingRequest) =>
    (COMPUTATIONS as unknown as Record<string, AnyComputation>)[name]!(...args).finally(throwRefused),
  { sent },
);

function sent(error: unknown): SentError {
  const known = codedError(error) ?? error;
  const shown = known instanceof Error ? known : new Error(String(known));
  return { ...sendError(shown), stack: stacks(shown) };
}
