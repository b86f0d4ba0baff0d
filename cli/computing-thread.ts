/** The thread that computes: answers one request after the other. */
import { parentPort } from 'node:worker_threads';
import { COMPUTATIONS } from './computations.js';
import { type ComputingReply, type ComputingRequest, sendFailure } from './computing-messages.js';

type AnyComputation = (...args: readonly unknown[]) => Promise<unknown>;

async function reply({ name, args }: ComputingRequest): Promise<ComputingReply> {
  try {
    return { result: await (COMPUTATIONS as unknown as Record<string, AnyComputation>)[name]!(...args) };
  } catch (error) {
    return { failure: sendFailure(error) };
  }
}

parentPort!.on('message', async (request: ComputingRequest) => parentPort!.postMessage(await reply(request)));
