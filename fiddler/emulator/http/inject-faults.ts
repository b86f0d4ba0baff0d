/** Carries out a `FaultPlan` on every route of the API. */
import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Fault, FaultPlan } from '../faults.js';
import { ApiFailure } from './api-failure.js';
import { failed } from './envelope.js';

/** Whole seconds, the unit of the header. */
const RETRY_AFTER = '1';

const FAILURE = new ApiFailure(500, 'InternalServerError', 'A fault made on purpose by the emulator');
const TOO_MANY = new ApiFailure(429, 'TooManyRequests', 'Rate limit exceeded, made on purpose by the emulator');

export function injectFaults(api: FastifyInstance, plan: FaultPlan): void {
  const faultOf = new WeakMap<FastifyRequest, Fault>();

  api.addHook('preHandler', async (request, reply) => {
    const fault = plan.next();
    if (fault === null) return undefined;
    if (fault.name === 'slow') return void (await delay(fault.milliseconds));
    if (fault.after && fault.name !== '429') return void faultOf.set(request, fault);
    await drained(request);
    if (fault.name === 'reset') return cut(request, reply);
    const failure = fault.name === '429' ? TOO_MANY : FAILURE;
    if (failure === TOO_MANY) reply.header('retry-after', RETRY_AFTER);
    return reply.code(failure.status).send(failed(failure));
  });

  api.addHook('onSend', async (request, reply, payload) => {
    const fault = faultOf.get(request);
    if (fault === undefined) return payload;
    if (fault.name === 'reset') return void cut(request, reply);
    reply.code(FAILURE.status).type('application/json').removeHeader('content-length');
    return JSON.stringify(failed(FAILURE));
  });
}

/** Reads an upload to its end first. A client takes an answer in the middle of its upload for a cut connection. */
async function drained({ raw }: FastifyRequest): Promise<void> {
  if (raw.readableEnded || raw.destroyed) return;
  await new Promise<void>((resolve) => {
    raw.once('end', resolve).once('close', resolve).resume();
  });
}

function cut(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.hijack();
  request.raw.socket.resetAndDestroy();
  return reply;
}
