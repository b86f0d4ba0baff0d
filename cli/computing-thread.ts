/** The thread that computes: answers one request after the other. */
import { parentPort, workerData } from 'node:worker_threads';
import { COMPUTATIONS } from './computations.js';
import {
  type ComputingReply,
  type ComputingRequest,
  type ComputingSetting,
  sendFailure,
} from './computing-messages.js';
import { stayOffline } from './offline.js';

type AnyComputation = (...args: readonly unknown[]) => Promise<unknown>;

async function reply({ name, args }: ComputingRequest): Promise<ComputingReply> {
  try {
    return { result: await (COMPUTATIONS as unknown as Record<string, AnyComputation>)[name]!(...args) };
  } catch (error) {
    return { failure: sendFailure(error) };
  }
}

if ((workerData as ComputingSetting).offline) stayOffline();

// The main thread would get the error without its code.
process.once('uncaughtException', (error) => {
  parentPort!.postMessage({ failure: sendFailure(error) } satisfies ComputingReply);
  process.exit(1);
});

parentPort!.on('message', async (request: ComputingRequest) => parentPort!.postMessage(await reply(request)));
